#!/usr/bin/env bash
# needs: rondb.sh restore-step.sh
# Builds the indexes and foreign keys that the schema step left out, after the rows of every backup node are there.
# Run again, it drops them first.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
node=$(parameter backupNodeId)
selection=$(parameter selection)
lock "$backup_id"
state=$(state_directory "$backup_id")
drop_indexes IndexRebuildFailed "$node"
true >"$state/indexes.begun"
restore_step IndexRebuildFailed indexes "$node" "$excluded_tables" --rebuild-indexes
[[ $selection != *rewrite-database=* ]] || echo 'ndb_restore brings no foreign key of a renamed database back.'
answer '{}'
