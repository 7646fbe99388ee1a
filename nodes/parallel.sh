#!/usr/bin/env bash
# Several transfers at a time. Scripts that need it set work.

# By cores, but a job holds up to 100 MiB, most of it in the AWS CLI: two of them stay below 256 MiB.
jobs=$(($(nproc) < 2 ? 1 : 2))

# Runs a function over the lines of a list, several at a time; fails as the first of them, whose sentence comes last.
in_parallel() { # function list
  local worker pids=() failed='' status=0
  for ((worker = 0; worker < jobs; worker++)); do
    (
      while read -r line <&4; do
        # shellcheck disable=SC2086 # the fields of the line are the arguments
        spool=$work/$worker "$1" $line
      done 4< <(awk -v worker="$worker" -v jobs="$jobs" 'NR % jobs == worker' "$2")
    ) 2>"$work/$worker.log" &
    pids[worker]=$!
  done
  for worker in "${!pids[@]}"; do
    wait "${pids[worker]}" || { status=$? && failed=$worker; }
    cat "$work/$worker.log"
  done
  [[ -z $failed ]] || { tail -n 1 "$work/$failed.log" && unforeseen "$status"; }
}
