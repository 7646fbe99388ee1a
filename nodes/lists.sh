#!/usr/bin/env bash
# What a planner wrote for the nodes of a run. <prefix>/lists.sha256 names the SHA-256 of each list, and of what else is fetched; its own
# is a parameter: whoever can write the bucket can replace nothing of it. Scripts that need it set bucket, prefix, lists_sha256 and work.

# Sets digests.
read_digests() {
  digests=$(read_object lists.sha256 "$lists_sha256")
}

planned_sha256() { # name
  local found
  found=$(awk -v name="$1" '$2 == name { print $1 }' <<<"$digests")
  [[ $found =~ ^[0-9a-f]{64}$ ]] || fail DownloadFailed "s3://$bucket/$prefix/lists.sha256 does not name $1."
  printf '%s' "$found"
}

planned_list() { # name
  local expected
  expected=$(planned_sha256 "$1")
  read_object "$1" "$expected"
}

read_object() { # name sha256
  local found
  s3api get-object --bucket "$bucket" --key "$prefix/$1" "$work/object" >/dev/null 2>"$work/error" ||
    fail DownloadFailed "s3://$bucket/$prefix/$1: $(cause "$work/error")"
  found=$(sha256sum <"$work/object" | cut -c1-64)
  [[ $found == "$2" ]] || fail ChecksumMismatch "s3://$bucket/$prefix/$1 has SHA-256 $found, but $2 was planned."
  cat "$work/object"
}
