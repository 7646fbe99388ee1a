#!/usr/bin/env bash
# needs: rondb.sh restore-step.sh
# Creates the tables of a backup without indexes and foreign keys: in an empty RonDB, or, of a backup of which only parts are included,
# beside what lives there. `schema.begun` names the tables of an attempt, `schema.done` those that it has created. Killed in between, it
# drops its tables and starts again: the table that ndb_restore was creating may lack its auto-increment counter, and nothing would
# show it. Run again after the rows came back, it drops the indexes: RonDB restores no rows into a table with a unique index.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
node=$(parameter backupNodeId)
selection=$(parameter selection)
lock "$backup_id"
state=$(state_directory "$backup_id")
work_directory "$state/tmp"

# `occupied`: the tables that must not be there when this begins.
look_at_target() {
  user_table_rows >"$work/present"
  if is_part; then comm -12 "$work/selected" "$work/present"; else cat "$work/present"; fi >"$work/occupied"
}

names_of() { awk -F'\t' 'NR <= 20 { printf "%s%s.%s", (NR > 1 ? ", " : ""), $1, $2 } END { if (NR > 20) printf " and %d more", NR - 20 }' "$1"; }

# Id and version of the first table in a list: no two tables ever have both in common.
identity() { # list
  local database table tables
  IFS=$'\t' read -r database table <"$1"
  tables=$(dictionary 2)
  awk -F'\t' -v database="'$database'" -v table="'$table'" '$5 == database && $7 == table { print $1 }' <<<"$tables"
  ndb_tool ndb_desc "$database" "$table"
  sed -n 's/^Version: //p' "$work/ndb_desc"
}

ndb_tool() { # tool database table...
  "$bin/$1" --no-defaults -c "$connect_string" -d "$2" -- "${@:3}" 2>&1 | cat >"$work/$1" ||
    fail SchemaRestoreFailed "$1 cannot handle the tables of a restore in database $2: $(cause "$work/$1")"
}

# Only tables without rows are dropped: any row is proof that somebody else has used them since.
drop_own_tables() { # list
  local database tool used names=()
  for tool in ndb_select_count ndb_drop_table; do
    while IFS= read -r database <&6; do
      mapfile -t names < <(awk -F'\t' -v database="$database" '$1 == database { print $2 }' "$1")
      ndb_tool "$tool" "$database" "${names[@]}"
      [[ $tool == ndb_select_count ]] || continue
      used=$(grep -vE '^0 records in table |^$|^NDBT' "$work/$tool" | sed -n 1p) || (($? == 1))
      [[ -z $used ]] || fail TargetNotEmpty "a killed restore left empty tables in $database, but now: $used"
    done 6< <(cut -f1 "$1" | sort -u)
  done
}

# Sets `disk_objects` to what ndb_restore must be told when there are logfile groups and tablespaces already.
look_at_disk_objects() {
  local groups
  disk_objects=''
  groups=$(dictionary 21)
  if [[ $groups == *"'LogfileGroup'"* ]]; then
    # A killed attempt created them; its log says whether it came to their end.
    [[ ! -f $state/disk.begun ]] || grep -q 'Restoring tables' "$state/schema.log" ||
      fail SchemaRestoreFailed 'a restore that was cut off left a logfile group without all its files: drop its tablespaces and itself.'
    disk_objects=--no-restore-disk-objects
    rm -f "$state/disk.begun"
  else
    true >"$state/disk.begun"
  fi
}

selected_tables SchemaRestoreFailed "$node" >"$work/selected"
[[ $selection == all || -s $work/selected ]] || fail SchemaRestoreFailed "backup $backup_id holds no table that $selection selects."
look_at_target
if [[ -s $work/occupied ]] && cmp -s "$work/selected" "$state/schema.done" && cmp -s "$work/occupied" "$state/schema.done"; then
  found=$(identity "$work/selected")
  if [[ $found == "$(<"$state/schema.identity")" ]]; then
    drop_indexes SchemaRestoreFailed "$node"
    rm -f "$state/indexes.begun"
    answer "{\"tables\":$(wc -l <"$state/schema.done")}"
    exit
  fi
fi

if [[ -f $state/schema.begun ]]; then
  comm -12 "$work/present" "$state/schema.begun" >"$work/own"
  drop_own_tables "$work/own"
  look_at_target
fi
[[ ! -s $work/occupied ]] ||
  fail TargetNotEmpty "RonDB holds $(wc -l <"$work/occupied") tables where this restore needs none: $(names_of "$work/occupied")."
# In an empty RonDB nothing is left of other restores that were begun here.
is_part || rm -f "${state%/*}"/*/schema.{begun,done}
rm -f "$state/schema.done" "$state/indexes.begun"
cp "$work/selected" "$state/schema.begun"

look_at_disk_objects
restore_step SchemaRestoreFailed schema "$node" "$excluded_tables" -m --disable-indexes ${disk_objects:+"$disk_objects"}

look_at_target
comm -23 "$work/selected" "$work/present" >"$work/missing"
[[ ! -s $work/missing ]] || fail SchemaRestoreFailed "ndb_restore ended well, but did not create $(names_of "$work/missing")."
[[ ! -s $work/selected ]] || identity "$work/selected" >"$state/schema.identity"
mv "$work/selected" "$state/schema.done"
rm -f "$state/schema.begun" "$state/disk.begun"
answer "{\"tables\":$(wc -l <"$state/schema.done")}"
