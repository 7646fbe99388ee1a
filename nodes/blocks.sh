#!/usr/bin/env bash
# Blocks of HopsFS in the bucket: <cluster>/blocks/<storage id>/<block pool>/subdir…/blk_<id>_<generation stamp>_<mtime>[.meta].
# A HopsFS that was restored uses ids and generation stamps again that later backups have stored; the time tells them apart.
# Scripts that need it set bucket, prefix and work. Lists are sorted, their first field is <name>=<bytes>.

block_key='BP-[A-Za-z0-9.-]+/(subdir[0-9]+/)*blk_-?[0-9]+_[0-9]+_[0-9]+(\.meta)?'

blocks_prefix() { printf '%s/blocks/%s' "${prefix%%/*}" "$1"; } # storage

# One process for many objects; see docs/decisions/blocks-by-the-thousand.md.
s3() { aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} s3 "$@"; }

# "<key below the storage's prefix>=<bytes>" of what the bucket holds of a storage
list_blocks() { # storage error-name list
  local key unlike
  key=$(blocks_prefix "$1")/
  s3api list-objects-v2 --bucket "$bucket" --prefix "$key" --query 'Contents[].[Key,Size]' --output text 2>"$work/error" >"$work/objects" ||
    fail "$2" "storage $1: s3://$bucket/$key cannot be listed: $(cause "$work/error")"
  awk -F '\t' -v start="$((${#key} + 1))" 'NF == 2 { print substr($1, start) "=" $2 }' "$work/objects" | sort >"$3"
  unlike=$(grep -vxE "$block_key=[0-9]+" "$3" | sed -n 1p) || (($? == 1))
  [[ -z $unlike ]] || fail "$2" "storage $1: s3://$bucket/$key$unlike is no block."
}

# Two paths a line: what a program makes of the first is the second, whose directory is made before.
pairwise() { # list program...
  local list=$1
  shift
  awk '{ sub(/\/[^\/]*$/, "", $2); print $2 }' "$list" | uniq | xargs -r mkdir -p
  xargs -r -n 2 -P 2 "$@" <"$list"
}

# Appends the SHA-256 of each file to its line of a list; names are relative to this directory.
with_sha256() { # list
  local directory=$PWD
  cut -d= -f1 "$1" | xargs -r sha256sum | cut -c1-64 >"$work/sums"
  [[ $(wc -l <"$work/sums") == $(wc -l <"$1") ]] || fail ScriptFailed "sha256sum skipped files below $directory."
  paste -d' ' "$1" "$work/sums"
}
