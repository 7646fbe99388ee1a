#!/usr/bin/env bash
# The accounts and grants of a backup: users.sql, one statement a line, and the grants of objects.sql. Scripts that need it set work and
# accounts, and define query and replay.

# "account<TAB>plugin<TAB>hash in hex" of each CREATE USER of the backup. SHOW CREATE USER prints a hash of printable characters as text.
backup_accounts() {
  local name="(\`[^\`]*\`|'[^']*')+"
  sed -nE "s/^CREATE USER IF NOT EXISTS ($name@$name)( IDENTIFIED WITH '([^']*)'( AS (0x[0-9A-Fa-f]*|'[^']*'))?)? .*/\1\t\5\t\7/p" "$1" |
    awk -F'\t' -v OFS='\t' '
      BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = sprintf("%02X", i) }
      {
        hash = $3 ~ /^0x/ ? toupper(substr($3, 3)) : ""
        if ($3 !~ /^0x/) for (i = 2; i < length($3); i++) hash = hash code[substr($3, i, 1)]
        print $1, $2, hash
      }'
}

# absent, same or other: what mysqld has in the place of each account of the backup
compare_passwords() {
  query "SELECT CONCAT('\`', REPLACE(user, '\`', '\`\`'), '\`@\`', REPLACE(host, '\`', '\`\`'), '\`'), plugin,
    HEX(IFNULL(authentication_string, '')) FROM mysql.user" >"$work/present"
  awk -F'\t' '
    FILENAME == ARGV[1] { found[$1] = $2 FS $3; next }
    { print !($1 in found) ? "absent" : found[$1] == $2 FS $3 ? "same" : "other" }' "$work/present" "$work/accounts"
}

# Creates accounts, then roles and grants. What became of whom is in `outcomes`, and in the log.
restore_accounts() {
  grep '^CREATE USER IF NOT EXISTS ' "$work/users.sql" >"$work/create" || (($? == 1))
  backup_accounts "$work/create" >"$work/accounts"
  [[ $(wc -l <"$work/accounts") == "$(wc -l <"$work/create")" ]] ||
    fail UserRestoreFailed 'users.sql has an account in a form that this version does not know.'
  compare_passwords >"$work/before"
  replay users.sql '1049|1146'
  if [[ $accounts == replace ]]; then
    {
      printf 'SET NAMES utf8mb4;\nSET SESSION sql_mode = %s;\n' "''"
      paste "$work/before" "$work/create" | sed -nE 's/^(same|other)\tCREATE USER IF NOT EXISTS /ALTER USER /p'
    } >"$work/replace.sql"
    replay replace.sql
  fi
  paste "$work/before" "$work/accounts" | awk -F'\t' -v OFS='\t' -v accounts="$accounts" '
    { print $1 == "absent" ? "created" : $1 == "same" ? "keptSame" : accounts == "replace" ? "replaced" : "keptOther", $2 }
  ' | tee "$work/outcomes"
}

# "account<TAB>object<TAB>privilege" of each privilege, role and default role in SHOW GRANTS, SHOW CREATE USER, or a script of these.
# What stands in backquotes is masked while the line is taken apart.
grants_one_by_one() {
  awk -F'`' -v OFS='`' '
    function mask(i) { gsub(/ /, "\001", $i); gsub(/,/, "\002", $i); gsub(/\(/, "\003", $i); gsub(/\)/, "\004", $i) }
    function tell(object, privilege) { print who "\t" object "\t" privilege }
    { sub(/;$/, ""); for (i = 2; i <= NF; i += 2) mask(i); text = $0; object = "roles"; inside = 0 }
    /^(CREATE|ALTER) USER / {
      who = $0
      sub(/^[A-Z]+ USER /, "", who)
      sub(/ .*/, "", who)
      if (!sub(/.* DEFAULT ROLE /, "", text)) next
      sub(/ .*/, "", text)
      count = split(text, parts, ",")
      for (i = 1; i <= count; i++) tell("default roles", parts[i])
    }
    /^REVOKE / { sub(/.* FROM /, "", text); who = text; tell("revoked", $0) }
    /^GRANT / {
      option = sub(/ WITH (GRANT|ADMIN) OPTION$/, "", text)
      if (!match(text, / TO [^ ]*$/)) next
      who = substr(text, RSTART + 4)
      text = substr(text, 7, RSTART - 7)
      if (match(text, / ON .*/)) { object = substr(text, RSTART + 4); text = substr(text, 1, RSTART - 1) }
      count = split(text, parts, /, ?/)
      for (i = 1; i <= count; i++) {
        if (sub(/ \(/, SUBSEP, parts[i])) { split(parts[i], pieces, SUBSEP); verb = pieces[1]; parts[i] = pieces[2]; inside = 1 }
        ends = sub(/\)$/, "", parts[i])
        if (parts[i] != "USAGE") tell(object, inside ? verb " (" parts[i] ")" : parts[i])
        if (ends) inside = 0
        if (option && object == "roles") tell(object, parts[i] " WITH ADMIN OPTION")
      }
      if (option && object != "roles") tell(object, "GRANT OPTION")
    }' | tr '\001\002\003\004' ' ,()' | sort -u
}

# The lines of a script that mysqld has not refused
accepted() { awk 'FILENAME == ARGV[1] { refused[$1] = 1; next } !(FNR in refused)' "$work/$1.refused" "$work/$1"; }

# Prints the accounts that do not have the password they should have, or lack grants, roles or default roles of the backup.
differing_accounts() {
  compare_passwords >"$work/after"
  { echo "SET SESSION sql_mode = '';" && awk -F'\t' '{ print "SHOW GRANTS FOR " $1 ";\nSHOW CREATE USER " $1 ";" }' "$work/accounts"; } >"$work/show.sql"
  sql -Nr <"$work/show.sql" >"$work/shown" 2>"$work/error" || fail UserRestoreFailed "the accounts cannot be read: $(cause "$work/error")"
  { accepted users.sql && accepted late-grants.sql; } >"$work/granted"
  grants_one_by_one <"$work/granted" >"$work/expected"
  grants_one_by_one <"$work/shown" >"$work/found"
  comm -23 "$work/expected" "$work/found" | awk -F'\t' '
    FILENAME == ARGV[1] { if ($3 == "ALL PRIVILEGES") all[$1, $2] = 1; next }
    $3 ~ /OPTION$/ || !(($1, $2) in all) { print "missing: " $0 >"/dev/stderr"; print $1 }' "$work/found" - >"$work/differing"
  paste "$work/after" "$work/outcomes" | awk -F'\t' '$1 != "same" && $2 != "keptOther" {
    print "its password is not that of the backup: " $3 >"/dev/stderr"; print $3 }' >>"$work/differing"
  sort -u "$work/differing"
}
