#!/usr/bin/env bash
# What RonDB counted when a native backup began. Only the first .ctl of the master node has numbers, all others have zeros.

# "rows database/def/table" of every user's table in a .ctl of a native backup; nothing where RonDB left all at zero. After its magic
# and version a .ctl consists of sections: type, length, content, in words of four bytes, big-endian. Fails on one of another form.
recorded_rows() { # ctl
  plain_ctl "$1" | od -An -v -tu1 -w4 | awk '
    { word = (($1 * 256 + $2) * 256 + $3) * 256 + $4 }
    NR <= 2 { magic = magic sprintf("%c%c%c%c", $1 + 0, $2 + 0, $3 + 0, $4 + 0) }
    NR <= 3 { next }
    { at++ }
    at == 1 { type = word }
    at == 2 { size = word }
    # The description of a table: its type, and as the first two of its properties its name and its id.
    type == 5 && at == 3 { user = word == 2; name = "" }
    user && at == 4 && word != 65537 { strange = 1 }
    user && at == 5 { letters = word - 1; last = 5 + int((word + 3) / 4) }
    user && at > 5 && at <= last { for (i = 1; i <= 4 && length(name) < letters; i++) name = name sprintf("%c", $i + 0) }
    user && at > 5 && at == last + 1 && word != 2 { strange = 1 }
    user && at > 5 && at == last + 2 { gsub(/[\001-\037]/, "?", name); names[word] = name }
    # A fragment: the id of its table, its number, the low and the high word of its rows.
    type == 7 && at == 3 { table = word }
    type == 7 && at == 5 { rows[table] += word; counted = counted || word > 0 }
    type == 7 && at == 6 { rows[table] += word * 4294967296 }
    at > 1 && at == size { at = user = 0 }
    END {
      if (magic != "NDBBCKUP" || at != 0 || strange) exit 1
      if (counted) for (table in names) if (names[table] !~ /^mysql\/|\/NDB[$]BLOB_/) printf "%.0f %s\n", rows[table], names[table]
    }'
}

# With CompressedBackup: a block of 512 bytes, a deflate stream, its CRC and length, and padding, of which gzip warns.
plain_ctl() { # ctl
  local status=0
  if [[ $(head -c 3 "$1" | od -An -tx1) != ' fe 03 01' ]]; then
    cat "$1"
    return
  fi
  { printf '\x1f\x8b\x08\0\0\0\0\0\0\xff' && tail -c +513 "$1"; } | gzip -dcq || status=$?
  ((status == 0 || status == 2))
}
