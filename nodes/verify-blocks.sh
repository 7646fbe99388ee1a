#!/usr/bin/env bash
# needs: hopsfs.sh blocks.sh lists.sh s3.py transfer.py receive.py transfer.sh damage.sh
# Verifies the HopsFS storages assigned to this instance: what <prefix>/hopsfs/<storage>.list names, "<checksum> <bytes> <key> <name>" a
# line, and each block that the storage's own list names. depth "objects": blocks are there with their sizes; deeper ones read and hash all.

bucket=$(parameter bucket)
prefix=$(parameter prefix)
lists_sha256=$(parameter listsSha256)
storages=$(parameter storages)
depth=$(parameter depth)
rate=$(parameter bytesPerSecond)
lock verify-blocks
work_directory "$HOPS_ROOT/hopsdr/verify-blocks"
export TMPDIR=$work
step_back
true >"$work/damages"

# The storage's list of blocks as "<sha256> <bytes> <key>", each once; nothing when it is damaged.
read_list() { # storage
  local key=$prefix/hopsfs/$1.list line='[A-Za-z0-9+/]{43}=(-[0-9]{1,5})? [0-9]{1,15} [a-z][A-Za-z0-9_=.:/-]* (blocks\.list|files\.tar)\.zst' bad blocks
  planned_list "hopsfs/$1.list" >"$work/stored"
  bad=$(grep -nvxE "$line" "$work/stored" | sed -n 1p) || (($? == 1))
  [[ -z $bad && -s $work/stored ]] || fail DownloadFailed "storage $1: s3://$bucket/$key is empty or malformed: line $bad"
  rm -f "$work/blocks.list.zst"
  awk -v to="$work/" '{ print $1, $2, $3, ($4 == "blocks.list.zst" ? to $4 : "-") }' "$work/stored" >"$work/wanted"
  verify_objects "$rate" <"$work/wanted"
  true >"$work/blocks"
  [[ -f $work/blocks.list.zst ]] || return 0
  blocks=$(awk '$4 == "blocks.list.zst" { print $3 }' "$work/stored")
  if ! zstd -dcq "$work/blocks.list.zst" >"$work/unpacked" 2>"$work/error"; then
    damage ChecksumMismatch "$blocks" "cannot be unpacked: $(cause "$work/error")"
    return 0
  fi
  bad=$(grep -nvxE "[0-9a-f]{64} [0-9]{1,15} $block_key \S+" "$work/unpacked" | sed -n 1p) || (($? == 1))
  if [[ -n $bad ]]; then
    damage ChecksumMismatch "$blocks" "has a line that names no block: $bad"
    return 0
  fi
  cut -d' ' -f1-3 "$work/unpacked" | sort -u >"$work/blocks"
}

look_for_blocks() { # storage
  awk '{ print $3 "=" $2 }' "$work/blocks" | sort >"$work/wanted"
  list_blocks "$1" DownloadFailed "$work/listed"
  comm -23 "$work/wanted" "$work/listed" | tr '=' ' ' | sort >"$work/absent"
  tr '=' ' ' <"$work/listed" | sort | join -a 1 -e - -o 0,1.2,2.2 "$work/absent" - |
    awk -v prefix="$(blocks_prefix "$1")/" '{
      if ($3 == "-") print "ObjectMissing\t" prefix $1 "\tnot in the bucket"
      else print "ObjectAltered\t" prefix $1 "\thas " $3 " bytes; " $2 " were stored" }' >>"$work/damages"
}

answers=''
read_digests
for storage in $(tr ';' '\n' <<<"$storages" | awk -F= -v instance="$instance" '$1 == instance { print $2 }' | tr '+' '\n'); do
  read_list "$storage"
  read -r objects bytes <<<"$(awk '{ bytes += $2 } END { printf "%d %.0f", NR, bytes }' "$work/blocks")"
  if [[ $depth == objects ]]; then
    look_for_blocks "$storage"
  else
    awk -v prefix="$(blocks_prefix "$storage")/" '{ print $1, $2, prefix $3, "-" }' "$work/blocks" >"$work/wanted"
    verify_objects "$rate" <"$work/wanted"
  fi
  answers+=",{\"storageId\":\"$storage\",\"objects\":$objects,\"bytes\":$bytes}"
done
store_damages blocks
answer "{\"storages\":[${answers#,}],\"damaged\":$damaged}"
