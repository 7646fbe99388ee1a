#!/usr/bin/env bash
# shellcheck disable=SC2154
# A model, written from a description, of the published script that collects a native backup: START BACKUP, the data nodes cut out of
# SHOW, one rsync after the other to one host, an archive. It compares nothing.
# $bin: where ndb_mgm is; $connect_string; $nodes: the directory of a data node a line, which rsync would reach by ssh; $target.
backup_id=$1

"$bin/ndb_mgm" --no-defaults -c "$connect_string" -e "START BACKUP $backup_id SNAPSHOTEND WAIT COMPLETED"

mkdir -p "$target/$backup_id"
number=0
for address in $("$bin/ndb_mgm" --no-defaults -c "$connect_string" -e SHOW | grep Nodegroup | awk '{ print $2 }' | cut -c 2-); do
  number=$((number + 1))
  echo "collecting from $address"
  rsync -a "$(sed -n "${number}p" "$nodes")/BACKUP/BACKUP-$backup_id" "$target/$backup_id/"
done
tar -C "$target" -czf "$target/$backup_id.tar.gz" "$backup_id"
