#!/usr/bin/env bash
# epipe of a practice node when it shall reindex: one document for each project and each dataset in RonDB, none removed. As the real
# one, it ends with success even when OpenSearch refuses single documents.
set -euo pipefail
home=${0%/*}/..
setting() { sed -nE "s/^$1 = (.*)/\1/p" "$home/conf/config-reindex.ini"; }
rows() {
  "$home/../mysql/bin/mysql" --no-defaults --user=root --socket="$home/../mysql-cluster/mysql.sock" --default-character-set=utf8mb4 -Nre "$1"
}
{
  rows "SELECT id, JSON_OBJECT('doc_type', 'proj', 'project_id', id, 'user', username, 'name', projectname) FROM hopsworks.project" |
    sed 's/^/project-/'
  rows "SELECT id, JSON_OBJECT('doc_type', 'ds', 'dataset_id', id, 'project_id', project_id, 'name', name) FROM hopsworks.dataset" |
    sed 's/^/dataset-/'
} | awk -F '\t' -v index_name="$(setting index)" '{
  printf "{\"update\":{\"_id\":\"%s\",\"_index\":\"%s\"}}\n{\"doc\":%s,\"doc_as_upsert\":true}\n", $1, index_name, substr($0, length($1) + 2)
}' >"$home/bulk.json"
printf 'user = "%s:%s"\n' "$(setting username)" "$(setting password)" |
  curl -q --config - -sS --fail -H 'Content-Type: application/x-ndjson' --data-binary "@$home/bulk.json" "http://$(setting elastic_addr)/_bulk" \
    >"$home/answer.json"
