#!/usr/bin/env bash
# needs: rondb.sh restore-step.sh
# Restores the rows of the backup directories assigned to this instance, one after another: each ndb_restore takes an [api]
# slot. Restoring rows again overwrites them with themselves. New hosts register themselves, so theirs are left out.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
assignments=$(parameter assignments)
selection=$(parameter selection)
lock "$backup_id"
ids=$(assigned_nodes "$assignments")
[[ -n $ids ]] || { answer '{"nodes":[]}' && exit; }
state=$(state_directory "$backup_id")

total() { # log pattern
  sed -nE "s/.*[^0-9]([0-9]+) $2.*/\1/p" "$1" | awk '{ total += $1 } END { printf "%.0f", total }'
}

answers=''
for id in $ids; do
  log=$state/data.$id.log
  restore_step DataRestoreFailed "data.$id" "$id" "$excluded_tables,hopsworks.hosts,hopsworks.host_services" -r
  answers+=",{\"nodeId\":$id,\"records\":$(total "$log" 'tuples'),\"logRecords\":$(total "$log" 'log entries')}"
done
answer "{\"nodes\":[${answers#,}]}"
