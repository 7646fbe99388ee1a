#!/usr/bin/env bash
# What node scripts ask RonDB: its nodes, its tables, its backups. They set connect_string.

# Databases that belong to MySQL, and the timers of Payara that a restore must not bring back.
own_databases='mysql|sys|information_schema|performance_schema|ndbinfo|glassfish_timers'
excluded_tables=mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL

unreachable() { # text
  [[ $1 != *'No free node id'* ]] || fail NoFreeApiSlot "no free [api] slot at $connect_string."
  fail ManagementServerUnreachable "ndb_mgmd does not answer at $connect_string: $(cause <<<"$1")"
}

# `timeout` in the foreground: a process group of its own would outlive a script that is killed with its group.
management() { # command
  local output
  output=$(timeout --foreground 60 "$bin/ndb_mgm" --no-defaults -t 3 -c "$connect_string" -e "$1" 2>&1) || unreachable "$output"
  printf '%s\n' "$output"
}

configuration() { # type columns
  local output
  output=$(timeout --foreground 60 "$bin/ndb_config" --no-defaults -c "$connect_string" --connect-retries=3 \
    --type="$1" --query="$2" --fields=' ' --rows='\n' 2>&1) || unreachable "$output"
  printf '%s\n' "$output"
}

# "<RonDB node id> <host> <directory that holds BACKUP>" of every data node of the cluster
data_nodes() {
  local rows
  rows=$(configuration ndbd NodeId,HostName,DataDir,BackupDataDir)
  awk '$1 ~ /^[0-9]+$/ { print $1, $2, (NF > 3 ? $4 : $3) }' <<<"$rows"
}

is_this_machine() { # host
  local own address
  own=" localhost $(hostname) $(hostname -I) "
  [[ $own != *" $1 "* ]] || return 0
  for address in $(getent ahosts -- "$1" | awk '{ print $1 }'); do
    [[ $address != 127.* && $address != ::1 && $own != *" $address "* ]] || return 0
  done
  return 1
}

# "<RonDB node id> <directory>" of the data nodes that live here: their host is this machine and their directory is below
# HOPS_DATA_ROOT, because several practice nodes share one machine.
local_nodes() {
  local rows root id host directory
  rows=$(data_nodes)
  root=$(realpath "$HOPS_DATA_ROOT")
  while read -r id host directory; do
    [[ -d $directory ]] || continue
    directory=$(realpath "$directory")
    [[ $directory/ == "${root%/}"/* ]] || continue
    if is_this_machine "$host"; then printf '%s %s\n' "$id" "$directory"; fi
  done <<<"$rows"
}

require_local_nodes() {
  local nodes
  nodes=$(local_nodes)
  [[ -n $nodes ]] || fail DataNodeUnknown "no data node of $connect_string has its host and directory on this instance."
  printf '%s\n' "$nodes"
}

# Where this instance keeps its state of one backup: with its first data node.
state_directory() { # backup-id [local nodes]
  local nodes=${2-}
  [[ -n $nodes ]] || nodes=$(require_local_nodes)
  printf '%s/hopsdr/%s' "$(sed -n '1s/^[0-9]* //p' <<<"$nodes")" "$1"
}

# The backup node ids that `assignments` gives to this instance, one a line; nothing when it has none.
assigned_nodes() { # assignments
  tr ';' '\n' <<<"$1" | awk -F= -v instance="$instance" '$1 == instance { print $2 }' | tr '+' '\n'
}

# The id of the backup that RonDB is taking now, or nothing
running_backup() {
  local status
  status=$(management 'ALL REPORT BACKUPSTATUS')
  sed -nE 's/^Node [0-9]+: Local backup status: backup ([0-9]+) started.*/\1/p' <<<"$status" | sed -n 1p
}

# What RonDB's dictionary holds of one type (2: tables, 21: logfile groups), tab-separated: id, type, …, 'database', 'def', 'name'
dictionary() { # type
  local rows
  rows=$(timeout --foreground 60 "$bin/ndb_show_tables" --no-defaults -c "$connect_string" --connect-retries=3 -p -t "$1" 2>&1) || unreachable "$rows"
  printf '%s\n' "$rows"
}

# "database<TAB>table" of every NDB table that belongs to a user, sorted
user_table_rows() {
  local rows odd
  rows=$(dictionary 2)
  odd=$(awk -F'\t' '/^[0-9]+\t\047/ { if (NF != 7 || !/\047$/) { print; exit } next } /\047$/ { print; exit }' <<<"$rows")
  [[ -z $odd ]] || fail NameUnsupported "RonDB has a table whose name holds a tab or a line break: $odd"
  awk -F'\t' -v own="^'($own_databases)'\$" '$2 == "'\''UserTable'\''" && $5 !~ own && $7 !~ /^.NDB\$/ {
    print substr($5, 2, length($5) - 2) "\t" substr($7, 2, length($7) - 2) }' <<<"$rows" | sort
}

# The same as "database.table"
user_tables() {
  local rows
  rows=$(user_table_rows)
  [[ -z $rows ]] || tr '\t' . <<<"$rows" | sort
}

# Runs ndb_restore; success is its exit code and its own word for it: RonDB up to 21.04.14 could exit 0 after a failure.
run_ndb_restore() { # error-name what log arguments...
  local name=$1 what=$2 log=$3 status=0
  shift 3
  "$bin/ndb_restore" --no-defaults "$@" >"$log" 2>&1 || status=$?
  if ((status == 0)) && grep -qi 'restore successful' "$log"; then return; fi
  if grep -q 'No free node id' "$log"; then fail NoFreeApiSlot "$what: no free [api] slot at $connect_string."; fi
  # Its first error says why, its last only what it gave up.
  fail "$name" "$what: ndb_restore ended with status $status: $(grep -m 1 -E 'ERROR|failed: [0-9]' "$log" || cause "$log")"
}
