#!/usr/bin/env bash
# needs: rondb.sh recorded-rows.sh s3.py transfer.py ship.py transfer.sh
# Checks a completed native backup of the local data nodes, stores what of it follow-rondb-backup has not, and a receipt for each node.

connect_string=$(parameter connectString)
backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
rate=$(parameter bytesPerSecond)
lock "$backup_id.upload"
nodes=$(require_local_nodes)
state=$(state_directory "$backup_id" "$nodes")
work_directory "$state/tmp"
step_back

# What NDB writes for a node, as `find -printf '%y %P\n'` lists it: three files, flat or in each part.
expected_listing() { # node parts
  local part file
  for ((part = 1; part <= ${2:-1}; part++)); do
    [[ -z $2 ]] || printf 'd BACKUP-%s-PART-%s-OF-%s\n' "$backup_id" "$part" "$2"
    for file in "-0.$1.Data" ".$1.ctl" ".$1.log"; do
      printf 'f %sBACKUP-%s%s\n' "${2:+BACKUP-$backup_id-PART-$part-OF-$2/}" "$backup_id" "$file"
    done
  done
}

require_whole_backup() { # node backup
  local parts unlike
  [[ -d $2 ]] || fail BackupDirectoryInvalid "RonDB node $1: $2 does not exist."
  parts=$(find "$2" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sed -nE "s/^BACKUP-$backup_id-PART-1-OF-([0-9]{1,3})\$/\1/p" | sed -n 1p)
  unlike=$(comm -3 <(expected_listing "$1" "$parts" | sort) <(find "$2" -mindepth 1 -printf '%y %P\n' | sort) | sed -n 1p)
  [[ -z $unlike ]] || fail BackupDirectoryInvalid "RonDB node $1: missing or unexpected in $2: ${unlike#*[df] }."
  run_ndb_restore BackupDirectoryInvalid "RonDB node $1: $2 is not a completed backup" "$work/meta.$1" \
    -n "$1" -b "$backup_id" --print_meta --backup_path="$2"
}

gcp() { # Start|Stop node
  local found
  found=$(sed -nE "s/.*$1 GCP of Backup: ([0-9]+)\$/\1/p" "$work/meta.$2" | sort -u)
  [[ $found =~ ^[0-9]+$ ]] || fail BackupDirectoryInvalid "RonDB node $2: its files do not name one $1 GCP."
  printf '%s' "$found"
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# Both ends of a file: one that was cut off begins like any other, and ndb_restore restores less of it without a word. RonDB ends rows with
# the footer of their last fragment, a log with an empty entry, what it compresses with DBDN and zeros; --print_meta reads a .ctl itself.
require_native_backup() { # file
  local begins ends footer='0000000300000006[0-9a-f]{24}00000000'
  begins=$(head -c 8 "$1" | hex)
  ends=$(tail -c 524 "$1" | hex)
  case $begins:$1 in
    4e444242434b5550:*.Data) [[ $ends =~ $footer$ || $(stat -c %s "$1") -le 52 ]] ;; # NDBBCKUP; no fragment is there
    4e444242434b5550:*.log) [[ $(stat -c %s "$1") -ge 52 && $ends == *00000000 ]] ;;
    4e444242434b5550:* | 4e44425846524d31:*) ;; # NDBXFRM1: encrypted
    fe030110*) [[ $ends =~ 4442444e(00)*$ ]] ;;
    *) fail BackupDirectoryInvalid "$1 is no file of a native backup: it starts with other bytes." ;;
  esac || fail BackupDirectoryInvalid "$1 is cut off: it does not end as RonDB ends a file."
}

# The rows of each table, as a field of the receipt, where RonDB has counted them; a table's name may hold quotes.
tables_field() { # node backup
  local ctl
  ctl=$(find "$2" -name '*.ctl' | sort | sed -n 1p)
  recorded_rows "$ctl" >"$work/rows" || { echo "RonDB node $1: its count of rows in $ctl cannot be read" && return; }
  [[ -s $work/rows ]] || return 0
  printf '"tables":[' >&4
  sort -k2 "$work/rows" | sed -E 's/[\\"]/\\&/g; s/^([0-9]+) (.*)$/{"table":"\2","rows":\1}/; s|/def/|.|; $!s/$/,/' >&4
  printf '],' >&4
}

upload_node() { # node directory
  local backup=$2/BACKUP/BACKUP-$backup_id journals=$2/hopsdr/$backup_id/upload/node=$1 key=$prefix/rondb/node=$1 start stop path stored
  require_whole_backup "$1" "$backup"
  start=$(gcp Start "$1")
  stop=$(gcp Stop "$1")
  (cd "$backup" && find . -type f -printf '%P\n') | sort | while read -r path; do
    require_native_backup "$backup/$path"
    stored=$path
    [[ $path == */* ]] || stored=BACKUP-$backup_id/$path
    printf '%s %s %s\n' "$backup/$path" "$key/$stored" "$journals/$stored.journal"
  done >"$work/shipments"
  {
    printf '{"formatVersion":1,"kind":"rondb","backupId":"%s","nodeId":%s,"instanceId":"%s",' "$backup_id" "$1" "$instance"
    printf '"startGcp":%s,"stopGcp":%s,' "$start" "$stop"
    tables_field "$1" "$backup" 4>&1 >&2
  } >"$work/receipt.json"

  # One program for all: each would begin by asking for credentials. Of each file: its bytes, the bytes sent just now.
  transfer ship "$bucket" "$rate" "$work/receipt.json" "$key/receipt.json" <"$work/shipments" >"$work/shipped"
  receipts+=$(awk -v node="$1" -v digest="$(sha256sum <"$work/receipt.json" | cut -c1-64)" '{ bytes += $1; sent += $2 } END {
    printf ",{\"nodeId\":%s,\"receiptSha256\":\"%s\",\"files\":%d,\"bytes\":%.0f,\"sentBytes\":%.0f}", node, digest, NR, bytes, sent
  }' "$work/shipped")
}

receipts=''
while read -r node directory <&5; do
  upload_node "$node" "$directory"
done 5<<<"$nodes"
answer "{\"nodes\":[${receipts#,}]}"
