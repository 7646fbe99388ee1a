#!/usr/bin/env bash
# needs: rondb.sh selection.sh
# Counts the rows of every restored table and stores them as rows.list: "database.table<TAB>rows" a line, sorted; in names, tabs, line
# breaks and backslashes are escaped as mysql does.

bucket=$(parameter bucket)
prefix=$(parameter prefix)
selection=$(parameter selection)
lock verify
work_directory "$HOPS_ROOT/hopsdr/verify-restore"

query() {
  sql -Ne "$1" >"$work/queried" 2>"$work/error" || fail VerificationFailed "mysqld refused a query: $(cause "$work/error")"
  whole_lines "$work/queried"
}

# Services run again: a table may have gone since mysqld has named it.
count_rows() {
  local attempt
  for attempt in 1 2 3; do
    ((attempt == 1)) || sleep 1
    known_tables | awk -F'\t' '{ label = $1 "." $2; gsub(/[\\\047]/, "\\\\&", label); print "SELECT \047" label "\047, COUNT(*) FROM " $3 ";" }' \
      >"$work/count.sql"
    sql -N <"$work/count.sql" >"$work/counted" 2>"$work/error" && return
  done
  fail VerificationFailed "the rows cannot be counted: $(cause "$work/error")"
}

connected=$(sql -Ne 'SELECT VERSION()' 2>&1) || fail SqlServerUnreachable "mysqld does not answer: $(cause <<<"$connected")"
count_rows
sort "$work/counted" >"$work/rows.list"
sha256=$(sha256sum <"$work/rows.list" | cut -c1-64)
digest=$(base64_of_hex <<<"$sha256")
s3api put-object --bucket "$bucket" --key "$prefix/rows.list" --body "$work/rows.list" \
  --checksum-algorithm SHA256 --checksum-sha256 "$digest" >/dev/null 2>"$work/error" ||
  fail UploadFailed "s3://$bucket/$prefix/rows.list could not be stored: $(cause "$work/error")"
answer "$(awk -F'\t' -v sha256="$sha256" '{ rows += $2 } END { printf "{\"tables\":%d,\"rows\":%.0f,\"listSha256\":\"%s\"}", NR, rows, sha256 }' "$work/rows.list")"
