#!/usr/bin/env bash
# Blocks that hard links hold for a backup: <data directory>/hopsdr/<backup id>/a before RonDB's backup, …/b after it.

# Every storage here, each under an id of its own, of one datanode.
require_storages() { # dataDirectories
  local found twice
  found=$(storages "$1")
  [[ -n $found ]] || fail SnapshotFailed "no directory of $1 holds a storage of a datanode."
  twice=$(cut -d' ' -f1 <<<"$found" | sort | uniq -d | sed -n 1p)
  [[ -z $twice ]] || fail SnapshotFailed "two data directories call themselves storage $twice."
  [[ $(cut -d' ' -f2 <<<"$found" | sort -u | wc -l) == 1 ]] || fail SnapshotFailed "the directories of $1 are those of several datanodes."
  printf '%s\n' "$found"
}

# Holds every finalized block of a data directory by hard links, and copies its VERSIONs, at the same paths below another directory.
# What HopsFS deletes meanwhile does not belong to it any more. What it appends to gets a new file, and replaces what was held.
hold_blocks() { # data-directory held-directory
  local finalized pool unlike
  mkdir -p "$2"
  for finalized in "$1"/current/BP-*/current/finalized; do
    [[ -d $finalized ]] || continue
    pool=$2/${finalized#"$1/"}
    mkdir -p "${pool%/*}"
    cp -rlfT "$finalized" "$pool" 2>"$2.errors" || {
      unlike=$(grep -v ': No such file or directory$' "$2.errors" | sed -n 1p) || (($? == 1))
      [[ -s $2.errors && -z $unlike ]] || fail SnapshotFailed "blocks below $finalized cannot be held: ${unlike:-cp failed}"
    }
  done
  (cd "$1" && find current -maxdepth 3 -path '*current/VERSION' -type f -exec cp -p --parents -t "$2" {} +) 2>"$2.errors" ||
    fail SnapshotFailed "the VERSIONs of $1 cannot be copied: $(cause "$2.errors")"
}

# "<key>=<bytes> <path in the data directory> <path of what is held>" of each held file. Of a block held twice, because HopsFS
# appended to it meanwhile, the newer generation; a block whose .meta was not held with it was being written or deleted.
list_held() {
  find a b -type f -name 'blk_*' -printf '%s %Ts %p\n' | awk '{
    name = $3; sub(/.*\//, "", name)
    parts = split(name, part, /[_.]/)
    print substr($3, 1, length($3) - length(name)) "blk_" part[2], (parts > 2 ? part[3] : "data"), $2, $1
  }' | sort | awk '
    $1 != block { block = $1; stamp = "" }
    $2 != "data" && $2 + 0 > stamp + 0 { stamp = $2; meta = $3 " " $4 }
    $2 == "data" && stamp != "" { print substr(block, 3), stamp, substr(block, 1, 1), $3, $4, meta }
  ' | sort -k1,1 -k2,2nr | awk '$1 != last {
    last = $1; key = $1 "_" $2
    sub(/^current\//, "", key); sub(/\/current\/finalized\//, "/", key)
    print key "_" $4 "=" $5, $1, $3 "/" $1
    print key "_" $6 ".meta=" $7, $1 "_" $2 ".meta", $3 "/" $1 "_" $2 ".meta"
  }' | sort
}
