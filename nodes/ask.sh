#!/usr/bin/env bash
# Asks HTTP servers. Secrets and certificates stand in a file in the format of curl --config, never on a command line. Scripts that
# need it set work and call read_credentials.

read_credentials() { # error
  credentials=$(parameter credentialsFile)
  credentials=$(on_this_node "$credentials")
  [[ $credentials == none || -r $credentials ]] || fail "$1" "the file with the credentials, $credentials, cannot be read."
  [[ $credentials != none ]] || credentials=''
}

# Leaves the body in $work/answer. A server that is overloaded, or starting, is asked again.
ask() { # error statuses method url option...
  true >"$work/answer"
  status=$(curl -q ${credentials:+--config "$credentials"} -sS --retry 3 --retry-delay 1 --max-time 900 \
    -X "$3" -o "$work/answer" -w '%{http_code}' "${@:5}" "$4" 2>"$work/error") || fail "$1" "$3 $4: $(cause "$work/error")"
  [[ $status =~ ^($2)$ ]] || fail "$1" "$3 $4 was answered with $status: $(head -c 500 "$work/answer")"
}
