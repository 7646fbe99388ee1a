#!/usr/bin/env bash
# needs: services.sh ask.sh
# Builds the index of ePipe anew from RonDB. ePipe's own tool never removes a document and refuses to work beside a running ePipe,
# so ePipe stops and the index is dropped first; the new one gets the mapping of the old one. Until that one is there, its mapping
# is in a file, for the run after one that was killed. ePipe starts when all is done.

url=$(parameter searchUrl)
index=$(parameter searchIndex)
seconds=$(parameter timeoutSeconds)
limit=$((seconds * 9 / 10))
read_credentials SearchRebuildFailed
lock open-search
work_directory "$HOPS_ROOT/hopsdr/reindex-open-search"
mapping=$HOPS_ROOT/hopsdr/$index.mapping
tool=$HOPS_ROOT/epipe/bin/reindex-epipe.sh
[[ -x $tool ]] || fail ToolMissing "$tool is not there."

search() { # statuses method path option...
  ask SearchRebuildFailed "$1" "$2" "${url%/}/$3" "${@:4}"
}

keep_mapping() {
  local body
  search '200|404' GET "$index/_mapping"
  [[ $status == 200 ]] || return 0
  body=$(<"$work/answer")
  [[ $body == "{\"$index\":{"*"}}" ]] || fail SearchRebuildFailed "$index is not the name of an index: its mapping is ${body:0:200}"
  body=${body#"{\"$index\":"}
  printf '%s' "${body%\}}" >"$work/mapping"
  mv "$work/mapping" "$mapping"
}

recreate_index() {
  local body=()
  [[ -f $mapping ]] || keep_mapping
  search '200|404' DELETE "$index"
  # Without a mapping, OpenSearch makes the index from the template that Hopsworks has put there.
  [[ ! -f $mapping ]] || body=(-H 'Content-Type: application/json' --data-binary "@$mapping")
  search 200 PUT "$index" ${body[@]+"${body[@]}"}
  rm -f "$mapping"
}

# As the user whose files ePipe's are: what this leaves in its log directory must not be in ePipe's way.
run_tool() {
  local run=("$tool") owner said=0
  owner=$(stat -Lc %U "$tool")
  [[ $EUID != 0 || $owner == root ]] || run=(runuser -u "$owner" -- "$tool")
  timeout "$limit" "${run[@]}" >"$work/said" 2>&1 || said=$?
  ((said != 124)) || fail SearchRebuildFailed "$tool did not end within $limit seconds."
  ((said == 0)) || fail SearchRebuildFailed "$tool ended with $said: $(cause "$work/said")"
}

count() { # kind of document, or nothing for all
  search 200 GET "$index/_count${1:+?q=doc_type:$1}"
  sed -nE 's/.*"count":([0-9]+).*/\1/p' "$work/answer"
}

# ePipe indexes a project only when it has a directory in HopsFS.
projects=$(sql -Ne "SELECT COUNT(*) FROM hopsworks.project
  WHERE NOT EXISTS (SELECT 1 FROM hops.hdfs_inodes WHERE parent_id = 1 AND name = 'Projects')
  OR CONVERT(projectname USING utf8mb4) IN (SELECT CONVERT(inode.name USING utf8mb4) FROM hops.hdfs_inodes AS inode
    JOIN hops.hdfs_inodes AS parent ON parent.id = inode.parent_id WHERE parent.parent_id = 1 AND parent.name = 'Projects')" \
  2>"$work/error") || fail SearchRebuildFailed "the projects in RonDB cannot be counted: $(cause "$work/error")"
[[ $projects =~ ^[0-9]+$ ]] || fail SearchRebuildFailed "mysqld counts the projects as $projects."

stop_units epipe
recreate_index
run_tool
search 200 POST "$index/_refresh"
indexed=$(count proj)
# The tool ends with success even when OpenSearch refused single documents.
((indexed >= projects)) ||
  fail SearchRebuildFailed "index $index has $indexed of $projects projects; the logs of the tool are in $HOPS_ROOT/epipe/logs."
start_units epipe
documents=$(count '')
datasets=$(count ds)
answer "{\"documents\":$documents,\"datasets\":$datasets}"
