#!/usr/bin/env bash
# The databases, views, routines, triggers and events of a backup: objects.sql. Scripts that need it set work, selection and query.

# Cuts objects.sql into databases.sql, programs.sql and late-grants.sql, without what the selection leaves out. mysqldump names a database
# before what belongs to it; between its changes of the delimiter stand bodies, which may hold any text.
split_objects() {
  local part
  for part in databases programs late-grants; do printf 'SET NAMES utf8mb4;\nSET SESSION sql_mode = %s;\n' "''" >"$work/$part.sql"; done
  awk -v selection="$selection" -v place="$work/" "$selecting"'
    /^DELIMITER ;;$/ { body = 1 }
    /^DELIMITER ;$/ { body = 0 }
    !body && /^-- Current Database: `.*`$/ {
      database = substr($0, 23, length($0) - 23)
      gsub(/``/, "`", database)
      wanted = selects_objects(database)
    }
    !body && /^-- Dump completed/ { database = "" }
    # Whatever has the name of a view is no table of the backup.
    !body && /^DROP TABLE IF EXISTS / { next }
    !body && database == "" && /^(GRANT|REVOKE) / { print >>(place "late-grants.sql"); next }
    !body && wanted && /^CREATE DATABASE / {
      print >>(place "databases.sql")
      # mysqld may have created it by itself, with its own character set; one that lived beside the restore keeps what it has.
      if (!part && / \/\*!40100 / && sub(/^CREATE DATABASE +\/\*!32312 IF NOT EXISTS\*\/ /, "ALTER DATABASE ")) print >>(place "databases.sql")
      next
    }
    database == "" || wanted || !body && /^\/\*!40[0-9][0-9][0-9] SET / { print >>(place "programs.sql") }
  ' "$work/objects.sql"
}

count_objects() {
  query "SELECT table_schema FROM information_schema.views WHERE table_schema $ours
    UNION ALL SELECT routine_schema FROM information_schema.routines WHERE routine_schema $ours
    UNION ALL SELECT trigger_schema FROM information_schema.triggers WHERE trigger_schema $ours
    UNION ALL SELECT event_schema FROM information_schema.events WHERE event_schema $ours" >"$work/programs"
  awk -v selection="$selection" "$selecting"' selects_objects($0) { found++ } END { print found + 0 }' "$work/programs"
}
