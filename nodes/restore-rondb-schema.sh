#!/usr/bin/env bash
# needs: rondb.sh
# Creates the tables of a backup in an empty RonDB, without indexes and foreign keys. `schema.begun` says that tables found
# later are this restore's own, `schema.done` which tables there were at the end: run again, it goes on where it was killed.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
node=$(parameter backupNodeId)
lock "$backup_id"
state=$(state_directory "$backup_id")
work_directory "$state/tmp"
backup=$state/node=$node/BACKUP-$backup_id
[[ -d $backup ]] || fail BackupDirectoryInvalid "RonDB node $node of the backup: $backup does not exist on this instance."

tables=$(user_tables)
if [[ -n $tables && -f $state/schema.done && $tables == "$(<"$state/schema.done")" ]]; then
  answer "{\"tables\":$(wc -l <<<"$tables")}"
  exit
fi
[[ -z $tables || -f $state/schema.begun ]] ||
  fail TargetNotEmpty "RonDB holds $(wc -l <<<"$tables") user tables, the first is ${tables%%$'\n'*}."
rm -f "$state/schema.done"
true >"$state/schema.begun"

excluded=$excluded_tables
[[ -z $tables ]] || excluded+=,$(paste -sd, - <<<"$tables")
run_ndb_restore SchemaRestoreFailed "backup $backup_id, schema" "$state/schema.log" -c "$connect_string" -n "$node" -b "$backup_id" \
  -m --disable-indexes --no-binlog --exclude-tables="$excluded" --backup_path="$backup"

user_tables >"$work/tables"
mv "$work/tables" "$state/schema.done"
rm -f "$state/schema.begun"
answer "{\"tables\":$(wc -l <"$state/schema.done")}"
