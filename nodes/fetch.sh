#!/usr/bin/env bash
# Fetches objects, streaming. Scripts that need it set bucket.

# Fetches one object, unpacks it, compares its SHA-256 and only then gives it its name.
fetch() { # key file encoding sha256 what
  local decoder=cat found
  [[ $3 == identity ]] || decoder='zstd -dcq'
  found=$(s3api get-object --bucket "$bucket" --key "$1" /dev/fd/5 5>&1 >/dev/null 2>"$spool.err" |
    $decoder 2>"$spool.unpack" | tee "$spool" | sha256sum | cut -c1-64) || {
    # An object that came whole and cannot be unpacked was altered. A decoder that gives up breaks the pipe of the CLI.
    [[ ! -s $spool.unpack ]] || grep -v 'Broken pipe' "$spool.err" | grep -q . ||
      fail ChecksumMismatch "$5: s3://$bucket/$1 is damaged: $(cause "$spool.unpack")"
    fail DownloadFailed "$5: s3://$bucket/$1: $(cat "$spool.unpack" "$spool.err" | cause)"
  }
  [[ $found == "$4" ]] || fail ChecksumMismatch "$5: s3://$bucket/$1 has SHA-256 $found, but $4 was recorded."
  mkdir -p "${2%/*}"
  mv "$spool" "$2"
}
