#!/usr/bin/env bash
# What the selection of a restore means to mysqld. Scripts that need it set selection and query.

ours="NOT IN ('${own_databases//|/\',\'}')"

# For awk: selects_table(database, table) by names in the target; selects_objects(database): whether its views, routines, triggers and
# events are restored: their bodies name databases, so not those of a database that gets another name.
# shellcheck disable=SC2016 # awk's own variables
selecting='
  BEGIN {
    count = split(selection, options, ";")
    for (i = 1; i <= count; i++) {
      split(options[i], option, "=")
      names = split(option[2], name, ",")
      if (option[1] == "rewrite-database") { source[name[2]] = name[1]; renamed[name[1]] = 1 }
      else for (j = 1; j <= names; j++) chosen[option[1], name[j]] = 1
      if (option[1] ~ /^include-/) part = 1
    }
  }
  function selects_table(database, table) {
    if (database in source) database = source[database]
    else if (database in renamed) return 0
    if (("exclude-databases", database) in chosen || ("exclude-tables", database "." table) in chosen) return 0
    return !part || ("include-databases", database) in chosen || ("include-tables", database "." table) in chosen
  }
  function selects_objects(database) {
    if (database in renamed || ("exclude-databases", database) in chosen) return 0
    return !part || ("include-databases", database) in chosen
  }'

# Of lines that begin with "database<TAB>table", those whose table is restored
selected() {
  awk -F'\t' -v selection="$selection" "$selecting"' selects_table($1, $2)'
}

# "database<TAB>table<TAB>`database`.`table`" of every restored table that mysqld knows
known_tables() {
  query "SELECT table_schema, table_name, CONCAT('\`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`')
    FROM information_schema.tables WHERE engine = 'ndbcluster' AND table_schema $ours" >"$work/known"
  selected <"$work/known"
}
