#!/usr/bin/env bash
# needs: rondb.sh s3.py transfer.py ship.py transfer.sh
# Removes the native backup, and this product's own state of its upload or restore, from the local data nodes. Of a backup it first ends
# the uploads that were not finished: their parts would be paid for and never seen.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
lock "$backup_id"
nodes=$(require_local_nodes)
work_directory "$HOPS_ROOT/hopsdr/remove-local-backup"
running=$(running_backup)
[[ $running != "$backup_id" ]] || fail CleanupFailed "backup $backup_id is running: its files are not removed."

remove_all() {
  local node directory path
  while read -r node directory; do
    for path in "$directory/BACKUP/BACKUP-$backup_id" "$directory/hopsdr/$backup_id"; do
      rm -rf -- "$path" || fail CleanupFailed "RonDB node $node: $path could not be removed."
    done
  done <<<"$nodes"
}

# What still ships the backup ends when its directory has gone; only then are its uploads ended, and what it wrote last is removed.
remove_all
lock "$backup_id.upload"
given_up=0
if [[ $prefix == */backups/* ]]; then
  while read -r node _; do
    ended=$(transfer give-up "$bucket" "$prefix/rondb/node=$node" </dev/null)
    given_up=$((given_up + ended))
  done <<<"$nodes"
fi
remove_all
rm -f "$HOPS_ROOT/hopsdr/$backup_id.lock" "$HOPS_ROOT/hopsdr/$backup_id.upload.lock"
answer "{\"removed\":[$(awk '{ print $1 }' <<<"$nodes" | paste -sd, -)],\"givenUp\":$given_up}"
