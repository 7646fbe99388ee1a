# Counts the rows that `ndb_restore --print_data` prints of each table: "<rows> <database>/def/<table>" a line, then "ended <status>".
#
#   rows.py <log> <ndb_restore> <argument>...       <log>: what it prints besides the rows
#
# A row may hold anything but the mark behind it, which nobody knows before: line breaks, and text that looks like ndb_restore's own.
import collections
import os
import re
import subprocess
import sys

HEADER = re.compile(rb'_{20,}\nProcessing data in table: ([^\n]+)\([0-9]+\) fragment [0-9]+\n')
MEBIBYTE = 1024 ** 2


def main(log, *command):
    mark = os.urandom(16).hex().encode()
    rows, table, rest = collections.Counter(), b'', b''
    arguments = list(command) + ['--lines-terminated-by=' + mark.decode()]
    with open(log, 'wb') as others, subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as restore:
        while True:
            chunk = restore.stdout.read(MEBIBYTE)
            pieces = (rest + chunk).split(mark)
            rest = pieces.pop()
            if not any(b'Processing data' in piece for piece in pieces):
                rows[table] += len(pieces)
            else:
                for piece in pieces:
                    headers = list(HEADER.finditer(piece))
                    if headers:
                        others.write(piece[: headers[-1].end()])
                        table = headers[-1].group(1)
                    rows[table] += 1
            if not chunk:
                break
        others.write(rest)
    for name in sorted(rows):
        if name:
            print(rows[name], re.sub(rb'[\x01-\x1f]', b'?', name).decode('utf-8', 'backslashreplace'))
    print('ended', restore.returncode if restore.returncode >= 0 else 128 - restore.returncode)


if __name__ == '__main__':
    main(*sys.argv[1:])
