#!/usr/bin/env bash
# needs: rondb.sh
# Creates the tables of a backup in an empty RonDB, without indexes and foreign keys. `schema.begun` says that RonDB was empty
# when this began, `schema.done` names the tables at the end. Killed in between, it drops its tables and starts again: the
# table that ndb_restore was creating may lack its auto-increment counter, and nothing would show it. Run again after the
# rows came back, it drops the indexes: RonDB restores no rows into a table with a unique index.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
node=$(parameter backupNodeId)
lock "$backup_id"
state=$(state_directory "$backup_id")
work_directory "$state/tmp"
downloaded "$node" >/dev/null

tables=$(user_tables)
if [[ -n $tables && -f $state/schema.done && $tables == "$(<"$state/schema.done")" ]]; then
  drop_indexes SchemaRestoreFailed "$node"
  rm -f "$state/indexes.begun"
  answer "{\"tables\":$(wc -l <<<"$tables")}"
  exit
fi

# Only tables without rows are dropped: any row is proof that somebody else has used them since.
drop_own_tables() {
  local database names used
  while read -r database; do
    mapfile -t names < <(awk -v prefix="$database." 'index($0, prefix) == 1 { print substr($0, length(prefix) + 1) }' <<<"$tables")
    "$bin/ndb_select_count" --no-defaults -c "$connect_string" -d "$database" "${names[@]}" >"$work/rows" 2>&1 ||
      fail SchemaRestoreFailed "the tables that a killed restore left in $database cannot be read: $(cause "$work/rows")"
    used=$(grep -vE '^0 records in table |^$|^NDBT' "$work/rows" | sed -n 1p) || (($? == 1))
    [[ -z $used ]] || fail TargetNotEmpty "a killed restore left empty tables in $database, but now: $used"
    "$bin/ndb_drop_table" --no-defaults -c "$connect_string" -d "$database" "${names[@]}" >"$work/dropped" 2>&1 ||
      fail SchemaRestoreFailed "the tables that a killed restore left in $database cannot be dropped: $(cause "$work/dropped")"
  done < <(cut -d. -f1 <<<"$tables" | sort -u)
}

if [[ -n $tables ]]; then
  [[ -f $state/schema.begun ]] ||
    fail TargetNotEmpty "RonDB holds $(wc -l <<<"$tables") user tables, the first is ${tables%%$'\n'*}."
  drop_own_tables
fi
rm -f "$state/schema.done" "$state/indexes.begun"
true >"$state/schema.begun"

restore_step SchemaRestoreFailed schema "$node" "$excluded_tables" -m --disable-indexes

user_tables >"$work/tables"
mv "$work/tables" "$state/schema.done"
rm -f "$state/schema.begun"
answer "{\"tables\":$(wc -l <"$state/schema.done")}"
