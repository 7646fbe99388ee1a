#!/usr/bin/env bash
# needs: rondb.sh
# Drops every database of users, with all that is in it, through mysqld: those whose tables the plan has named, no other. Its list is
# kept in `emptied.begun`, so that a run that was cut off goes on although fewer are left. On a further head no table is left, but what
# lives in one mysqld alone: views, routines, triggers and events.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
agreed=$(parameter tablesSha256)
lock "$backup_id"
state=$HOPS_ROOT/hopsdr/$backup_id
work_directory "$state/tmp"
ours="NOT IN ('${own_databases//|/\',\'}')"

query() {
  sql -Ne "$1" >"$work/queried" 2>"$work/error" || fail EmptyingFailed "mysqld refused a query: $(cause "$work/error")"
  whole_lines "$work/queried"
}

# As a list of at most 20 lines
some_of() { awk 'NR <= 20 { printf "%s%s", (NR > 1 ? ", " : ""), $0 } END { if (NR > 20) printf " and %d more", NR - 20 }' "$1"; }

sha256_of() { sha256sum <"$1" | cut -c1-64; }

require_agreed_tables() {
  local found
  user_tables >"$work/tables"
  # Nothing can be lost any more; `touch` keeps the list of the run that has dropped them.
  [[ -s $work/tables ]] || { touch "$state/emptied.begun" && return; }
  found=$(sha256_of "$work/tables")
  if [[ $found == "$agreed" ]]; then
    mv "$work/tables" "$state/emptied.begun"
    return
  fi
  [[ -f $state/emptied.begun && $(sha256_of "$state/emptied.begun") == "$agreed" ]] ||
    fail EmptyingFailed "RonDB holds other tables than the plan found: their list has the SHA-256 $found, not $agreed."
  comm -23 "$work/tables" "$state/emptied.begun" >"$work/new"
  [[ ! -s $work/new ]] || fail EmptyingFailed "tables came since the plan: $(some_of "$work/new")."
}

# Creating a database that mysqld does not know lets it drop the tables that RonDB has in it.
drop_database() { # name
  local name="\`${1//\`/\`\`}\`"
  echo "dropping database $1"
  sql -e "SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60; CREATE DATABASE IF NOT EXISTS $name; DROP DATABASE $name" \
    </dev/null 2>"$work/error" || fail EmptyingFailed "database $1 could not be dropped: $(cause "$work/error")"
}

connected=$(sql -Ne 'SELECT VERSION()' 2>&1) || fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$connected")"
require_agreed_tables
foreign=$(query "SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') FROM information_schema.tables
  WHERE table_type = 'BASE TABLE' AND engine <> 'ndbcluster' AND table_schema $ours ORDER BY 1 LIMIT 1")
[[ -z $foreign ]] || fail EmptyingFailed "a table is not in RonDB, so the plan did not name it: $foreign."

query "SELECT schema_name FROM information_schema.schemata WHERE schema_name $ours ORDER BY 1" >"$work/known"
user_table_rows >"$work/rows"
cut -f1 "$work/rows" | sort -u - "$work/known" >"$work/databases"
while IFS= read -r database <&6; do drop_database "$database"; done 6<"$work/databases"

user_tables >"$work/left"
[[ ! -s $work/left ]] || fail EmptyingFailed "RonDB still holds $(some_of "$work/left")."
answer "{\"dropped\":$(wc -l <"$state/emptied.begun")}"
