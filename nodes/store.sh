#!/usr/bin/env bash
# Stores and fetches objects, streaming, each file read once. Scripts that need it set bucket and work.

# By cores, but a job holds up to 100 MiB, most of it in the AWS CLI: two of them stay below 256 MiB.
jobs=$(($(nproc) < 2 ? 1 : 2))
part_bytes=$((64 * 1024 * 1024))

# Runs a function over the lines of a list, several at a time; fails as the first of them, whose sentence comes last.
in_parallel() { # function list
  local worker pids=() failed='' status=0
  for ((worker = 0; worker < jobs; worker++)); do
    (
      while read -r line <&4; do
        # shellcheck disable=SC2086 # the fields of the line are the arguments
        spool=$work/$worker "$1" $line
      done 4< <(awk -v worker="$worker" -v jobs="$jobs" 'NR % jobs == worker' "$2")
    ) 2>"$work/$worker.log" &
    pids[worker]=$!
  done
  for worker in "${!pids[@]}"; do
    wait "${pids[worker]}" || { status=$? && failed=$worker; }
    cat "$work/$worker.log"
  done
  [[ -z $failed ]] || { tail -n 1 "$work/$failed.log" && unforeseen "$status"; }
}

# Says whether the object has this size and checksum. An object that cannot be asked for is sent again, which tells why.
is_stored() { # key bytes checksum
  local found
  found=$(s3api head-object --bucket "$bucket" --key "$1" --checksum-mode ENABLED \
    --query '[ContentLength,ChecksumSHA256]' --output text) && [[ $found == "$2"$'\t'"$3" ]]
}

# One call of `send`; gives up the multipart upload that it belongs to when it fails.
call() {
  s3api "$@" --bucket "$bucket" --key "$key" --output text 2>"$spool.err" && return
  if [[ -n $upload ]]; then
    s3api abort-multipart-upload --bucket "$bucket" --key "$key" --upload-id "$upload" || echo "the multipart upload of $key remains"
  fi
  fail UploadFailed "s3://$bucket/$key could not be stored: $(cause "$spool.err")"
}

# Gives up what a killed run left: its parts would be paid for and never seen.
abort_left_overs() {
  local uploads id
  uploads=$(s3api list-multipart-uploads --bucket "$bucket" --prefix "$key" --query "Uploads[?Key=='$key'].UploadId" --output text)
  for id in $uploads; do
    [[ $id == None ]] || call abort-multipart-upload --upload-id "$id"
  done
}

# Sends stdin as one object in parts of at most 64 MiB, spooled one at a time; prints its size and its checksum as S3 names it.
send() { # key
  local key=$1 upload='' number=0 total=0 bytes digest digests='' etag parts=''
  while true; do
    digest=$(head -c "$part_bytes" | tee "$spool" | sha256sum | cut -c1-64)
    bytes=$(stat -c %s "$spool")
    if ((number == 0 && bytes < part_bytes)); then
      digest=$(base64_of_hex <<<"$digest")
      call put-object --body "$spool" --checksum-algorithm SHA256 --checksum-sha256 "$digest" >/dev/null
      printf '%s %s\n' "$bytes" "$digest"
      return
    fi
    ((bytes > 0)) || break
    if ((number == 0)); then
      abort_left_overs
      upload=$(call create-multipart-upload --checksum-algorithm SHA256 --query UploadId)
    fi
    number=$((number + 1)) total=$((total + bytes)) digests+=$digest
    digest=$(base64_of_hex <<<"$digest")
    etag=$(call upload-part --upload-id "$upload" --part-number "$number" --body "$spool" \
      --checksum-algorithm SHA256 --checksum-sha256 "$digest" --query ETag)
    parts+=",{\"PartNumber\":$number,\"ETag\":\"${etag//\"/}\",\"ChecksumSHA256\":\"$digest\"}"
  done
  printf '{"Parts":[%s]}' "${parts#,}" >"$spool.parts"
  call complete-multipart-upload --upload-id "$upload" --multipart-upload "file://$spool.parts" >/dev/null
  digest=$(base64_of_hex <<<"$digests" | base64 -d | sha256sum | cut -c1-64)
  printf '%s %s-%s\n' "$total" "$(base64_of_hex <<<"$digest")" "$number"
}

# Stores one file and prints its record.
store() { # file key path encoding
  local file=$1 key=$2 path=$3 encoding=$4 encoder=cat hasher sent bytes
  [[ $encoding == identity ]] || { encoder='zstd -q -c --single-thread' && key=$key.zst; }
  rm -f "$spool.fifo"
  mkfifo "$spool.fifo"
  sha256sum <"$spool.fifo" >"$spool.sha256" &
  hasher=$!
  bytes=$(stat -c %s "$file")
  sent=$(tee "$spool.fifo" <"$file" | $encoder | send "$key")
  wait "$hasher"
  printf '{"path":"%s","bytes":%s,"sha256":"%s","encoding":"%s","storedBytes":%s,"checksum":"%s"}\n' \
    "$path" "$bytes" "$(cut -c1-64 "$spool.sha256")" "$encoding" "${sent% *}" "${sent#* }"
}

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
