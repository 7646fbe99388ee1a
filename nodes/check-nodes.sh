#!/usr/bin/env bash
# needs: rondb.sh store.sh s3.py transfer.py ship.py transfer.sh
# Checks before anything is touched: programs, free space where data nodes live, and that this instance can list the bucket and,
# for a backup, write there: it leaves <prefix>/checks/<instance>.json and, as data nodes ship with a program of their own, what that one wrote.
# freeBytes is the least of the local data nodes' volumes; on a node without one, of HOPS_DATA_ROOT.

connect_string=$(parameter connectString)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
required=$(parameter requiredBytes)
lock cluster
work_directory "$HOPS_ROOT/hopsdr/check-nodes"

require_tools() {
  local tool
  for tool in "$@"; do
    [[ -x $bin/$tool ]] || fail ToolMissing "$bin/$tool is not there."
  done
}

require_tools ndb_mgm ndb_config ndb_show_tables
[[ ! -S $HOPS_ROOT/mysql-cluster/mysql.sock ]] || require_tools mysql mysqldump
for tool in aws zstd sha256sum base64 gzip awk od renice ionice python3; do
  command -v "$tool" >/dev/null || fail ToolMissing "$tool is not on the PATH."
done
aws=$(aws --version 2>&1) || fail ToolMissing "aws does not run: $(cause <<<"$aws")"
[[ $aws =~ ^(aws-cli/[0-9][0-9A-Za-z.]*)( |$) ]] || fail ToolMissing "aws is not the AWS CLI: $(cause <<<"$aws")"
aws=${BASH_REMATCH[1]}
zstd=$(zstd --version 2>&1) || fail ToolMissing "zstd does not run: $(cause <<<"$zstd")"
[[ $zstd =~ v([0-9]+(\.[0-9]+)+) ]] || fail ToolMissing "zstd does not name its version: $(cause <<<"$zstd")"
zstd=${BASH_REMATCH[1]}
python=$(python3 -IS -c 'import hashlib, ssl, sys; v = "%d.%d.%d" % sys.version_info[:3]; print(v) if sys.version_info >= (3, 6) else sys.exit(v + " is older than 3.6")' 2>&1) ||
  fail ToolMissing "python3 does not do: $(cause <<<"$python")"

s3api list-objects-v2 --bucket "$bucket" --prefix "$prefix/" --max-keys 1 >/dev/null 2>"$work/bucket" ||
  fail BucketUnreachable "s3://$bucket cannot be listed: $(cause "$work/bucket")"

nodes=$(local_nodes)
free=$(free_bytes "$HOPS_DATA_ROOT")
if [[ -n $nodes ]]; then
  require_tools ndb_restore ndb_select_count ndb_drop_table
  free=''
  while read -r node directory; do
    bytes=$(free_bytes "$directory")
    ((bytes >= 10#$required)) ||
      fail DiskFull "RonDB node $node: the volume of $directory has $bytes free bytes, $required are required."
    if [[ -z $free ]] || ((bytes < free)); then free=$bytes; fi
  done <<<"$nodes"
fi

if [[ $prefix == */backups/* ]]; then
  learn_if_absent
  hint=''
  ((${#if_absent[@]} > 0)) || hint="; $aws cannot write conditionally: install AWS CLI 2.17.34 (1.34.2) or newer."
  printf '{"instance":"%s","awsCli":"%s","zstd":"%s","freeBytes":%s}\n' "$instance" "$aws" "$zstd" "$free" >"$work/check.json"
  digest=$(sha256sum <"$work/check.json" | cut -c1-64 | base64_of_hex)
  key=$prefix/checks/$instance.json
  s3api put-object --bucket "$bucket" --key "$key" --body "$work/check.json" ${if_absent[@]+"${if_absent[@]}"} \
    --checksum-algorithm SHA256 --checksum-sha256 "$digest" >/dev/null 2>"$work/bucket" ||
    grep -qF '(PreconditionFailed)' "$work/bucket" ||
    fail BucketUnreachable "s3://$bucket/$key cannot be stored: $(cause "$work/bucket")$hint"
  if [[ -n $nodes ]]; then
    printf '{"instance":"%s"}\n' "$instance" >"$work/sender.json"
    transfer ship "$bucket" 0 <<<"$work/sender.json $prefix/checks/$instance.sender.json $work/sender.journal" >"$work/shipped"
  fi
fi

answer "{\"freeBytes\":$free,\"awsCli\":\"$aws\",\"zstd\":\"$zstd\",\"python\":\"$python\",\"localNodeIds\":[$(awk '{ print $1 }' <<<"$nodes" | paste -sd, -)]}"
