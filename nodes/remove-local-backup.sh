#!/usr/bin/env bash
# needs: rondb.sh
# Removes the native backup, and this product's own state of its upload or restore, from the local data nodes.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
lock "$backup_id"
nodes=$(require_local_nodes)
running=$(running_backup)
[[ $running != "$backup_id" ]] || fail CleanupFailed "backup $backup_id is running: its files are not removed."

removed=''
while read -r node directory; do
  for path in "$directory/BACKUP/BACKUP-$backup_id" "$directory/hopsdr/$backup_id"; do
    rm -rf -- "$path" || fail CleanupFailed "RonDB node $node: $path could not be removed."
  done
  removed+=,$node
done <<<"$nodes"
rm -f "$HOPS_ROOT/hopsdr/$backup_id.lock"
answer "{\"removed\":[${removed#,}]}"
