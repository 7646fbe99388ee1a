#!/usr/bin/env bash
# needs: rondb.sh lists.sh s3.py transfer.py receive.py transfer.sh
# Fetches the backup directories assigned to this instance, as the planner lists them in <prefix>/rondb/node=<id>.list:
# "<checksum> <bytes> <key> <path>". What is there with the right checksum is kept.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
lists_sha256=$(parameter listsSha256)
assignments=$(parameter assignments)
lock "$backup_id"
ids=$(assigned_nodes "$assignments")
[[ -n $ids ]] || { answer '{"nodes":[]}' && exit; }
state=$(state_directory "$backup_id")
work_directory "$state/tmp"

read_list() { # node
  local name="(BACKUP-$backup_id|BACKUP-$backup_id-PART-[0-9]{1,3}-OF-[0-9]{1,3})/BACKUP-$backup_id(-0\.$1\.Data|\.$1\.(ctl|log))"
  local line="[A-Za-z0-9+/]{43}=(-[0-9]{1,5})? [0-9]{1,15} ${prefix%%/*}/backups/$backup_id/rondb/node=$1/$name $name" bad
  planned_list "rondb/node=$1.list" >"$work/list.$1"
  bad=$(grep -nvxE "$line" "$work/list.$1" | sed -n 1p) || (($? == 1))
  [[ -z $bad && -s $work/list.$1 ]] || fail DownloadFailed "RonDB node $1: its list of files is empty or malformed: line $bad"
}

read_digests
for id in $ids; do
  read_list "$id"
  # Each line with the file in place of its path: parts keep their directories, a flat backup has one.
  sed -E "s|^(.*) (BACKUP-$backup_id/)?([^ ]+)\$|\1 $state/node=$id/BACKUP-$backup_id/\3|" "$work/list.$id" >>"$work/files"
done
transfer fetch "$bucket" <"$work/files" >"$work/fetched"
# For the steps that read these files later.
grep '^part' "$work/fetched" >"$state/fetched"

answers=''
for id in $ids; do
  run_ndb_restore BackupDirectoryInvalid "RonDB node $id: $state/node=$id is not a completed backup" "$work/meta" \
    -n "$id" -b "$backup_id" --print_meta --backup_path="$state/node=$id/BACKUP-$backup_id"
  answers+=$(awk -v id="$id" '{ bytes += $2 } END { printf ",{\"nodeId\":%s,\"files\":%d,\"bytes\":%.0f}", id, NR, bytes }' "$work/list.$id")
done
answer "{\"nodes\":[${answers#,}]}"
