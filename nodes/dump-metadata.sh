#!/usr/bin/env bash
# needs: rondb.sh store.sh sql-dump.sh versions.sh
# Stores what a native backup lacks: users.sql (accounts and grants) and objects.sql (databases, views, routines, events,
# triggers, and the grants on views and routines, which need their objects), both of which can be replayed twice; versions.json, and
# the cluster definition, where one is configured.

backup_id=$(parameter backupId)
bucket=$(parameter bucket)
prefix=$(parameter prefix)
definition=$(parameter definition)
password=$(parameter passwordFile)
password=$(on_this_node "$password")
lock "$backup_id"
work_directory "$HOPS_ROOT/hopsdr/dump-metadata"
learn_if_absent

# Fetches what an earlier run has stored and prints its record; nothing when there is none.
stored_record() { # file
  local key=$prefix/metadata/$1 found
  found=$(s3api head-object --bucket "$bucket" --key "$key" --checksum-mode ENABLED \
    --query '[ContentLength,ChecksumSHA256]' --output text 2>"$work/error") || {
    grep -qF '(404)' "$work/error" || fail UploadFailed "s3://$bucket/$key cannot be asked for: $(cause "$work/error")"
    return 0
  }
  # The checksum of an object of several parts is not its SHA-256.
  s3api get-object --bucket "$bucket" --key "$key" "$work/$1" >/dev/null 2>"$work/error" ||
    fail UploadFailed "s3://$bucket/$key is stored, but cannot be read: $(cause "$work/error")"
  record "$1" "${found#*$'\t'}"
}

# Of a file that is here as it is stored.
record() { # file checksum
  local sha256
  sha256=$(sha256sum <"$work/$1" | cut -c1-64)
  printf '{"path":"%s","bytes":%s,"checksum":"%s","sha256":"%s"}\n' "$1" "$(stat -c %s "$work/$1")" "$2" "$sha256"
}

store() { # file
  local sent
  sent=$(send "$prefix/metadata/$1" <"$work/$1")
  record "$1" "${sent#* }"
}

dump_versions() {
  local mysql
  [[ $definition == none ]] || fetch_definition "$definition" "$work/$definition_file" ||
    fail MetadataDumpFailed "the cluster definition $definition cannot be read: $(cause "$work/error")"
  mysql=$(sql_version)
  versions "$mysql" "$work/$definition_file" "$password"
  echo
}

# The files belong together: one of an earlier run must be what a dump gives now.
require_unchanged() { # file record-of-an-earlier-run
  local sha256
  sha256=$(sha256sum <"$work/$1" | cut -c1-64)
  [[ -z $2 || $2 == *"\"sha256\":\"$sha256\""* ]] ||
    fail MetadataDumpFailed "$1 changed between two attempts; start a new backup."
}

spool=$work/spool
definition_file=cluster-definition
[[ ! ${definition##*/} =~ \.[a-z0-9]{1,8}$ ]] || definition_file+=${BASH_REMATCH[0]}
files=(users.sql objects.sql versions.json)
[[ $definition == none ]] || files+=("$definition_file")
records=() missing=''
for file in "${files[@]}"; do
  record=$(stored_record "$file")
  records+=("$record")
  [[ -n $record ]] || missing=yes
done
if [[ -n $missing ]]; then
  list_names
  dump_users >"$work/users.sql"
  dump_objects >"$work/objects.sql"
  dump_versions >"$work/versions.json"
  for i in "${!files[@]}"; do require_unchanged "${files[i]}" "${records[i]}"; done
  for i in "${!files[@]}"; do
    [[ -n ${records[i]} ]] || records[i]=$(store "${files[i]}")
  done
fi
count=$(grep -c '^CREATE USER IF NOT EXISTS ' "$work/users.sql") || (($? == 1))
answer "{\"files\":[$(printf '%s\n' "${records[@]}" | paste -sd,)],\"users\":$count,\"versions\":$(<"$work/versions.json")}"
