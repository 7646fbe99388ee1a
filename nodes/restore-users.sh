#!/usr/bin/env bash
# needs: rondb.sh fetch.sh selection.sh synchronise.sh sql-objects.sh accounts.sh
# Makes mysqld see the restored tables, creates accounts and grants, then SQL objects, and compares accounts with the backup's. Accounts
# that exist keep their password, or take the backup's; grants are only ever added. On one mysqld after the other: accounts with
# NDB_STORED_USER are on all of them, and two mysqlds that change such accounts at the same moment wait for each other's locks.

backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter metadataPrefix)
users_sha256=$(parameter usersSha256)
objects_sha256=$(parameter objectsSha256)
selection=$(parameter selection)
accounts=$(parameter accounts)
lock "$backup_id"
work_directory "$HOPS_ROOT/hopsdr/restore-users"
spool=$work/spool
fetch "$prefix/metadata/users.sql" "$work/users.sql" identity "$users_sha256" users.sql
fetch "$prefix/metadata/objects.sql" "$work/objects.sql" identity "$objects_sha256" objects.sql
connect_string=$(sql -Ne 'SELECT @@GLOBAL.ndb_connectstring' 2>&1) ||
  fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$connect_string")"

query() {
  sql -Ne "$1" >"$work/queried" 2>"$work/error" || fail UserRestoreFailed "mysqld refused a query: $(cause "$work/error")"
  whole_lines "$work/queried"
}

# Runs a script, which may be run twice. What a selection leaves out, statements may name all the same: mysqld refuses them with one of
# the errors given; they are passed over, and <file>.refused has their lines.
replay() { # file error|error...
  local attempt errors force=''
  [[ $selection == all ]] || force=--force
  for attempt in 1 2 3; do
    ((attempt == 1)) || sleep 1
    sql ${force:+"$force"} <"$work/$1" 2>"$work/error" || continue
    cat "$work/error"
    sed -nE "s/^ERROR (${2:-none}) .* at line ([0-9]+): .*/\2/p" "$work/error" >"$work/$1.refused"
    errors=$(grep -c '^ERROR ' "$work/error") || (($? == 1))
    ((errors > $(wc -l <"$work/$1.refused"))) || return 0
  done
  fail UserRestoreFailed "$1: $(cause "$work/error")"
}

split_objects
replay databases.sql
synchronise
reopen_tables
true >"$work/outcomes"
[[ $accounts == none ]] || restore_accounts
replay programs.sql '1146|1305|1356'
differing=''
if [[ $accounts != none ]]; then
  replay late-grants.sql '1049|1146|1305'
  differing=$(differing_accounts)
fi

count() { awk -F'\t' -v outcome="$1" '$1 == outcome { count++ } END { print count + 0 }' "$work/outcomes"; } # outcome
objects=$(count_objects)
answer "$(printf '{"created":%s,"keptSame":%s,"keptOther":%s,"replaced":%s,"objects":%s,"differing":[%s]}' \
  "$(count created)" "$(count keptSame)" "$(count keptOther)" "$(count replaced)" "$objects" \
  "$(sed -n '1,20 { /./ { s/[\\"]/\\&/g; s/.*/"&"/; p } }' <<<"$differing" | paste -sd, -)")"
