#!/usr/bin/env bash
# needs: rondb.sh hopsfs.sh
# Finds what dead runs left on this instance, and removes it when told to: native backups, this product's own state of them and what
# verifications had fetched below BackupDataDir, hard links and half-restored storages below the datanode's data directories. Kept is whatever was touched within the days
# of grace, what a script or RonDB is using, and every native backup that is not one of this product's: of those the bucket tells.

connect_string=$(parameter connectString)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
data=$(parameter dataDirectories)
grace=$(parameter graceDays)
remove=$(parameter remove)
lock cluster
work_directory "$HOPS_ROOT/hopsdr/sweep-nodes"
now=$(date +%s)

# When plan.json of a backup was stored, in seconds; nothing when there is none.
begun_at() { # backup-id
  local key=${prefix%%/*}/backups/$1/plan.json found
  found=$(s3api list-objects-v2 --bucket "$bucket" --prefix "$key" --query "Contents[?Key=='$key'].LastModified" --output text 2>"$work/error") ||
    fail BucketUnreachable "s3://$bucket/$key cannot be looked for: $(cause "$work/error")"
  found=$(grep -m 1 '^[0-9]' <<<"$found") || (($? == 1))
  [[ -z $found ]] || date -d "$found" +%s
}

is_in_use() { # lock
  [[ -e $HOPS_ROOT/hopsdr/$1.lock ]] && ! flock -n "$HOPS_ROOT/hopsdr/$1.lock" true
}

# Why something is kept; nothing when it may go.
reason_to_keep() { # kind lock newest oldest
  local begun
  if [[ $1 == native && $running == "$2" ]]; then
    printf 'RonDB is writing it'
  elif is_in_use "$2" || is_in_use "$2.upload"; then
    printf 'a script is using it'
  elif [[ $1 == blocks ]] && is_in_use blocks; then
    printf 'a script is using blocks'
  elif ((now - $3 < grace * 86400)); then
    printf 'touched %s days ago' "$(((now - $3) / 86400))"
  elif [[ $1 == native ]]; then
    begun=$(begun_at "$2")
    if [[ -z $begun ]]; then
      printf 'no backup of this product: the bucket does not know it'
    elif (($4 < begun)); then
      printf 'older than the backup of this product with this id'
    fi
  fi
}

# Bytes of the files that lie nowhere else, then when something in it was written last and first. What a hard link holds has the time of
# its block, but its directory that of the link.
measure() { # path
  find "$1" -printf '%y %n %s %Ts\n' | awk '$4 > newest { newest = $4 } NR == 1 || $4 < oldest { oldest = $4 }
    $1 == "f" && $2 == 1 { bytes += $3 } END { printf "%.0f %d %d\n", bytes, newest, oldest }'
}

found=0 going=0 going_bytes=0 entries='' listed=0
look_at() { # kind lock path
  local bytes newest oldest why fate
  read -r bytes newest oldest <<<"$(measure "$3")"
  why=$(reason_to_keep "$1" "$2" "$newest" "$oldest")
  found=$((found + 1))
  if [[ -n $why ]]; then
    fate=kept
  else
    going=$((going + 1)) going_bytes=$((going_bytes + bytes)) fate=removable why="untouched for $(((now - newest) / 86400)) days"
    if [[ $remove == true ]]; then
      rm -rf -- "$3" || fail CleanupFailed "$3 could not be removed."
      fate=removed
    fi
  fi
  echo "$fate: $3, $bytes bytes: $why"
  # Answers of all instances travel together: the log has the rest.
  ((listed < 5)) || return 0
  listed=$((listed + 1))
  entries+=$(printf ',{"path":"%s","bytes":%s,"fate":"%s","why":"%s"}' "$(tr -d '\042\134' <<<"${3:0:200}")" "$bytes" "$fate" "$why")
}

# "<path>" of every directory with one of these names
directories_in() { # directory regular-expression
  [[ ! -d $1 ]] || find "$1" -mindepth 1 -maxdepth 1 -type d -regextype posix-extended -regex ".*/$2" | sort
}

nodes='' running=''
if [[ -x $bin/ndb_config ]]; then nodes=$(local_nodes); fi
if [[ -n $nodes ]]; then running=$(running_backup); fi
held=$(storages "$data")
{
  while read -r _ directory; do
    [[ -n $directory ]] || continue
    directories_in "$directory/BACKUP" 'BACKUP-[0-9]+' | sed 's/^/native /'
    directories_in "$directory/hopsdr" '([1-9][0-9]{8}|verify-[A-Za-z0-9_-]{1,80})' | sed 's/^/state /'
  done <<<"$nodes"
  while read -r _ directory; do
    directories_in "$directory/hopsdr" '(restore-)?[1-9][0-9]{8}' | sed 's/^/blocks /'
  done < <(data_directories "$data")
} >"$work/found"
while read -r kind path <&5; do
  name=${path##*/}
  [[ $name == verify-* ]] || name=${name##*-}
  look_at "$kind" "$name" "$path"
done 5<"$work/found"
answer "{\"storages\":$(grep -c . <<<"$held" || (($? == 1))),\"found\":$found,\"going\":$going,\"bytes\":$going_bytes,\"entries\":[${entries#,}]}"
