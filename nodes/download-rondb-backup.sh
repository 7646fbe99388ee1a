#!/usr/bin/env bash
# needs: rondb.sh parallel.sh fetch.sh
# Fetches the backup directories assigned to this instance, as the planner lists them in <prefix>/rondb/node=<id>.list:
# "<sha256> <bytes> <identity|zstd> <key> <path>". Files that are there with the right SHA-256 are kept.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
assignments=$(parameter assignments)
lock "$backup_id"
ids=$(assigned_nodes "$assignments")
[[ -n $ids ]] || { answer '{"nodes":[]}' && exit; }
state=$(state_directory "$backup_id")
work_directory "$state/tmp"

read_list() { # node
  local name="(BACKUP-$backup_id|BACKUP-$backup_id-PART-[0-9]{1,3}-OF-[0-9]{1,3})/BACKUP-$backup_id(-0\.$1\.Data|\.$1\.(ctl|log))"
  local line="[0-9a-f]{64} [0-9]{1,15} (identity|zstd) [a-z][A-Za-z0-9_=./-]*/$name(\.zst)? $name" bad
  s3api get-object --bucket "$bucket" --key "$prefix/rondb/node=$1.list" "$work/list.$1" >/dev/null 2>"$work/error" ||
    fail DownloadFailed "RonDB node $1: s3://$bucket/$prefix/rondb/node=$1.list: $(cause "$work/error")"
  bad=$(grep -nvxE "$line" "$work/list.$1" | sed -n 1p) || (($? == 1))
  [[ -z $bad && -s $work/list.$1 ]] || fail DownloadFailed "RonDB node $1: its list of files is empty or malformed: line $bad"
}

# "<node> <sha256> <encoding> <key> <file>" of what is not there yet
keep_or_fetch() { # node
  local sha256 bytes encoding key path file
  while read -r sha256 bytes encoding key path; do
    file=$state/node=$1/BACKUP-$backup_id/${path#"BACKUP-$backup_id/"}
    if [[ -f $file && $(stat -c %s "$file") == "$bytes" && $(sha256sum <"$file" | cut -c1-64) == "$sha256" ]]; then
      echo "kept $file"
      continue
    fi
    missing_bytes=$((missing_bytes + bytes))
    printf '%s %s %s %s %s\n' "$1" "$sha256" "$encoding" "$key" "$file" >>"$work/missing"
  done <"$work/list.$1"
}

fetch_file() { fetch "$4" "$5" "$3" "$2" "RonDB node $1, ${5##*/}"; } # a line of `keep_or_fetch`

missing_bytes=0
true >"$work/missing"
for id in $ids; do
  read_list "$id"
  keep_or_fetch "$id"
done
free=$(free_bytes "$state")
((free >= missing_bytes)) || fail DiskFull "the volume of $state has $free free bytes, the backup needs $missing_bytes."
in_parallel fetch_file "$work/missing"

answers=''
for id in $ids; do
  run_ndb_restore BackupDirectoryInvalid "RonDB node $id: $state/node=$id is not a completed backup" "$work/meta" \
    -n "$id" -b "$backup_id" --print_meta --backup_path="$state/node=$id/BACKUP-$backup_id"
  answers+=$(awk -v id="$id" '{ bytes += $2 } END { printf ",{\"nodeId\":%s,\"files\":%d,\"bytes\":%.0f}", id, NR, bytes }' "$work/list.$id")
done
answer "{\"nodes\":[${answers#,}]}"
