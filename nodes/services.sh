#!/usr/bin/env bash
# Stops and starts systemd units, one after another. One that this instance does not have, or that an operator has masked, is
# passed over and reported as absent, unless it runs all the same.

units_done='' units_absent=''
unit_seconds=900 # that systemd may take for one unit

stop_units() { # a+b
  local unit
  for unit in ${1//+/ }; do stop_unit "$unit"; done
  # To stop one may have started another again.
  for unit in ${1//+/ }; do is_stopped "$unit" || fail ServiceNotStopped "unit $unit was stopped, and is $active again."; done
}

start_units() { # a+b
  local unit started='' run
  for unit in ${1//+/ }; do start_unit "$unit"; done
  [[ -n $started ]] || return 0
  sleep 2
  # systemd starts some that end at once again: their invocation is another then.
  while read -r unit run; do
    look_at ServiceNotStarted "$unit"
    [[ $active == active && $invocation == "$run" ]] || not_started "$unit" 'it ended again at once'
  done <<<"${started%$'\n'}"
}

units_answer() { printf '{"done":[%s],"absent":[%s]}' "${units_done#,}" "${units_absent#,}"; }

# A unit that failed has ended as well: systemd leaves none of its processes.
is_stopped() { # unit
  look_at ServiceNotStopped "$1"
  [[ $active == inactive || $active == failed ]]
}

stop_unit() { # unit
  local said status=0 seconds=60
  ! is_absent ServiceNotStopped "$1" || return 0
  echo "stopping unit $1"
  said=$(timeout "$unit_seconds" systemctl stop "$1" 2>&1) || status=$?
  until is_stopped "$1"; do
    ((status != 124)) || fail ServiceNotStopped "unit $1 did not stop within $unit_seconds seconds."
    ((status == 0 && seconds-- > 0)) || fail ServiceNotStopped "unit $1 is $active after systemctl stop: $(cause <<<"$said")"
    sleep 1
  done
  units_done+=",\"$1\""
}

start_unit() { # unit
  local said status=0 began
  ! is_absent ServiceNotStarted "$1" || return 0
  echo "starting unit $1"
  began=$(date +%s)
  said=$(timeout "$unit_seconds" systemctl start "$1" 2>&1) || status=$?
  ((status != 124)) || not_started "$1" "it did not start within $unit_seconds seconds"
  ((status == 0)) || not_started "$1" "$(cause <<<"$said")"
  look_at ServiceNotStarted "$1"
  [[ $active == active ]] || not_started "$1" "it is $active after systemctl start"
  started+="$1 $invocation"$'\n'
  units_done+=",\"$1\""
}

not_started() { # unit why
  local line
  line=$(journalctl -u "$1" --since "@${began:-$(($(date +%s) - 60))}" -n 20 -o cat -q --no-pager 2>&1 | cause) || line='cannot be read'
  fail ServiceNotStarted "unit $1 did not start: $2; its journal: $line"
}

is_absent() { # error unit
  look_at "$1" "$2"
  [[ $load == not-found || $load == masked ]] && [[ $active == inactive || $active == failed ]] || return 1
  echo "unit $2 is $load: passed over"
  units_absent+=",\"$2\""
}

# Sets load, active and invocation of a unit. Not in a subshell: it ends the script when systemd does not answer.
look_at() { # error unit
  local shown
  command -v systemctl >/dev/null || fail ToolMissing 'systemctl is not on the PATH.'
  shown=$(systemctl show -p LoadState,ActiveState,InvocationID "$2" 2>&1) ||
    fail "$1" "systemd does not tell of unit $2: $(cause <<<"$shown")"
  load=$(sed -n 's/^LoadState=//p' <<<"$shown")
  active=$(sed -n 's/^ActiveState=//p' <<<"$shown")
  invocation=$(sed -n 's/^InvocationID=//p' <<<"$shown")
  [[ -n $active ]] || fail "$1" "systemd does not tell the state of unit $2: $(cause <<<"$shown")"
}
