#!/usr/bin/env bash
# needs: hopsfs.sh blocks.sh lists.sh fetch.sh fetch-blocks.sh
# Puts the storages that this instance takes back, each into one data directory of the datanode, which must not run. A storage is
# built beside the directory's own `current`, VERSION first, and takes its place when every file has the recorded SHA-256. What is
# there already with the right one is kept. A new deployment's `current` without blocks is moved aside.

backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
lists_sha256=$(parameter listsSha256)
data=$(parameter dataDirectories)
storages=$(parameter storages)
lock blocks
wanted=$(tr ';' '\n' <<<"$storages" | awk -F= -v instance="$instance" '$1 == instance { print $2 }' | tr '+' '\n')
[[ -n $wanted ]] || { answer '{"storages":[]}' && exit; }
directories=$(data_directories "$data" | cut -d' ' -f2)
work_directory "$HOPS_ROOT/hopsdr/restore-blocks"
read_digests
rm -rf "$work"
aside=current.before-$backup_id

# A running datanode holds a lock on in_use.lock.
require_free() { # data-directory
  local lock=$1/in_use.lock other
  if [[ -f $lock ]] && grep -qE ":$(stat -c %i "$lock") [0-9]+ [0-9EOF]+\$" /proc/locks; then
    fail StorageOccupied "a datanode uses $1."
  fi
  [[ -d $1/current ]] || return 0
  ! grep -qxF "$(version_of "$1" storageID)" <<<"$wanted" || return 0
  other=$(find "$1/current" -name 'blk_*' -print -quit)
  [[ -z $other ]] || fail StorageOccupied "$1 holds blocks of storage $(version_of "$1" storageID): ${other##*/}"
}

# "<storage> <data directory>": where a storage is already, there it stays; the others, in their order, to the directories left over.
place() {
  local directory storage taken=' ' left=()
  for directory in $directories; do
    storage=$(version_of "$directory" storageID)
    if [[ -n $storage ]] && grep -qxF "$storage" <<<"$wanted" && [[ $taken != *" $storage "* ]]; then
      printf '%s %s\n' "$storage" "$directory"
      taken+="$storage "
    else
      left+=("$directory")
    fi
  done
  for storage in $wanted; do
    [[ $taken != *" $storage "* ]] || continue
    ((${#left[@]} > 0)) || fail BlockRestoreFailed "storage $storage finds no data directory: this instance has too few of $data."
    printf '%s %s\n' "$storage" "${left[0]}"
    left=("${left[@]:1}")
  done
}

set_aside() { # data-directory
  [[ ! -e $1/current ]] || mv -T --backup=numbered "$1/current" "$1/$aside"
}

restore_storage() { # storage data-directory
  local staging=$2/hopsdr/restore-$backup_id tree=$2 bad
  work_directory "$staging/tmp"
  spool=$work/spool
  export TMPDIR=$work
  read_list "$1"
  if [[ $(version_of "$2" storageID) != "$1" ]]; then
    tree=$staging
    bad=$(tar -tf "$work/files.tar" | grep -vxE 'current/(BP-[A-Za-z0-9.-]+/current/)?VERSION' | sed -n 1p) || (($? == 1))
    [[ -n $bad ]] || bad=$(tar -tvf "$work/files.tar" | grep -v '^-' | sed -n 1p) || (($? == 1))
    [[ -z $bad ]] || fail BlockRestoreFailed "storage $1: files.tar holds $bad."
    tar -C "$tree" --no-same-owner -xf "$work/files.tar"
    [[ $(version_of "$tree" storageID) == "$1" ]] || fail BlockRestoreFailed "storage $1: its VERSION names another storage."
  fi
  look_in "$1" "$tree"
  [[ ! -s $work/missing ]] || fetch_missing "$1" "$tree" "$staging/fetched"
  chown -R --reference="$2" "$tree/current"
  chmod -R u=rwX,go= "$tree/current"
  if [[ $tree != "$2" ]]; then
    set_aside "$2"
    mv -T "$tree/current" "$2/current"
  fi
  answers+=$(awk -v id="$1" '$4 !~ /[.]meta$/ { blocks++ } { bytes += $2 }
    END { printf ",{\"storageId\":\"%s\",\"blocks\":%d,\"bytes\":%.0f}", id, blocks, bytes }' "$work/blocks.list")
  rm -rf "$staging"
  rmdir --ignore-fail-on-non-empty "$2/hopsdr"
}

for directory in $directories; do
  require_free "$directory"
done
places=$(place)
answers=''
while read -r storage directory <&5; do
  restore_storage "$storage" "$directory"
  uuid=$(version_of "$directory" datanodeUuid)
done 5<<<"$places"
# A datanode does not start with directories of two datanodes; it makes an empty one its own.
for directory in $directories; do
  [[ $(version_of "$directory" datanodeUuid) == "$uuid" ]] || set_aside "$directory"
done
answer "{\"storages\":[${answers#,}]}"
