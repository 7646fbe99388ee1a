#!/usr/bin/env bash
# What the steps that run ndb_restore against the target share. They set connect_string, backup_id, state and selection.

# Where this instance has the directory of one node of the backup.
downloaded() { # node
  local backup=$state/node=$1/BACKUP-$backup_id
  [[ -d $backup && -f $state/fetched ]] || fail BackupDirectoryInvalid "RonDB node $1 of the backup: $backup was not fetched to this instance."
  printf '%s' "$backup"
}

# ndb_restore cannot tell that a file has changed on the disk, or lost its end, since it was fetched: it restores what it finds. So what it
# is about to read is compared once more.
require_fetched() { # node end-of-names
  local altered
  awk -v at="$state/node=$1/" -v end="$2" 'index($5, at) == 1 && substr($5, length($5) - length(end) + 1) == end' "$state/fetched" >"$state/compared"
  [[ -s $state/compared ]] || fail BackupDirectoryInvalid "RonDB node $1 of the backup: nothing of it was fetched to this instance."
  # shellcheck disable=SC2016 # for the shell that xargs starts
  altered=$(xargs -P "$(nproc)" -L 1 sh -c 'dd if="$4" bs=1M iflag=skip_bytes,count_bytes skip="$1" count="$2" status=none | sha256sum |
    grep -q "^$3 " || echo "$4"' <"$state/compared" | sort | sed -n 1p)
  [[ -z $altered ]] ||
    fail ChecksumMismatch "RonDB node $1 of the backup: $altered is not what was fetched. Start the restore again: it fetches that file anew."
}

# ndb_restore asks its options in and ex from the last to the first, and the first that knows a table decides: what is excluded stays out.
restore_step() { # error-name log node excluded-tables arguments...
  local name=$1 log=$state/$2.log node=$3 excluded=$4 options='' backup
  shift 4
  backup=$(downloaded "$node")
  require_fetched "$node" "$([[ $1 == -r ]] || echo .ctl)"
  [[ $selection == all ]] || options="--${selection//;/ --}"
  # shellcheck disable=SC2086 # the names of a selection hold no blanks
  run_ndb_restore "$name" "RonDB node $node of backup $backup_id" "$log" -c "$connect_string" -n "$node" -b "$backup_id" \
    --no-binlog $options --exclude-tables="$excluded" --backup_path="$backup" "$@"
}

# A restore that includes databases or tables leaves alone what lives beside them.
is_part() { [[ ";$selection" == *';include-'* ]]; }

# "database<TAB>table" of every user's table that is restored, by its name in the target, sorted: ndb_restore itself selects them.
selected_tables() { # error-name node
  restore_step "$1" selected "$2" "$excluded_tables" --print_meta
  awk -v own="^($own_databases)\$" -v selection="$selection" '
    BEGIN {
      count = split(selection, options, ";")
      for (i = 1; i <= count; i++) if (sub(/^rewrite-database=/, "", options[i])) {
        split(options[i], names, ",")
        renamed[names[1]] = names[2]
      }
    }
    /^-- .*\/def\/.* --$/ {
      path = substr($0, 4, length($0) - 6)
      at = index(path, "/def/")
      database = substr(path, 1, at - 1)
      table = substr(path, at + 5)
      if (database !~ own && table !~ /^NDB\$/) print (database in renamed ? renamed[database] : database) "\t" table
    }' "$state/selected.log" | sort -u
}

# `indexes.begun` says that indexes may be there. ndb_restore can drop them twice, but creates a foreign key only once.
drop_indexes() { # error-name node
  [[ ! -f $state/indexes.begun ]] || restore_step "$1" drop-indexes "$2" "$excluded_tables" --disable-indexes
}
