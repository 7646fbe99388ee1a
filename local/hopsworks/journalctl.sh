#!/usr/bin/env bash
# journalctl of a practice node, which this file is installed on as bin/journalctl: what systemctl wrote about why a unit failed.
set -euo pipefail
[[ $1 == -u && " $* " == *' -o cat '* ]] || { echo 'journalctl, an imitation: it knows only -u <unit> … -o cat' >&2 && exit 1; }
journal=${0%/*}/../systemd/journal
[[ ! -f $journal ]] || sed -n "s/^[^ ]* $2: //p" "$journal"
