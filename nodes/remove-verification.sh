#!/usr/bin/env bash
# needs: rondb.sh
# Removes what a verification that was killed has left on the local data nodes.

connect_string=$(parameter connectString)
prefix=$(parameter prefix)
run=verify-${prefix##*/}
lock "$run"
state=$(state_directory "$run")
rm -rf -- "$state" || fail CleanupFailed "$state could not be removed."
rm -f "$HOPS_ROOT/hopsdr/$run.lock"
answer '{}'
