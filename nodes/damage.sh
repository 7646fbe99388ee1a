#!/usr/bin/env bash
# What a verification finds wrong: "<error> TAB <object> TAB <what was found>" a line. It is listed and fails nothing: everything that is
# wrong is to be known. Scripts that need it set bucket, prefix and work.

damage() { # error object found
  printf '%s\t%s\t%s\n' "$1" "$2" "$(printf '%s' "$3" | tr -c '[:print:]' ' ')" >>"$work/damages"
}

# Reads objects as transfer.py does: "<checksum> <bytes> <key> <file>" a line on stdin, "-" for one that is not kept. Sets objects and bytes.
verify_objects() { # bytes-per-second
  transfer verify "$bucket" "$1" >"$work/verified"
  grep -v '^read' "$work/verified" >"$work/wrong" || (($? == 1))
  cat "$work/wrong" >>"$work/damages"
  read -r _ objects bytes < <(tail -n 1 "$work/verified")
}

store() { # file key
  local digest
  digest=$(sha256sum <"$1" | cut -c1-64 | base64_of_hex)
  s3api put-object --bucket "$bucket" --key "$2" --body "$1" --checksum-algorithm SHA256 --checksum-sha256 "$digest" >/dev/null 2>"$work/error" ||
    fail UploadFailed "s3://$bucket/$2 could not be stored: $(cause "$work/error")"
}

# Stores the first of the list, and sets damaged to how much is wrong.
store_damages() { # part
  damaged=$(wc -l <"$work/damages")
  head -n 1000 "$work/damages" >"$work/named"
  store "$work/named" "$prefix/$instance.$1.found"
}
