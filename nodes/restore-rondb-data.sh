#!/usr/bin/env bash
# needs: rondb.sh
# Restores the rows of the backup directories assigned to this instance, one after another: each ndb_restore takes an [api]
# slot. Restoring rows again overwrites them with themselves. New hosts register themselves, so theirs are left out.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
assignments=$(parameter assignments)
lock "$backup_id"
ids=$(assigned_nodes "$assignments")
[[ -n $ids ]] || { answer '{"nodes":[]}' && exit; }
state=$(state_directory "$backup_id")

total() { # log pattern
  sed -nE "s/.*[^0-9]([0-9]+) $2.*/\1/p" "$1" | awk '{ total += $1 } END { printf "%.0f", total }'
}

answers=''
for id in $ids; do
  backup=$state/node=$id/BACKUP-$backup_id
  [[ -d $backup ]] || fail BackupDirectoryInvalid "RonDB node $id of the backup: $backup does not exist on this instance."
  log=$state/data.$id.log
  run_ndb_restore DataRestoreFailed "RonDB node $id of backup $backup_id" "$log" -c "$connect_string" -n "$id" -b "$backup_id" \
    -r --no-binlog --exclude-tables="$excluded_tables,hopsworks.hosts,hopsworks.host_services" --backup_path="$backup"
  answers+=",{\"nodeId\":$id,\"records\":$(total "$log" 'tuples'),\"logRecords\":$(total "$log" 'log entries')}"
done
answer "{\"nodes\":[${answers#,}]}"
