#!/usr/bin/env bash
# What is recorded of the installation with every backup, and compared before a restore. Scripts that need it set work.

# Fetches the cluster definition; when it is not to be had, the reason is in $work/error.
fetch_definition() { # definition file
  local path=${1#s3://}
  case $1 in
    s3://*) s3api get-object --bucket "${path%%/*}" --key "${path#*/}" "$2" >/dev/null 2>"$work/error" ;;
    *) cp "$(on_this_node "$1")" "$2" 2>"$work/error" ;;
  esac
}

# As JSON; null is what cannot be told. Of the file with the encryption master password only a fingerprint leaves the node.
versions() { # mysql-version definition-file password-file
  local hopsworks definition password
  hopsworks=$(hopsworks_version)
  definition=$(sha256_or_null "$2")
  password=$(sha256_or_null "$3")
  printf '{"mysql":"%s","hopsworks":%s,"definitionSha256":%s,"passwordFingerprint":%s}' "$1" "$hopsworks" "$definition" "$password"
}

# Hopsworks writes it into its own database when it is installed; a new one may not have come that far.
hopsworks_version() {
  local found
  found=$(sql -Ne "SELECT value FROM hopsworks.variables WHERE id = 'hopsworks_version'" 2>&1) || echo "the version of Hopsworks is unknown: $found" >&2
  if [[ $found =~ ^[0-9A-Za-z._+-]{1,64}$ ]]; then printf '"%s"' "$found"; else printf null; fi
}

sha256_or_null() { # file
  if [[ -f $1 ]]; then printf '"%s"' "$(sha256sum <"$1" | cut -c1-64)"; else printf null; fi
}

# Prints the version of mysqld.
sql_version() {
  local found
  found=$(sql -Ne 'SELECT VERSION()' 2>&1) || fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$found")"
  [[ $found =~ ^[0-9A-Za-z.+-]+$ ]] || fail SqlServerUnreachable "mysqld names its version as $found."
  printf '%s' "$found"
}
