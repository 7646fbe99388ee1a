#!/usr/bin/env bash
# The frame of every node script: parameters in, one JSON line out, one sentence and an exit code when it fails.
# What model/ says stands before it in every assembled script: `pattern_of` a parameter, `exit_code` of a catalogue name.
set -Eeuo pipefail
umask 077
exec 3>&1 1>&2

HOPS_ROOT=${HOPS_ROOT:-/srv/hops}
HOPS_DATA_ROOT=${HOPS_DATA_ROOT:-/srv}
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-${AWS_SSM_REGION_NAME:-}}"
[[ -n $AWS_DEFAULT_REGION ]] || unset AWS_DEFAULT_REGION
# What is fetched is compared with the recorded SHA-256 here, whatever the version of the CLI does.
export AWS_PAGER='' AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8 AWS_RESPONSE_CHECKSUM_VALIDATION=when_required LC_ALL=C
instance=${AWS_SSM_INSTANCE_ID:-unknown-instance}
bin=$HOPS_ROOT/mysql/bin

# The sentence of a failure goes to the log and, because SSM hands over only the first 8,000 characters of stderr, to stdout.
say_why() { # sentence
  local line
  line="$instance: $(printf '%s' "$1" | tr -c '[:print:]' ' ')"
  printf '%s\n' "$line" >&2
  printf '%s\n' "$line" >&3
}

# Ends the script, or the subshell that calls it, with the exit code of a catalogue name and one sentence as the last line.
fail() { # name sentence
  say_why "$2"
  exit "$(exit_code "$1")"
}

# A status of 10 to 99 comes from a subshell that has said why; 99 stands for ScriptFailed until it reaches the top.
unforeseen() { # status line
  local status=$1
  if ((status < 10 || status > 99)); then
    say_why "a command in line $2 of the assembled script $(basename "$0") ended with status $status."
    status=99
  fi
  exit "$((status == 99 && BASH_SUBSHELL == 0 ? 1 : status))"
}
trap 'unforeseen "$?" "$LINENO"' ERR

# Prints a parameter, which SSM has held against the same pattern before.
parameter() { # name
  local pattern variable=SSM_$1
  pattern=$(pattern_of "$1")
  [[ ${!variable-} =~ $pattern ]] || fail ParameterInvalid "parameter $1 is missing or does not match $pattern."
  printf '%s' "${!variable}"
}

# One script at a time for one backup id (or for the cluster): a command that is delivered twice waits for the first one.
# Children inherit the lock, so what a killed script left running is waited for as well.
lock() { # backup-id|backup-id.upload|cluster
  open_lock "$1"
  flock "$lock"
}

open_lock() { # backup-id|backup-id.upload|cluster
  mkdir -p "$HOPS_ROOT/hopsdr"
  exec {lock}>"$HOPS_ROOT/hopsdr/$1.lock"
}

# An empty private directory that goes with the script; what a kill -9 left in it goes with the next one.
work_directory() { # path
  work=$1
  rm -rf "$work"
  mkdir -p "$work"
  trap 'rm -rf "$work"' EXIT
}

# A configured path below /srv, where this node has it: practice nodes keep everything in a directory of their own.
on_this_node() { # path
  case $1 in
    /srv/hops/*) printf '%s' "$HOPS_ROOT/${1#/srv/hops/}" ;;
    /srv/*) printf '%s' "$HOPS_DATA_ROOT/${1#/srv/}" ;;
    *) printf '%s' "$1" ;;
  esac
}

# The database and HopsFS go first: from here on this script and its children stand behind them for cores and disks.
step_back() {
  renice -n 10 -p "$$" >/dev/null
  ionice -c 2 -n 7 -p "$$"
}

answer() { printf '%s\n' "$1" >&3; }
pack() { gzip -n9 | base64 -w0; }
free_bytes() { df -PB1 "$1" | awk 'END { printf "%.0f", $4 }'; }
base64_of_hex() { printf '%b' "$(sed 's/../\\x&/g')" | base64 -w0; }

# The line of a program's output that says why it failed: the last with "Error", else the last that names a failure, else the last.
cause() { # file, else stdin
  awk '/ERROR|Error/ { error = $0 } tolower($0) ~ /error|fail|unable|denied/ { named = $0 } NF { last = $0 }
    END { print error ? error : named ? named : last }' "$@"
}

s3api() { aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} s3api "$@"; }
# mysql and RonDB's tools end with success when what they print cannot be written, as on a full disk; cat does not.
sql() { "$bin/mysql" --no-defaults --user=root --socket="$HOPS_ROOT/mysql-cluster/mysql.sock" --default-character-set=utf8mb4 "$@" | cat; }

# Prints raw what mysql has printed with escapes: a tab, a line break or a zero within a name makes several names of one line, or
# statements of a name. Such a name ends the script.
whole_lines() { # file
  local odd
  odd=$(awk '{ rest = $0; gsub(/\\\\/, "", rest) } index(rest, "\\") { print; exit }' "$1")
  [[ -z $odd ]] || fail NameUnsupported "a name holds a tab, a line break or a zero: $odd"
  sed 's/\\\\/\\/g' "$1"
}
