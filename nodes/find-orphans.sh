#!/usr/bin/env bash
# needs: hopsfs.sh blocks.sh
# Finds the blocks in the bucket that no list of any backup there names, older than the days of grace: the mark of mark and sweep. Stores
# them as orphans.txt, "<storage>/<key> <bytes>" a line, and every list that it has read for them as lists.txt, "<storage> <backup id>
# <SHA-256 of the list>" a line, "-" where it cannot be read: who removes blocks compares that with the manifests.

bucket=$(parameter bucket)
prefix=$(parameter prefix)
grace=$(parameter graceDays)
lock cluster
work_directory "$HOPS_ROOT/hopsdr/find-orphans"
export TMPDIR=$work
cluster=${prefix%%/*}
# More than so many files are left for the next sweep.
most=200000
cutoff=$(date -u -d "$grace days ago" +%Y-%m-%dT%H:%M:%S)
step_back

listed() { # file options...
  local file=$1
  shift
  s3api list-objects-v2 --bucket "$bucket" --output text "$@" 2>"$work/error" >"$file" ||
    fail DownloadFailed "s3://$bucket cannot be listed: $(cause "$work/error")"
}

# "<key> <bytes>" of what a storage has had for longer than the grace. The whole second of the cutoff counts as too young.
old_blocks() { # storage
  local key=$cluster/blocks/$1/
  listed "$work/objects" --prefix "$key" --query 'Contents[].[Key,Size,LastModified]'
  awk -F '\t' -v start="$((${#key} + 1))" -v cutoff="$cutoff" 'NF == 3 && substr($3, 1, 19) < cutoff { print substr($1, start), $2 }' \
    "$work/objects" | grep -E "^$block_key [0-9]+\$" | sort >"$work/remaining" || (($? == 1))
  total=$((total + $(awk -F '\t' 'NF == 3' "$work/objects" | wc -l)))
}

# Takes what a list names out of what remains.
subtract() { # storage backup-id
  local key=$cluster/backups/$2/hopsfs/$1/blocks.list.zst sha256=-
  if s3api get-object --bucket "$bucket" --key "$key" "$work/list.zst" >/dev/null 2>"$work/error" &&
    zstd -dcq "$work/list.zst" 2>"$work/error" >"$work/list"; then
    sha256=$(sha256sum <"$work/list" | cut -c1-64)
    awk '{ print $3 }' "$work/list" | sort | join -v 1 "$work/remaining" - >"$work/left"
    mv "$work/left" "$work/remaining"
  else
    echo "s3://$bucket/$key cannot be read: $(cause "$work/error")"
  fi
  printf '%s %s %s\n' "$1" "$2" "$sha256" >>"$work/lists.txt"
}

store() { # file
  s3api put-object --bucket "$bucket" --key "$prefix/$1" --body "$work/$1" --checksum-algorithm SHA256 >/dev/null 2>"$work/error" ||
    fail UploadFailed "s3://$bucket/$prefix/$1 could not be stored: $(cause "$work/error")"
}

total=0
true >"$work/lists.txt"
true >"$work/orphans"
listed "$work/prefixes" --prefix "$cluster/blocks/" --delimiter / --query 'CommonPrefixes[].Prefix'
tr '\t' '\n' <"$work/prefixes" | sed -nE "s,^$cluster/blocks/(DS-[A-Za-z0-9.:_-]+)/\$,\1,p" | sort -u >"$work/storages"
listed "$work/keys" --prefix "$cluster/backups/" --query 'Contents[].Key'
tr '\t' '\n' <"$work/keys" | sed -nE "s,^$cluster/backups/([1-9][0-9]{8})/hopsfs/(DS-[A-Za-z0-9.:_-]+)/blocks\.list\.zst\$,\2 \1,p" | sort -k1,1 -k2,2r >"$work/known"
while read -r storage <&5; do
  old_blocks "$storage"
  while read -r backup_id <&6; do
    # The newest name most: of an ordinary storage nothing remains after a few.
    [[ -s $work/remaining ]] || break
    subtract "$storage" "$backup_id"
  done 6< <(awk -v storage="$storage" '$1 == storage { print $2 }' "$work/known")
  sed "s,^,$storage/," "$work/remaining" >>"$work/orphans"
  echo "storage $storage: $(wc -l <"$work/remaining") files that no list names"
done 5<"$work/storages"
sed -n "1,${most}p" "$work/orphans" >"$work/orphans.txt"
store lists.txt
store orphans.txt
bytes=$(awk '{ bytes += $2 } END { printf "%.0f", bytes }' "$work/orphans")
answer "{\"storages\":$(wc -l <"$work/storages"),\"files\":$total,\"orphans\":$(wc -l <"$work/orphans"),\"bytes\":$bytes,\
\"listsSha256\":\"$(sha256sum <"$work/lists.txt" | cut -c1-64)\",\"orphansSha256\":\"$(sha256sum <"$work/orphans.txt" | cut -c1-64)\"}"
