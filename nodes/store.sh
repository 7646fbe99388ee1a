#!/usr/bin/env bash
# Stores objects by the AWS CLI. Scripts that need it set bucket and spool, and call learn_if_absent.

part_bytes=$((64 * 1024 * 1024))

# Inside a backup the bucket refuses to replace what is there, and every write that does not ask for that itself.
# An AWS CLI before 2.17.34 (1.34.2) cannot ask: its writes go through only where the bucket has no such policy.
if_absent=()
learn_if_absent() {
  local skeleton
  skeleton=$(aws s3api put-object --generate-cli-skeleton 2>&1) || fail ToolMissing "aws does not run: $(cause <<<"$skeleton")"
  [[ $skeleton != *'"IfNoneMatch"'* ]] || if_absent=(--if-none-match '*')
}

# Says whether the object has this size and checksum. An object that cannot be asked for is sent again, which tells why.
is_stored() { # key bytes checksum
  local found
  found=$(s3api head-object --bucket "$bucket" --key "$1" --checksum-mode ENABLED \
    --query '[ContentLength,ChecksumSHA256]' --output text) && [[ $found == "$2"$'\t'"$3" ]]
}

# One call of `send`; gives up the multipart upload that it belongs to when it fails.
call() {
  s3api "$@" --bucket "$bucket" --key "$key" --output text 2>"$spool.err" || refuse_upload "$(cause "$spool.err")"
}

refuse_upload() { # why
  give_up_upload
  fail UploadFailed "s3://$bucket/$key could not be stored: $1"
}

give_up_upload() {
  [[ -z $upload ]] || s3api abort-multipart-upload --bucket "$bucket" --key "$key" --upload-id "$upload" >&2 ||
    echo "the multipart upload of $key remains" >&2
}

# The call that makes the object. One that is there already is as good when it has this size and checksum: it was made by an
# earlier run, or by this call, whose answer was lost.
create() { # bytes checksum operation arguments...
  local bytes=$1 checksum=$2 attempt
  shift 2
  for attempt in 1 2; do
    s3api "$@" ${if_absent[@]+"${if_absent[@]}"} --bucket "$bucket" --key "$key" >/dev/null 2>"$spool.err" && return
    if is_stored "$key" "$bytes" "$checksum"; then
      give_up_upload
      return
    fi
    # The object is being written at this moment: perhaps by this call, whose answer was lost.
    if ((attempt == 2)) || ! grep -qF '(ConditionalRequestConflict)' "$spool.err"; then break; fi
    sleep 5
  done
  ! grep -qF '(PreconditionFailed)' "$spool.err" || refuse_upload 'another object is stored there.'
  refuse_upload "$(cause "$spool.err")"
}

# Gives up what a killed run left: its parts would be paid for and never seen.
abort_left_overs() {
  local uploads id
  uploads=$(s3api list-multipart-uploads --bucket "$bucket" --prefix "$key" --query "Uploads[?Key=='$key'].UploadId" --output text)
  for id in $uploads; do
    [[ $id == None ]] || call abort-multipart-upload --upload-id "$id" >&2
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
      create "$bytes" "$digest" put-object --body "$spool" --checksum-algorithm SHA256 --checksum-sha256 "$digest"
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
  digest=$(base64_of_hex <<<"$digests" | base64 -d | sha256sum | cut -c1-64)
  digest=$(base64_of_hex <<<"$digest")-$number
  create "$total" "$digest" complete-multipart-upload --upload-id "$upload" --multipart-upload "file://$spool.parts"
  printf '%s %s\n' "$total" "$digest"
}
