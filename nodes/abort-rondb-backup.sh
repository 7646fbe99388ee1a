#!/usr/bin/env bash
# needs: rondb.sh
# Stops a native backup that start-rondb-backup has left running, and answers when RonDB no longer takes it and nothing of that
# script can begin it any more. Any other backup goes on.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
limit=600
aborted=false

# The ndb_mgm of a killed start-rondb-backup may live and hold the lock until its backup ends: waiting for it first would be
# waiting for the backup. Once the lock is ours nothing can start the backup between the question and the answer.
open_lock "$backup_id"
while true; do
  obstacle='a process of start-rondb-backup still runs'
  ! flock -n "$lock" || obstacle=''
  running=$(running_backup)
  if [[ $running == "$backup_id" ]]; then
    obstacle='RonDB still takes it'
    management "ABORT BACKUP $backup_id"
    aborted=true
  fi
  [[ -n $obstacle ]] || break
  ((SECONDS < limit)) || fail AbortFailed "backup $backup_id: $limit seconds after it was to be stopped, $obstacle."
  sleep 2
done
answer "{\"aborted\":$aborted}"
