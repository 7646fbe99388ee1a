#!/usr/bin/env bash
# systemctl of a practice node, which this file is installed on as bin/systemctl: a unit is a file systemd/<unit> with its state.
# <unit>.refuses names the verbs that fail; with `stay`, the unit starts and ends at once. <unit>.masked: an operator has masked it.
# <unit>.on-start is a program that is run when the unit starts; the unit fails when that does. systemd/journal gets a line for
# every verb and unit, and why a unit failed.
set -euo pipefail
units=${0%/*}/../systemd
note() { echo "$(date -u +%FT%T.%3NZ) $*" >>"$units/journal"; }
state() { if known; then cat "$units/$unit"; else echo inactive; fi; }
refuses() { [[ -f $units/$unit.refuses && $(<"$units/$unit.refuses") == *$1* ]]; }
known() { [[ -f $units/$unit ]]; }
put() { echo "$1" >"$units/$unit.new" && mv "$units/$unit.new" "$units/$unit"; }
fail_start() {
  put failed
  note "$unit: $1"
  echo "Job for $unit.service failed because the control process exited with error code." >&2
  echo "See \"systemctl status $unit.service\" and \"journalctl -xeu $unit.service\" for details." >&2
  exit 1
}

verb=$1
shift
properties=''
while [[ ${1-} == -* ]]; do
  case $1 in
    -p) properties=$2 && shift 2 ;;
    *) echo "systemctl, an imitation: unknown option $1" >&2 && exit 1 ;;
  esac
done
unit=${1%.service}

case $verb in
  show)
    [[ $properties == LoadState,ActiveState,InvocationID || $properties == LoadState,ActiveState ]] ||
      { echo "systemctl, an imitation: show knows no properties $properties" >&2 && exit 1; }
    if known; then load=loaded; else load=not-found; fi
    if [[ -f $units/$unit.masked ]]; then load=masked; fi
    printf 'ActiveState=%s\nLoadState=%s\n' "$(state)" "$load"
    if [[ $properties == *InvocationID ]]; then
      if [[ $(state) == active ]]; then stat -c 'InvocationID=%i%Y' "$units/$unit"; else echo InvocationID=; fi
    fi
    ;;
  is-active)
    state
    [[ $(state) == active ]] || exit 3
    ;;
  start)
    note "start $unit"
    known || { echo "Failed to start $unit.service: Unit $unit.service not found." >&2 && exit 5; }
    [[ ! -f $units/$unit.masked ]] || { echo "Failed to start $unit.service: Unit $unit.service is masked." >&2 && exit 1; }
    [[ $(state) != active ]] || exit 0
    ! refuses start || fail_start 'Error: refused, as told.'
    if [[ -x $units/$unit.on-start ]]; then
      said=$("$units/$unit.on-start" 2>&1) || fail_start "$(tail -n 1 <<<"$said")"
    fi
    if refuses stay; then put failed && note "$unit: Error: ended at once, as told."; else put active; fi
    ;;
  stop)
    note "stop $unit"
    known || { echo "Failed to stop $unit.service: Unit $unit.service not loaded." >&2 && exit 5; }
    [[ $(state) == active ]] || exit 0
    ! refuses stop || { echo "Job for $unit.service canceled." >&2 && exit 1; }
    put inactive
    ;;
  *) echo "Unknown command verb $verb." >&2 && exit 1 ;;
esac
