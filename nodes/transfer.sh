#!/usr/bin/env bash
# Runs transfer.py with ship.py or receive.py: no SSM document is large enough for both. Scripts that need it set work.

transfer_program() {
  s3_py
  transfer_py
  if declare -F ship_py >/dev/null; then ship_py; else receive_py; fi
  echo 'main(*sys.argv[1:])'
}

# A failure of transfer.py is one of the script.
transfer() { # command arguments...
  local status=0 name sentence
  [[ -f $work/transfer.py ]] || transfer_program >"$work/transfer.py"
  TRANSFER_FAILURE=$work/transfer.failure python3 -IS "$work/transfer.py" "$@" || status=$?
  if ((status == 3)); then
    read -r name sentence <"$work/transfer.failure"
    fail "$name" "$sentence"
  fi
  return "$status"
}
