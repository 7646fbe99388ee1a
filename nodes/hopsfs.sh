#!/usr/bin/env bash
# HopsFS on a node: the data directories of its datanode, and its command line.

# A datanode may have millions of blocks, and HopsFS needs the memory.
sort() { command sort -S 64M "$@"; }

# "<configured path> <path on this node>" of every data directory that exists here
data_directories() { # dataDirectories
  local path directory
  for path in ${1//:/ }; do
    directory=$(on_this_node "$path")
    if [[ -d $directory ]]; then printf '%s %s\n' "$path" "$directory"; fi
  done
}

# A property of a data directory's VERSION; nothing without one. Java writes it, with backslashes before colons.
version_of() { # data-directory property
  [[ -f $1/current/VERSION ]] || return 0
  sed -nE "s/^$2=([^[:space:]]+).*/\1/p" "$1/current/VERSION" | tr -d '\134'
}

# "<storage id> <datanode's UUID> <path on this node>" of every data directory that a datanode has used
storages() { # dataDirectories
  local path directory id uuid
  while read -r path directory; do
    [[ -f $directory/current/VERSION ]] || continue
    id=$(version_of "$directory" storageID)
    uuid=$(version_of "$directory" datanodeUuid)
    [[ $id =~ ^DS-[A-Za-z0-9.:_-]{1,120}$ && $uuid =~ ^[A-Za-z0-9-]+$ ]] ||
      fail SnapshotFailed "$path/current/VERSION names no storage and datanode."
    printf '%s %s %s\n' "$id" "$uuid" "$directory"
  done < <(data_directories "$1")
}

# The command line of HopsFS, as the user who owns its configuration: nobody else may ask for a report.
hdfs() { # seconds arguments...
  local seconds=$1 tool=$HOPS_ROOT/hadoop/bin/hdfs owner as_owner=()
  shift
  [[ -x $tool ]] || fail ToolMissing "$tool is not there."
  owner=$(stat -Lc %U "$HOPS_ROOT/hadoop/etc/hadoop/hdfs-site.xml")
  [[ $owner == "$(id -un)" ]] || as_owner=(runuser -u "$owner" --)
  timeout -k 10 "$seconds" ${as_owner[@]+"${as_owner[@]}"} "$tool" "$@"
}

# ON or OFF as the NameNode says, nothing when it does not answer: the exit code of hdfs does not tell. What it said is in $work/hdfs.
safe_mode() {
  hdfs 120 dfsadmin -safemode get >"$work/hdfs" 2>&1 || echo "hdfs ended with status $?" >>"$work/hdfs"
  sed -nE 's/^Safe mode is (ON|OFF).*/\1/p' "$work/hdfs" | sed -n 1p
}

count_rows() { # table of the database hops
  local found
  found=$(sql -Ne "SELECT COUNT(*) FROM hops.$1" 2>&1) || fail SqlServerUnreachable "hops.$1 cannot be counted: $(cause <<<"$found")"
  [[ $found =~ ^[0-9]+$ ]] || fail SqlServerUnreachable "mysqld counts hops.$1 as $found."
  printf '%s' "$found"
}
