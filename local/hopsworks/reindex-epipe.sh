#!/usr/bin/env bash
# reindex-epipe.sh of a practice node. ePipe runs when its unit does, or when there is a file keeps-running.
home=${0%/*}/..
if [[ -f $home/keeps-running || $(<"$home/../systemd/epipe") == active ]]; then
  echo 'A Epipe server is already running. Kill it first.'
  exit 1
fi
"$home/bin/epipe" >"$home/epipe-reindex.log"
