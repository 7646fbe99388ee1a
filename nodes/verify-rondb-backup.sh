#!/usr/bin/env bash
# needs: rondb.sh lists.sh s3.py transfer.py receive.py transfer.sh rows.py damage.sh
# Verifies the backup directories assigned to this instance, as the planner lists them in <prefix>/rondb/node=<id>.list: "<checksum>
# <bytes> <key> <path>". depth "bytes": every object is read and hashed, and nothing kept. depth "database": one directory after another
# is fetched, hashed, read by ndb_restore, which asks no RonDB for that, and removed; the rows of each table are stored as
# <prefix>/node=<id>.rows: "database.table TAB rows" a line.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
lists_sha256=$(parameter listsSha256)
assignments=$(parameter assignments)
depth=$(parameter depth)
rate=$(parameter bytesPerSecond)
[[ -x $bin/ndb_restore ]] || fail ToolMissing "$bin/ndb_restore is not there."
run=verify-${prefix##*/}
lock "$run"
state=$(state_directory "$run")
work_directory "$state"
step_back
true >"$work/damages"

read_list() { # node
  local name="(metadata/[a-z][a-z.-]*|(BACKUP-$backup_id|BACKUP-$backup_id-PART-[0-9]{1,3}-OF-[0-9]{1,3})/BACKUP-$backup_id(-0\.$1\.Data|\.$1\.(ctl|log)))"
  local line="[A-Za-z0-9+/]{43}=(-[0-9]{1,5})? [0-9]{1,15} [a-z][A-Za-z0-9_=./-]* $name" bad
  planned_list "rondb/node=$1.list" >"$work/list"
  bad=$(grep -nvxE "$line" "$work/list" | sed -n 1p) || (($? == 1))
  [[ -z $bad && -s $work/list ]] || fail DownloadFailed "RonDB node $1: its list of objects is empty or malformed: line $bad"
}

# What ndb_restore says of a directory, or that it breaks on it, is damage; that it was killed, or could not be run, is not.
judge() { # node option status log
  [[ $3 =~ ^(0|1|134|139)$ ]] || fail ScriptFailed "RonDB node $1: ndb_restore $2 ended with status $3: $(cause "$4")"
  if (($3 == 0)) && grep -qi 'restore successful' "$4"; then return; fi
  damage BackupDirectoryInvalid "RonDB node $1 of backup $backup_id" "ndb_restore $2 ended with status $3: $(cause "$4")"
  return 1
}

# Sets records to the rows of all tables.
read_rows() { # node
  local option log=$work/ndb_restore.log status
  local restoring=("$bin/ndb_restore" --no-defaults -n "$1" -b "$backup_id" --backup_path="$work/node=$1/BACKUP-$backup_id")
  for option in --print_meta --print_log; do
    status=0
    "${restoring[@]}" "$option" 2>&1 | tail -c 65536 >"$log" || status=${PIPESTATUS[0]}
    judge "$1" "$option" "$status" "$log" || return 0
  done
  rows_py >"$work/rows.py"
  python3 -IS "$work/rows.py" "$log" "${restoring[@]}" --print_data >"$work/counted"
  status=$(sed -n 's/^ended //p' "$work/counted")
  judge "$1" --print_data "$status" "$log" || return 0
  # As the receipt names tables.
  sed -nE '/^ended/d; s|/def/|.|; s|^([0-9]+) (.*)$|\2\t\1|p' "$work/counted" >"$work/rows"
  store "$work/rows" "$prefix/node=$1.rows"
  records=$(awk -F'\t' '{ rows += $2 } END { printf "%.0f", rows }' "$work/rows")
}

answers=''
read_digests
for id in $(assigned_nodes "$assignments"); do
  read_list "$id"
  # Parts keep their directories below BACKUP-<id>, a flat backup has that one.
  awk -v depth="$depth" -v to="$work/node=$id/BACKUP-$backup_id/" -v flat="BACKUP-$backup_id/" '{
    path = index($4, flat) == 1 ? substr($4, length(flat) + 1) : $4
    print $1, $2, $3, (depth == "database" && $4 !~ /^metadata/ ? to path : "-") }' "$work/list" >"$work/objects"
  before=$(wc -l <"$work/damages")
  verify_objects "$rate" <"$work/objects"
  records=null
  if [[ $depth == database && $(wc -l <"$work/damages") == "$before" ]]; then read_rows "$id"; fi
  rm -rf "$work/node=$id"
  answers+=",{\"nodeId\":$id,\"objects\":$objects,\"bytes\":$bytes,\"records\":$records}"
done
store_damages rondb
answer "{\"nodes\":[${answers#,}],\"damaged\":$damaged}"
