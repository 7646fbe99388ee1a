#!/usr/bin/env bash
# The SQL half of a backup, read from mysqld. Scripts that need it set work; list_names comes first.

read_sql() { # what statement, else stdin
  sql -N ${2:+-e "$2"} >"$work/queried" 2>"$work/error" || fail MetadataDumpFailed "$1 could not be read: $(cause "$work/error")"
  whole_lines "$work/queried"
}

dump() { # options; the databases are those of $databases
  "$bin/mysqldump" --no-defaults --user=root --socket="$HOPS_ROOT/mysql-cluster/mysql.sock" --default-character-set=utf8mb4 \
    --set-gtid-purged=OFF --skip-lock-tables --no-tablespaces --skip-dump-date --no-data "$@" \
    --databases -- "${databases[@]}" >"$work/dump" 2>"$work/error" ||
    fail MetadataDumpFailed "mysqldump failed: $(cause "$work/error")"
  [[ $(tail -n 1 "$work/dump") == '-- Dump completed'* ]] || fail MetadataDumpFailed 'mysqldump ended before its last line.'
  cat "$work/dump"
}

show_accounts() { # statement
  { echo "SET SESSION print_identified_with_as_hex = ON, sql_mode = '';" && sed "s/.*/$1 &;/" "$work/accounts"; } | read_sql accounts
}

list_names() {
  local users ours stray
  users="FROM mysql.user WHERE user NOT IN ('root', 'mysql.sys', 'mysql.session', 'mysql.infoschema')"
  ours="NOT IN ('${own_databases//|/\',\'}')"
  read_sql accounts "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) $users ORDER BY user, host" >"$work/accounts"
  read_sql databases "SELECT schema_name FROM information_schema.schemata WHERE schema_name $ours ORDER BY 1" >"$work/databases"
  read_sql tables "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema $ours" >"$work/tables"
  read_sql views "SELECT CONCAT(' ON \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` TO ')
    FROM information_schema.views WHERE table_schema $ours" >"$work/late"
  printf '%s\n' ' ON PROCEDURE ' ' ON FUNCTION ' >>"$work/late"
  stray=$(read_sql tables "SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND engine <> 'ndbcluster' AND table_schema $ours ORDER BY 1 LIMIT 1")
  [[ -z $stray ]] || fail MetadataDumpFailed "table $stray is not in RonDB, so no backup would hold its rows; move it or drop it."
}

# Default roles follow the grants: CREATE USER would want the roles first, and roles may have default roles.
dump_users() {
  local name="(\`[^\`]*\`|'[^']*')+" account
  account="$name@$name"
  show_accounts 'SHOW CREATE USER' >"$work/create"
  show_accounts 'SHOW GRANTS FOR' >"$work/grants"
  printf 'SET NAMES utf8mb4;\nSET SESSION sql_mode = %s;\n' "''"
  sed -E "s/^CREATE USER /&IF NOT EXISTS /; s/ DEFAULT ROLE $account(,$account)* REQUIRE / REQUIRE /; s/\$/;/" "$work/create"
  { grep -vFf "$work/late" "$work/grants" || (($? == 1)); } | sed 's/$/;/'
  sed -nE "s/^CREATE USER ($account) .* (DEFAULT ROLE $account(,$account)*) REQUIRE .*/ALTER USER \1 \4;/p" "$work/create"
}

dump_objects() {
  local databases ignored
  mapfile -t databases <"$work/databases"
  if ((${#databases[@]} > 0)); then
    mapfile -t ignored < <(sed 's/^/--ignore-table=/' "$work/tables")
    dump --routines --events --skip-triggers ${ignored[@]+"${ignored[@]}"}
    dump --no-create-info --no-create-db --triggers --add-drop-trigger
  fi
  printf 'SET SESSION sql_mode = %s;\n' "''"
  { grep -Ff "$work/late" "$work/grants" || (($? == 1)); } | sed 's/$/;/'
}
