#!/usr/bin/env bash
# needs: hopsfs.sh held-blocks.sh blocks.sh store.sh
# Holds the blocks that came during RonDB's backup too (pass b), stores those that the bucket does not have, then for each storage
# blocks.list, files.tar and its receipt. Only then the hard links go.

backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
data=$(parameter dataDirectories)
previous=$(parameter previousBackupId)
lock blocks
found=$(require_storages "$data")
learn_if_absent
step_back

fetched() { # key file
  ! s3api get-object --bucket "$bucket" --key "$1" "$2" >/dev/null 2>"$work/error" || return 0
  grep -qF '(NoSuchKey)' "$work/error" || fail UploadFailed "s3://$bucket/$1 cannot be read: $(cause "$work/error")"
  return 1
}

# The lines of `held` with the SHA-256 of what is stored already, or "-". A block is immutable: what an earlier backup or an earlier
# run has stored under its key, and the bucket still has with its size, is not read again.
match_stored() { # storage
  list_blocks "$1" UploadFailed "$work/listed"
  sort -u -k1,1 "$work/earlier" "$held/sent" | join - "$work/listed" >"$work/stored"
  join -a 1 -e - -o 0,1.2,1.3,2.2 "$held/files" "$work/stored" >"$work/matched"
}

send_batch() { # storage batch
  local sending=$held/sending checksum=(--checksum-algorithm SHA256)
  rm -rf "$sending"
  awk -F '[= ]' -v from="$held" -v to="$sending" '{ print from "/" $4, to "/" $1 }' "$2" >"$work/links"
  pairwise "$work/links" ln -T
  cut -d' ' -f1 "$2" >"$work/batch"
  (cd "$sending" && with_sha256 "$work/batch") >"$work/hashed"
  until s3 cp --recursive --only-show-errors ${checksum[@]+"${checksum[@]}"} \
    "$sending" "s3://$bucket/$(blocks_prefix "$1")/" >"$work/error" 2>&1; do
    # An AWS CLI that does not know the option sends an MD5 instead.
    grep -q '^Unknown options: --checksum-algorithm' "$work/error" ||
      fail UploadFailed "storage $1: blocks could not be stored: $(cause "$work/error")"
    checksum=()
  done
  cat "$work/hashed" >>"$held/sent"
  rm -rf "$sending"
  echo "storage $1: $(wc -l <"$held/sent") files stored"
}

# The second pass, once: what is sent must not change between two attempts.
list_once() { # data-directory
  [[ ! -f $held/files ]] || return 0
  hold_blocks "$1" "$held/b"
  (cd "$held/b" && find current -name VERSION | sort | tar --owner=0 --group=0 --numeric-owner -cf ../files.tar -T -)
  (cd "$held" && list_held) >"$work/files"
  true >>"$held/sent"
  mv "$work/files" "$held/files"
}

send_blocks() { # storage
  local batch missing
  true >"$work/earlier"
  if [[ $previous != none ]] && fetched "${prefix%/*}/$previous/hopsfs/$1/blocks.list.zst" "$work/list.zst"; then
    zstd -dcq "$work/list.zst" | awk '{ print $3 "=" $2, $1 }' >"$work/earlier" ||
      fail UploadFailed "storage $1: the list of backup $previous is damaged."
  fi
  match_stored "$1"
  awk '$4 == "-"' "$work/matched" | split -l 2000 - "$work/batch."
  [[ -f $work/batch.aa ]] || return 0
  for batch in "$work"/batch.*; do
    send_batch "$1" "$batch"
  done
  match_stored "$1"
  missing=$(awk '$4 == "-" { print $1; exit }' "$work/matched")
  [[ -z $missing ]] || fail UploadFailed "storage $1: the bucket does not hold $missing bytes, which were sent."
}

blob() { # file key
  local sha256 sent
  sha256=$(sha256sum <"$1" | cut -c1-64)
  sent=$(zstd -q -c --single-thread "$1" | send "$2.zst")
  printf '{"bytes":%s,"sha256":"%s","storedBytes":%s,"checksum":"%s"}' "$(stat -c %s "$1")" "$sha256" "${sent% *}" "${sent#* }"
}

count() { # lines of `held/files`
  awk -F '[= ]' '$1 !~ /[.]meta$/ { blocks++ } { bytes += $2 } END { printf "%d %.0f", blocks, bytes }'
}

write_receipt() { # storage uuid key
  local blocks bytes sent_blocks sent_bytes list files
  awk -F '[= ]' '{ print $5, $2, $1, $3 }' "$work/matched" | sort -k4,4 >"$work/blocks.list"
  read -r blocks bytes <<<"$(count <"$work/matched")"
  read -r sent_blocks sent_bytes <<<"$(sort -u -k1,1 "$held/sent" | join "$work/matched" - | count)"
  list=$(blob "$work/blocks.list" "$3/blocks.list")
  files=$(blob "$held/files.tar" "$3/files.tar")
  {
    printf '{"formatVersion":1,"kind":"hopsfs","backupId":"%s","storageId":"%s","datanodeUuid":"%s",' "$backup_id" "$1" "$2"
    printf '"instanceId":"%s",\n"blocks":%s,"bytes":%s,"uploadedBlocks":%s,"uploadedBytes":%s,\n' \
      "$instance" "$blocks" "$bytes" "$sent_blocks" "$sent_bytes"
    printf '"list":%s,\n"files":%s}\n' "$list" "$files"
  } >"$work/receipt.json"
  send "$3/receipt.json" <"$work/receipt.json"
}

answers=''
while read -r storage uuid directory <&5; do
  held=$directory/hopsdr/$backup_id
  work_directory "$directory/hopsdr/upload"
  spool=$work/spool
  export TMPDIR=$work
  key=$prefix/hopsfs/$storage
  if ! fetched "$key/receipt.json" "$work/receipt.json"; then
    [[ -f $held/a.held ]] || fail SnapshotFailed "storage $storage: its blocks were not held before RonDB's backup $backup_id began."
    list_once "$directory"
    send_blocks "$storage"
    write_receipt "$storage" "$uuid" "$key"
  fi
  answers+=",{\"storageId\":\"$storage\",\"receiptSha256\":\"$(sha256sum <"$work/receipt.json" | cut -c1-64)\","
  answers+="$(grep -oE '"blocks":[0-9]+,"bytes":[0-9]+,"uploadedBlocks":[0-9]+,"uploadedBytes":[0-9]+' "$work/receipt.json")}"
  rm -rf "$held" "$work"
  rmdir --ignore-fail-on-non-empty "$directory/hopsdr"
done 5<<<"$found"
answer "{\"storages\":[${answers#,}]}"
