#!/usr/bin/env bash
# needs: rondb.sh
# Says which data nodes live here, which restores were begun here and not ended by remove-local-backup, and on a node with a
# mysqld what the cluster is: show = SHOW, userTables = the first 200 "database.table" lines, both gzip | base64.

connect_string=$(parameter connectString)
lock cluster

nodes=$(local_nodes)
ids=$(awk '{ print $1 }' <<<"$nodes" | paste -sd, -)
restoring=''
while read -r _ directory; do
  for state in "$directory"/hopsdr/*; do
    [[ -f $state/schema.begun || -f $state/schema.done ]] || continue
    id=${state##*/}
    [[ ! $id =~ ^[1-9][0-9]{8}$ ]] || restoring+=",\"$id\""
  done
done <<<"$nodes"
found="\"localNodeIds\":[$ids],\"restoring\":[${restoring#,}]"
if [[ ! -S $HOPS_ROOT/mysql-cluster/mysql.sock ]]; then
  answer "{$found,\"cluster\":null}"
  exit
fi

sql_version=$(sql -Ne 'SELECT VERSION()' 2>&1) || fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$sql_version")"
[[ $sql_version =~ ^[0-9A-Za-z.+-]+$ ]] || fail SqlServerUnreachable "mysqld names its version as $sql_version."
show=$(management SHOW)
tables=$(user_tables)
count=$(grep -c . <<<"$tables") || (($? == 1))
answer "$(printf '{%s,"cluster":{"show":"%s","sqlVersion":"%s","userTableCount":%s,"userTables":"%s"}}' \
  "$found" "$(pack <<<"$show")" "$sql_version" "$count" "$(awk 'NR <= 200' <<<"$tables" | pack)")"
