#!/usr/bin/env bash
# needs: rondb.sh
# Says which data nodes live here, which backups' restore was begun here and not finished and, on a node with a mysqld,
# what the cluster is. Texts are gzip | base64: show = SHOW, userTables = the first 200 "database.table" lines of userTableCount.

connect_string=$(parameter connectString)
lock cluster

nodes=$(local_nodes)
ids=$(awk '{ print $1 }' <<<"$nodes" | paste -sd, -)
restoring=$(while read -r _ directory; do
  [[ -z $directory ]] || find "$directory" -mindepth 3 -maxdepth 3 -path '*/hopsdr/*/schema.*' -printf '%h\n'
done <<<"$nodes" | sed -nE 's/.*\/([1-9][0-9]{8})$/"\1"/p' | sort -u | paste -sd, -)
if [[ ! -S $HOPS_ROOT/mysql-cluster/mysql.sock ]]; then
  answer "{\"localNodeIds\":[$ids],\"restoring\":[$restoring],\"cluster\":null}"
  exit
fi

sql_version=$(sql -Ne 'SELECT VERSION()' 2>&1) || fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$sql_version")"
[[ $sql_version =~ ^[0-9A-Za-z.+-]+$ ]] || fail SqlServerUnreachable "mysqld names its version as $sql_version."
show=$(management SHOW)
tables=$(user_tables)
count=$(grep -c . <<<"$tables") || count=0
answer "$(printf '{"localNodeIds":[%s],"restoring":[%s],"cluster":{"show":"%s","sqlVersion":"%s","userTables":"%s","userTableCount":%s}}' \
  "$ids" "$restoring" "$(pack <<<"$show")" "$sql_version" "$(awk 'NR <= 200' <<<"$tables" | pack)" "$count")"
