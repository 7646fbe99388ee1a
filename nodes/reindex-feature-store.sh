#!/usr/bin/env bash
# needs: ask.sh
# Lets Hopsworks fill the search of the feature store, which it does by itself afterwards. The credentials either bring a header
# with them, or they are the form of a login (data-urlencode = "email=…" and "password=…"), which Hopsworks answers with one.

url=$(parameter hopsworksUrl)
read_credentials SearchRebuildFailed
lock open-search
work_directory "$HOPS_ROOT/hopsdr/reindex-feature-store"
api=${url%/}/hopsworks-api/api

# Accounts of the role AGENT log in at auth/service, all others at auth/login.
log_in() {
  local header
  ask SearchRebuildFailed '2..|4..' POST "$api/auth/service" -D "$work/headers"
  [[ $status == 2* ]] || ask SearchRebuildFailed '2..' POST "$api/auth/login" -D "$work/headers"
  header=$(tr -d '\r' <"$work/headers" | sed -nE 's/^(authorization: .*)/\1/Ip' | sed -n '$p')
  [[ -n $header ]] || fail SearchRebuildFailed "Hopsworks answered the login with $status and no header Authorization."
  { grep -vE '^[[:space:]]*(--?)?(data|json|form|request)' "$credentials" || (($? == 1)); } >"$work/credentials"
  printf 'header = "%s"\n' "$header" >>"$work/credentials"
  credentials=$work/credentials
}

if [[ -n $credentials ]] && grep -qE '^[[:space:]]*(--?)?data' "$credentials"; then log_in; fi
ask SearchRebuildFailed '2..' POST "$api/admin/search/featurestore/reindex" -H 'Content-Type: application/json' -d ''
answer '{}'
