#!/usr/bin/env bash
# needs: rondb.sh
# Builds the indexes and foreign keys that the schema step left out, after the rows of every backup node are there.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
node=$(parameter backupNodeId)
lock "$backup_id"
state=$(state_directory "$backup_id")
backup=$state/node=$node/BACKUP-$backup_id
[[ -d $backup ]] || fail BackupDirectoryInvalid "RonDB node $node of the backup: $backup does not exist on this instance."
run_ndb_restore IndexRebuildFailed "backup $backup_id, indexes" "$state/indexes.log" -c "$connect_string" -n "$node" -b "$backup_id" \
  --rebuild-indexes --no-binlog --exclude-tables="$excluded_tables" --backup_path="$backup"
answer '{}'
