#!/usr/bin/env bash
# needs: rondb.sh
# Takes a native backup and answers RonDB's "completed" block. A backup of this id that runs already is awaited, one that
# RonDB has completed is adopted. Cancelled or out of time, it aborts the backup: RonDB would go on without a client.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
timeout=$(parameter timeoutSeconds)
lock "$backup_id"
work_directory "$HOPS_ROOT/hopsdr/start-rondb-backup"
# Out of time here before the agent ends the script, so that the backup is aborted: a tenth earlier, at most half an hour.
limit=$((timeout - (timeout < 18000 ? timeout / 10 : 1800)))
client=''

require_started() {
  local show unready
  show=$(management SHOW)
  unready=$(awk '/^\[/ { data = /^\[ndbd/ } data && /^id=/ && !/\([^,()]*, Nodegroup: [0-9]+(, \*)?\)$/' <<<"$show" | sed -n 1p)
  [[ -z $unready ]] || fail DataNodeNotStarted "RonDB node ${unready#id=}: a backup needs every data node started."
  grep -qE '^id=[0-9]+.*Nodegroup: ' <<<"$show" || fail DataNodeNotStarted "SHOW names no data node: $(cause <<<"$show")"
}

cancel() {
  trap '' TERM INT
  [[ -z $client ]] || kill "$client" || echo 'ndb_mgm has ended already'
  management "ABORT BACKUP $backup_id"
  fail BackupAborted "backup $backup_id was cancelled and is aborted."
}
trap cancel TERM INT

# The "completed" block as ndb_mgm prints it, read from the cluster log of an ndb_mgmd of this instance; nothing when the
# last word of the log on this id is another. Error 1350 only refuses a second backup of the id and harms the first one nothing.
block_of_cluster_log() {
  local servers id directory last
  servers=$(configuration ndb_mgmd NodeId,DataDir)
  while read -r id directory; do
    find "$directory" "$HOPS_ROOT/mysql-cluster/log" -maxdepth 1 -type f \
      \( -name "ndb_${id}_cluster.log*" -o -name 'cluster.log*' \) -print0 2>/dev/null || echo "no logs in $directory" >&2
  done <<<"$servers" | sort -zu | xargs -0r cat >"$work/log"
  last=$(grep -E "Backup $backup_id started from (node )?[0-9]+ (completed\. |has been aborted)" "$work/log" |
    grep -v 'Error: 1350$' | sort | tail -n 1) || return 0
  sed -nE 's/.*(Node [0-9]+: Backup [0-9]+ started from node [0-9]+ completed)\.( StartGCP: .*)( #Records: .*)( Data: .*)/\1\n\2\n\3\n\4/p' <<<"$last"
}

# The seal compares the data nodes of this moment with those of the plan: one that joined meanwhile holds rows, too.
report() { # block
  local show
  show=$(management SHOW)
  answer "{\"output\":\"$(pack <<<"$1")\",\"show\":\"$(pack <<<"$show")\"}"
  exit
}

adopt() { # error-name sentence
  local block
  block=$(block_of_cluster_log)
  [[ -n $block ]] || fail "$1" "$2"
  report "$block"
}

running=$(running_backup)
while [[ $running == "$backup_id" ]]; do
  sleep 5 &
  wait "$!"
  running=$(running_backup)
  [[ $running == "$backup_id" ]] || adopt BackupAborted "backup $backup_id was running and ended, but the cluster log does not say that it completed."
done

require_started
status=0
timeout "$limit" "$bin/ndb_mgm" --no-defaults -t 3 -c "$connect_string" \
  -e "START BACKUP $backup_id SNAPSHOTEND WAIT COMPLETED" >"$work/output" 2>&1 &
client=$!
wait "$client" || status=$?
trap '' TERM INT
output=$(<"$work/output")
echo "$output"
why="backup $backup_id: $(awk -F'\\*  +' '/^\*  +/ { reason = $2 } END { print reason }' "$work/output")"
if ((status == 124)); then
  management "ABORT BACKUP $backup_id"
  fail BackupTimedOut "backup $backup_id did not complete within $limit seconds and is aborted."
fi
if ((status == 0)); then
  block=$(grep -E -A 3 "^Node [0-9]+: Backup $backup_id started from node [0-9]+ completed" "$work/output") ||
    adopt BackupRefused "backup $backup_id: neither ndb_mgm nor the cluster log says that it completed."
  report "$block"
fi
case $output in
  *'file already exists'*) adopt BackupIdTaken "$why" ;;
  *'already running'*) fail BackupAlreadyRunning "$why" ;;
  *'aborted'* | *'No space left'*) fail BackupAborted "$why" ;;
  *'Unable to connect'*) unreachable "$output" ;;
  *) fail BackupRefused "backup $backup_id: ndb_mgm ended with status $status: $(tail -n 1 "$work/output")" ;;
esac
