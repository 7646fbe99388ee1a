#!/usr/bin/env bash
# Runs transfer.py. Scripts that need it set work.

# A failure of transfer.py is one of the script.
transfer() { # command arguments...
  local status=0 name sentence
  [[ -f $work/transfer.py ]] || { s3_py && transfer_py; } >"$work/transfer.py"
  TRANSFER_FAILURE=$work/transfer.failure python3 -IS "$work/transfer.py" "$@" || status=$?
  if ((status == 3)); then
    read -r name sentence <"$work/transfer.failure"
    fail "$name" "$sentence"
  fi
  return "$status"
}
