#!/usr/bin/env bash
# What a restore fetches of a HopsFS storage: its lists, then the blocks that a tree does not have.

# The recorded list, as "<path>=<bytes> <sha256> <key>".
read_list() { # storage
  local key=${prefix%%/*}/backups/$backup_id/hopsfs/$1 bad name sha256 path='current/BP-[A-Za-z0-9.-]+/current/finalized/(subdir[0-9]+/)*blk_-?[0-9]+(_[0-9]+\.meta)?'
  for name in blocks.list files.tar; do
    sha256=$(planned_sha256 "hopsfs/$1/$name")
    fetch "$key/$name.zst" "$work/$name" zstd "$sha256" "storage $1, $name"
  done
  bad=$(grep -vxE "[0-9a-f]{64} [0-9]{1,15} $block_key $path" "$work/blocks.list" | sed -n 1p) || (($? == 1))
  [[ -z $bad ]] || fail BlockRestoreFailed "storage $1: its list has a line that names no block: $bad"
  awk '{ print $4 "=" $2, $1, $3 }' "$work/blocks.list" | sort >"$work/wanted"
}

# Leaves in $work/missing what of the list is not in a tree with its size and SHA-256.
look_in() { # storage tree
  local other
  mkdir -p "$2/current"
  (cd "$2" && find current -type f -name 'blk_*' -printf '%p=%s\n') | sort >"$work/there"
  cut -d= -f1 "$work/wanted" | sort >"$work/wanted.names"
  other=$(cut -d= -f1 "$work/there" | sort | comm -23 - "$work/wanted.names" | sed -n 1p)
  [[ -z $other ]] || fail StorageOccupied "$2/$other is a block of storage $1 that backup $backup_id does not have."
  join "$work/wanted" "$work/there" >"$work/present"
  (cd "$2" && with_sha256 "$work/present") | awk '$2 == $4 { print $1 }' >"$work/kept"
  join -v 1 "$work/wanted" "$work/kept" >"$work/missing"
  echo "storage $1: $(wc -l <"$work/kept") files are there, $(wc -l <"$work/missing") are missing"
}

# The CLI fetches what a directory does not have with the same size: empty files of that size stand for objects that other backups need.
fetch_missing() { # storage tree fetched-directory
  local needed free absent
  awk -F '[= ]' '{ print $4 "=" $2, $3, $1 }' "$work/missing" | sort >"$work/needed"
  needed=$(awk -F '[= ]' '{ bytes += $2 } END { printf "%.0f", bytes }' "$work/needed")
  free=$(free_bytes "$2")
  ((free >= needed)) || fail DiskFull "storage $1: the volume of $2 has $free free bytes, $needed are needed."
  list_blocks "$1" DownloadFailed "$work/listed"
  absent=$(join -v 1 "$work/needed" "$work/listed" | sed -n 1p)
  [[ -z $absent ]] || fail DownloadFailed "storage $1: the bucket does not hold ${absent%% *} bytes."
  join -v 2 "$work/needed" "$work/listed" | awk -F= -v to="$3" '{ print $2, to "/" $1 }' >"$work/unneeded"
  pairwise "$work/unneeded" truncate -s
  s3 sync --size-only --only-show-errors "s3://$bucket/$(blocks_prefix "$1")/" "$3" >"$work/error" 2>&1 ||
    fail DownloadFailed "storage $1: $(cause "$work/error")"

  (cd "$3" && with_sha256 "$work/needed") >"$work/hashed"
  awk -v from="$3" '$2 != $4 { sub(/=.*/, "", $1); print from "/" $1 }' "$work/hashed" >"$work/damaged"
  if [[ -s $work/damaged ]]; then
    xargs rm -f <"$work/damaged"
    absent=$(sed -n "1s|^$3/||p" "$work/damaged")
    fail ChecksumMismatch "storage $1: s3://$bucket/$(blocks_prefix "$1")/$absent has another SHA-256 than the one recorded."
  fi
  # Their own time, without which the next backup would take them for other blocks.
  awk -F= -v from="$3" '{ time = $1; sub(/[.]meta$/, "", time); sub(/.*_/, "@", time); print time, from "/" $1 }' "$work/hashed" >"$work/times"
  pairwise "$work/times" touch -md
  awk -F '[= ]' -v from="$3" -v to="$2" '{ print from "/" $1, to "/" $4 }' "$work/hashed" | sort -k2,2 >"$work/moves"
  pairwise "$work/moves" mv -fT
}
