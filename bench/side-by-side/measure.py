# measure.py <report> <program> <arguments...>: runs a program, and reports what it and all its children took: seconds of wall and CPU,
# and the memory of the largest of them in bytes.
import json
import resource
import subprocess
import sys
import time

begun = time.monotonic()
status = subprocess.call(sys.argv[2:])
seconds = time.monotonic() - begun
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], 'w') as report:
    json.dump({'seconds': seconds, 'cpuSeconds': used.ru_utime + used.ru_stime, 'peakBytes': used.ru_maxrss * 1024}, report)
sys.exit(status if status >= 0 else 128 - status)
