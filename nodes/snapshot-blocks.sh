#!/usr/bin/env bash
# needs: hopsfs.sh held-blocks.sh
# Holds every finalized block of the datanode by hard links in <data directory>/hopsdr/<backup id>/a, before RonDB's backup begins:
# whatever HopsFS deletes from now on is still there when it is sent. `a.held` says that the pass is complete.

backup_id=$(parameter backupId)
data=$(parameter dataDirectories)
lock blocks
found=$(require_storages "$data")

blocks=0
while read -r _ _ directory <&5; do
  # One backup at a time: what others left would hold deleted blocks, and their space, for good.
  mkdir -p "$directory/hopsdr"
  find "$directory/hopsdr" -mindepth 1 -maxdepth 1 ! -name "$backup_id" -exec rm -rf {} +
  held=$directory/hopsdr/$backup_id
  hold_blocks "$directory" "$held/a"
  true >"$held/a.held"
  blocks=$((blocks + $(find "$held/a" -type f -name 'blk_*' ! -name '*.meta' -printf . | wc -c)))
done 5<<<"$found"
answer "{\"storages\":$(wc -l <<<"$found"),\"blocks\":$blocks}"
