#!/usr/bin/env bash
# needs: rondb.sh versions.sh
# Says which data nodes live here, which restores were begun here and not ended by remove-local-backup, and on a node with a
# mysqld what the cluster is: show = SHOW, memory = ALL REPORT MEMORYUSAGE, userTables = the first 200 "database.table" lines, each
# gzip | base64; which of Hopsworks' tools are here, and the versions.

connect_string=$(parameter connectString)
definition=$(parameter definition)
password=$(parameter passwordFile)
password=$(on_this_node "$password")
lock cluster
work_directory "$HOPS_ROOT/hopsdr/inspect-cluster"

nodes=$(local_nodes)
ids=$(awk '{ print $1 }' <<<"$nodes" | paste -sd, -)
restoring='' free=null
while read -r _ directory; do
  [[ -n $directory ]] || continue
  bytes=$(free_bytes "$directory")
  if [[ $free == null ]] || ((bytes < free)); then free=$bytes; fi
  for state in "$directory"/hopsdr/*; do
    [[ -f $state/schema.begun || -f $state/schema.done ]] || continue
    id=${state##*/}
    [[ ! $id =~ ^[1-9][0-9]{8}$ ]] || restoring+=",\"$id\""
  done
done <<<"$nodes"
found="\"localNodeIds\":[$ids],\"restoring\":[${restoring#,}],\"freeBytes\":$free"
if [[ ! -S $HOPS_ROOT/mysql-cluster/mysql.sock ]]; then
  answer "{$found,\"cluster\":null}"
  exit
fi

hdfs=$HOPS_ROOT/hadoop/bin/hdfs
tools_here() {
  local tools=''
  [[ ! -x $hdfs ]] || tools+=,\"hdfs\"
  [[ ! -x $HOPS_ROOT/epipe/bin/reindex-epipe.sh ]] || tools+=,\"epipe\"
  [[ ! -x $HOPS_ROOT/kafka/bin/kafka-restore.sh ]] || tools+=,\"kafka\"
  printf '%s' "${tools#,}"
}

# How long a NameNode that starts lets blocks live that it does not know.
deletion_delay() {
  local said='' status=0
  [[ -x $hdfs ]] || { printf null && return; }
  said=$(timeout 60 "$hdfs" getconf -confKey dfs.namenode.startup.delay.block.deletion.sec 2>"$work/error") || status=$?
  said=$(tail -n 1 <<<"$said")
  if ((status == 0)) && [[ $said =~ ^[0-9]{1,10}$ ]]; then
    printf '%s' "$said"
  else
    echo "hdfs getconf ended with status $status and says no number: $said $(cause "$work/error")" >&2
    printf null
  fi
}

mysql=$(sql_version)
show=$(management SHOW)
memory=$(management 'ALL REPORT MEMORYUSAGE')
tables=$(user_tables)
count=$(grep -c . <<<"$tables") || (($? == 1))
if [[ $definition != none ]]; then
  fetch_definition "$definition" "$work/definition" || echo "the cluster definition $definition cannot be read: $(cause "$work/error")"
fi
versions=$(versions "$mysql" "$work/definition" "$password")
delay=$(deletion_delay)
cluster=$(printf '"show":"%s","sqlVersion":"%s","userTableCount":%s,"userTables":"%s","userTablesSha256":"%s","memory":"%s"' \
  "$(pack <<<"$show")" "$mysql" "$count" "$(awk 'NR <= 200' <<<"$tables" | pack)" \
  "$(printf '%s' "${tables:+$tables$'\n'}" | sha256sum | cut -c1-64)" "$(pack <<<"$memory")")
answer "{$found,\"cluster\":{$cluster,\"tools\":[$(tools_here)],\"deletionDelaySeconds\":$delay,\"versions\":$versions}}"
