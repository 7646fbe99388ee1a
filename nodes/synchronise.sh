#!/usr/bin/env bash
# Makes mysqld see what ndb_restore has created. Scripts that need it set work and connect_string, and define query.

# ndb_metadata_sync makes mysqld read the whole dictionary of RonDB once, and look again at tables that its own check has given up
# while they lacked their foreign keys; it turns itself off when that is done.
synchronise() {
  local deadline=$((SECONDS + 1800)) synchronising=1 unseen
  query 'SET GLOBAL ndb_metadata_sync = ON'
  while [[ $synchronising != 0 ]]; do
    ((SECONDS < deadline)) || fail UserRestoreFailed 'mysqld did not synchronise its tables with RonDB within 1800 seconds.'
    sleep 1
    synchronising=$(query 'SELECT @@GLOBAL.ndb_metadata_sync')
  done
  user_table_rows | selected >"$work/present"
  unseen=$(unseen_tables)
  # One whose foreign keys did not come with it, because its database was renamed, is seen when it is opened by its name.
  [[ -z $unseen ]] || open_tables "$unseen"
  unseen=$(unseen_tables)
  [[ -z $unseen ]] || fail UserRestoreFailed "mysqld does not see the table $(sed -n '1s/\t/./p' <<<"$unseen") after synchronising with RonDB."
}

unseen_tables() {
  known_tables >"$work/tables"
  cut -f1,2 "$work/tables" | sort >"$work/seen"
  comm -23 "$work/present" "$work/seen"
}

open_tables() { # "database<TAB>table" lines
  local table
  # shellcheck disable=SC2016 # the backquotes are those of SQL
  while read -r table; do
    sql -Ne "SELECT 1 FROM $table LIMIT 1" </dev/null >/dev/null 2>"$work/error" || echo "$table cannot be opened yet: $(cause "$work/error")"
  done < <(sed 's/`/``/g; s/\t/`.`/; s/.*/`&`/' <<<"$1")
}

# A table that mysqld knew before a restore was killed and begun again answers its first reader with error 1412. So does every
# index that was rebuilt after mysqld had opened the table, until it is opened anew.
reopen_tables() {
  local table attempts
  while IFS=$'\t' read -r _ _ table; do
    attempts=3
    until sql -Ne "SELECT 1 FROM $table LIMIT 1" </dev/null >/dev/null 2>"$work/error"; do
      ((--attempts > 0)) || fail UserRestoreFailed "table $table cannot be read: $(cause "$work/error")"
    done
  done <"$work/tables"
  # Of a part, only its own: flushing waits for whoever uses a table.
  if [[ $selection == all ]]; then
    query 'FLUSH LOCAL TABLES'
  elif [[ -s $work/tables ]]; then
    query "FLUSH LOCAL TABLES $(cut -f3 "$work/tables" | paste -sd,)"
  fi
}
