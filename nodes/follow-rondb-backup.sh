#!/usr/bin/env bash
# needs: rondb.sh s3.py transfer.py ship.py transfer.sh
# Ships what RonDB writes of a native backup of the local data nodes while it writes it, and ends when RonDB has. Sends parts only:
# upload-rondb-backup checks the directory, sends the rest and makes the objects.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
rate=$(parameter bytesPerSecond)
lock "$backup_id.upload"
nodes=$(require_local_nodes)
state=$(state_directory "$backup_id" "$nodes")
work_directory "$state/follow"
step_back

while read -r id directory; do
  printf '%s %s %s %s\n' "$id" "$directory/BACKUP/BACKUP-$backup_id" "$prefix/rondb/node=$id" "$directory/hopsdr/$backup_id/upload/node=$id"
done <<<"$nodes" >"$work/nodes"
transfer follow "$bucket" "$rate" "$backup_id" "$bin/ndb_restore" <"$work/nodes" >"$work/followed"
answer "{\"nodes\":[$(awk '{ printf "%s{\"nodeId\":%s,\"sentBytes\":%s,\"bytes\":%s}", (NR > 1 ? "," : ""), $1, $2, $3 }' "$work/followed")]}"
