#!/usr/bin/env bash
# hdfs of a practice head: the NameNode is the unit namenode, and knows the blocks that RonDB names; a datanode is the unit datanode of
# another node, and reports what lies in its data directory. As the real one, it says with words and not with its exit code how
# safe mode stands. Safe mode is shared by all heads, in a file of the first. Settings and failures on demand: see hdfs.ts.
set -euo pipefail
export LC_ALL=C
home=$(dirname "$(dirname "$(realpath "$0")")")
node=$(dirname "$home")
mapfile -t heads <"$home/etc/hadoop/heads"
mapfile -t datanodes <"$home/etc/hadoop/datanodes"
# shellcheck source=/dev/null
. "$home/etc/hadoop/settings"
shared=${heads[0]}/hadoop

refuse() { echo "$1" >&2 && exit "${2:-255}"; }
runs() { [[ -f $1/systemd/$2 && $(<"$1/systemd/$2") == active ]]; } # node unit
sql() { "$node/mysql/bin/mysql" --no-defaults --user=root --socket="$node/mysql-cluster/mysql.sock" -Nre "$1"; }
# shellcheck disable=SC2154
live() { # datanodes that the NameNode lets in
  local datanode
  for datanode in "${datanodes[@]}"; do
    runs "$datanode" datanode || continue
    [[ ! -f $datanode/hadoop/silent ]] || continue
    [[ $storage == s3 ]] || grep -qsxF "clusterID=$cluster_id" "$datanode/$data/current/VERSION" || continue
    echo "$datanode"
  done
}

# "<block id> <generation stamp>" of what live datanodes report: a finalized block has its .meta beside it, an object has both in its key.
# shellcheck disable=SC2154
reported() {
  local datanode
  if [[ $storage == s3 ]]; then
    [[ -n $(live) ]] || return 0
    aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} s3api list-objects-v2 --bucket "$bucket" --query 'Contents[].[Key]' --output text |
      sed -nE 's/.*blk_([0-9]+)_([0-9]+)[.]data(\t.*)?$/\1 \2/p'
    return
  fi
  for datanode in $(live); do
    find "$datanode/$data/current" -path '*/finalized/*' -name 'blk_*' -printf '%h/ %f\n' | sort |
      awk '{ split($2, part, /[_.]/) } part[4] == "" { data[$1 part[2]]; next } $1 part[2] in data { print part[2], part[3] }'
  done
}

look() { # sets total, missing and mode
  local known
  runs "$node" namenode || refuse "$1: Call From $(hostname)/127.0.0.1 to localhost:8020 failed on connection exception: java.net.ConnectException: Connection refused; For more details see:  http://wiki.apache.org/hadoop/ConnectionRefused"
  known=$(sql 'SELECT block_id, generation_stamp FROM hops.hdfs_block_infos' | tr '\t' ' ' | sort)
  total=$(grep -c . <<<"$known") || (($? == 1))
  missing=$(reported | sort -u | comm -23 <(printf '%s' "${known:+$known$'\n'}") - | wc -l)
  if ((missing <= total - total * 999 / 1000)) && [[ ! -f $shared/safe-mode.stuck ]]; then echo OFF >"$shared/safe-mode"; fi
  mode=$(<"$shared/safe-mode")
}

usage() {
  printf 'Usage: java NameNode [-format [-clusterid cid ] | [-force] [-nonInteractive] ] | [-rollingUpgrade <rollback|downgrade|started> ] | \n'
  printf '\t[-concurrentBlkReports concurrentBlockReports ] | [-formatAll ]\n\n'
}

report() {
  local datanode number
  look report
  [[ $mode == OFF ]] || echo 'Safe mode is ON'
  printf '%s\n' 'Configured Capacity: 107374182400 (100 GB)' 'Present Capacity: 96636764160 (90 GB)' 'DFS Remaining: 96636760064 (90.00 GB)' \
    'DFS Used: 4096 (4 KB)' 'DFS Used%: 0.00%' 'Under replicated blocks: 0' 'Blocks with corrupt replicas: 0' "Missing blocks: $missing" \
    'Missing blocks (with replication factor 1): 0' '' '-------------------------------------------------'
  number=$(live | wc -l)
  ((number > 0)) || return 0
  printf 'Live datanodes (%s):\n\n' "$number"
  for datanode in $(live); do
    printf 'Name: 127.0.0.1:50010 (localhost)\nHostname: %s\nDecommission Status : Normal\n\n\n' "${datanode##*/}"
  done
}

case "$*" in
  'dfsadmin -safemode get') look safemode && echo "Safe mode is $mode" ;;
  'dfsadmin -report') report ;;
  'getconf -confKey '*)
    value=$(sed -nE "s/^${3//./[.]}=//p" "$home/etc/hadoop/hdfs-site.xml")
    [[ -n $value ]] || refuse "Configuration $3 is missing."
    echo "$value"
    ;;
  'namenode -h' | 'namenode -help' | 'namenode --help') usage ;;
  'namenode -rollbackDeletedCloudBlocks')
    [[ $storage == s3 && ! -f $home/knows-no-roll-back ]] || { usage >&2 && exit 0; }
    [[ ! -f $home/roll-back.fails ]] || refuse '2026-11-22 10:30:00,000 ERROR namenode.NameNode: Failed to start namenode.' 1
    echo '2026-11-22 10:30:00,000 INFO namenode.NameNode: SHUTDOWN_MSG: Shutting down NameNode' >&2
    echo rolled back >>"$home/rolled-back"
    ;;
  '--start') # what the unit namenode does when it starts; only a NameNode that finds none alive begins in safe mode
    [[ $(sql 'SELECT COUNT(*) FROM hops.hdfs_variables') -gt 0 ]] || refuse 'java.io.IOException: NameNode is not formatted.' 1
    for head in "${heads[@]}"; do
      if [[ $head != "$node" ]] && runs "$head" namenode; then exit 0; fi
    done
    if [[ -f $shared/safe-mode.skipped ]]; then echo OFF >"$shared/safe-mode"; else echo ON >"$shared/safe-mode"; fi
    ;;
  *) refuse "hdfs, an imitation: $* must not be called here" 99 ;;
esac
