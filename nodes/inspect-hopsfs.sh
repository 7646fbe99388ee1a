#!/usr/bin/env bash
# needs: hopsfs.sh
# Which of the configured data directories are here, whose storages they are, and how much is in them.

data=$(parameter dataDirectories)

# A VERSION that names no storage is none: SnapshotBlocks and RestoreBlocks refuse it.
text_or_null() { if [[ $1 =~ ^[A-Za-z0-9.:_-]+$ ]]; then printf '"%s"' "$1"; else printf null; fi; }

# "<blocks> <bytes>", with the bytes of their .meta files
finalized() { # data-directory
  [[ -d $1/current ]] || { echo 0 0 && return; }
  find "$1/current" -ignore_readdir_race -path '*/BP-*/current/finalized/*' -type f -name 'blk_*' -printf '%f %s\n' |
    awk '$1 !~ /[.]meta$/ { blocks++ } { bytes += $2 } END { printf "%d %.0f\n", blocks, bytes }'
}

directories=''
while read -r path directory; do
  read -r blocks bytes <<<"$(finalized "$directory")"
  directories+=$(printf ',{"path":"%s","storageId":%s,"datanodeUuid":%s,"blocks":%s,"bytes":%s,"freeBytes":%s}' "$path" \
    "$(text_or_null "$(version_of "$directory" storageID)")" "$(text_or_null "$(version_of "$directory" datanodeUuid)")" \
    "$blocks" "$bytes" "$(free_bytes "$directory")")
done < <(data_directories "$data")
answer "{\"directories\":[${directories#,}]}"
