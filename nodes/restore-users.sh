#!/usr/bin/env bash
# needs: rondb.sh fetch.sh
# Makes mysqld see the restored tables, then creates accounts, grants and SQL objects. Accounts that exist are kept.

backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter metadataPrefix)
users_sha256=$(parameter usersSha256)
objects_sha256=$(parameter objectsSha256)
lock "$backup_id"
work_directory "$HOPS_ROOT/hopsdr/restore-users"
spool=$work/spool
fetch "$prefix/metadata/users.sql" "$work/users.sql" identity "$users_sha256" users.sql
fetch "$prefix/metadata/objects.sql" "$work/objects.sql" identity "$objects_sha256" objects.sql
connect_string=$(sql -Ne 'SELECT @@GLOBAL.ndb_connectstring' 2>&1) ||
  fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$connect_string")"

ours="NOT IN ('${own_databases//|/\',\'}')"
query() {
  sql -Nre "$1" 2>"$work/error" || fail UserRestoreFailed "mysqld refused a query: $(cause "$work/error")"
}

unseen_tables() {
  local tables
  tables=$(user_tables)
  query "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema $ours" | sort >"$work/seen"
  comm -23 <(printf '%s' "${tables:+$tables$'\n'}") "$work/seen"
}

# ndb_metadata_sync makes mysqld read the whole dictionary of RonDB once; it turns itself off when that is done.
synchronise() {
  local deadline=$((SECONDS + 1800)) synchronising=1 unseen
  query 'SET GLOBAL ndb_metadata_sync = ON'
  while [[ $synchronising != 0 ]]; do
    ((SECONDS < deadline)) || fail UserRestoreFailed 'mysqld did not synchronise its tables with RonDB within 1800 seconds.'
    sleep 1
    synchronising=$(query 'SELECT @@GLOBAL.ndb_metadata_sync')
  done
  unseen=$(unseen_tables)
  [[ -z $unseen ]] || fail UserRestoreFailed "mysqld does not see the table ${unseen%%$'\n'*} after synchronising with RonDB."
}

# A table that mysqld knew before a restore was killed and begun again answers its first reader with error 1412. So does every
# index that was rebuilt after mysqld had opened the table, until it is opened anew.
reopen_tables() {
  local table attempts
  query "SELECT CONCAT('\`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`')
    FROM information_schema.tables WHERE engine = 'ndbcluster' AND table_schema $ours" >"$work/tables"
  while read -r table; do
    attempts=3
    until sql -Ne "SELECT 1 FROM $table LIMIT 1" </dev/null >/dev/null 2>"$work/error"; do
      ((--attempts > 0)) || fail UserRestoreFailed "table $table cannot be read: $(cause "$work/error")"
    done
  done <"$work/tables"
  query 'FLUSH LOCAL TABLES'
}

replay() { # file
  sql <"$work/$1" 2>"$work/error" || fail UserRestoreFailed "$1: $(cause "$work/error")"
}

synchronise
reopen_tables
before=$(query 'SELECT COUNT(*) FROM mysql.user')
replay users.sql
replay objects.sql

name="(\`[^\`]*\`|'[^']*')+"
sed -nE "s/^CREATE USER IF NOT EXISTS ($name@$name) .*/SHOW CREATE USER \1;/p" "$work/users.sql" >"$work/accounts.sql"
users=$(wc -l <"$work/accounts.sql")
{ echo "SET SESSION sql_mode = '';" && cat "$work/accounts.sql"; } >"$work/check.sql"
replay check.sql >"$work/created"
after=$(query 'SELECT COUNT(*) FROM mysql.user')
objects=$(query "SELECT (SELECT COUNT(*) FROM information_schema.views WHERE table_schema $ours)
  + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema $ours)
  + (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema $ours)
  + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema $ours)")
answer "{\"users\":$users,\"kept\":$((users - after + before)),\"objects\":$objects}"
