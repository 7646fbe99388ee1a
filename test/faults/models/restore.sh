#!/usr/bin/env bash
# shellcheck disable=SC2154
# A model, written from a description, of the published script that restores: the schema, then the rows of every data node side by side,
# ended by a wait that asks nobody how it went, then the indexes.
# $bin: where ndb_restore is; $connect_string; $source: where node-<id>/BACKUP-<backup id> lies. Arguments: backup id, node ids.
set -e
backup_id=$1
shift

restore() { # node arguments...
  "$bin/ndb_restore" --no-defaults -c "$connect_string" -n "$1" -b "$backup_id" --no-binlog \
    --exclude-tables=mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL --backup_path="$source/node-$1/BACKUP-$backup_id" "${@:2}"
}

restore "$1" -m --disable-indexes
for node in "$@"; do
  restore "$node" -r &
done
wait
restore "$1" --rebuild-indexes
