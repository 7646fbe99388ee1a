# What shipping and receiving the files of a native backup have in common: how files are cut, what is remembered, how a failure is told.
# Follows s3.py; ship.py or receive.py follows, and the call of main.
#
# A file below 64 MiB is one object with its SHA-256; a larger one is cut as `part_bytes` says, and its checksum is S3's for several parts:
# the SHA-256 over those of the parts, and their number. No name of a file holds a blank. What fails ends with status 3 and leaves
# "<name of the catalogue> <sentence>" in the file $TRANSFER_FAILURE.
import collections
import concurrent.futures
import errno
import functools
import itertools
import traceback

MEBIBYTE = 1024 ** 2
SMALLEST, LARGEST, SAME_SIZE = 64 * MEBIBYTE, 5 * 1024 * MEBIBYTE, 250


def part_bytes(number):
    """As model/parts.ts: 64 MiB, doubled after each 250 parts, at most 5 GiB, so that 40 TiB have fewer than 10,000 parts."""
    return min(LARGEST, SMALLEST << (number - 1) // SAME_SIZE)


def cut(size, whole=True):
    """(number, offset, length) of each part of so many bytes; unless they are the whole file, without the rest that fills no part."""
    number, offset = 1, 0
    while offset + part_bytes(number) <= size:
        yield number, offset, part_bytes(number)
        offset += part_bytes(number)
        number += 1
    if whole and (offset < size or number == 1):
        yield number, offset, size - offset


def is_one_object(size):
    return size < SMALLEST


def checksum_of(size, digests):
    """As S3 names the SHA-256 of an object that consists of these parts."""
    if is_one_object(size):
        return base64_of(digests[0])
    return '%s-%d' % (base64_of(hashlib.sha256(b''.join(digests)).digest()), len(digests))


class Journal:
    """What is known of a transfer whatever happens to the process: lines, each written at once. A line that was cut off is forgotten."""

    def __init__(self, path, pattern):
        self.path = path
        self.lock = threading.Lock()
        self.lines = []
        if not os.path.exists(path):
            return
        with open(path, 'rb') as file:
            text = file.read()
        whole = text[: text.rfind(b'\n') + 1]
        lines = whole.decode('ascii', 'replace').splitlines()
        if all(re.fullmatch(pattern, line) for line in lines):
            os.truncate(path, len(whole))
            self.lines = [line.split(' ') for line in lines]
        else:
            log('%s is damaged: begun anew' % path)
            self.forget()

    def add(self, *words):
        with self.lock:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            with open(self.path, 'ab', buffering=0) as file:
                file.write((' '.join(map(str, words)) + '\n').encode())

    def forget(self):
        self.lines = []
        if os.path.exists(self.path):
            os.remove(self.path)


def in_parallel(workers, acts):
    """Runs them all; once one has failed none is begun any more, and a failure is raised when those under way have ended."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(act) for act in acts]
        concurrent.futures.wait(futures, return_when=concurrent.futures.FIRST_EXCEPTION)
        # None that has begun stands behind one that has not: the first that failed is met before any that is cancelled.
        for future in futures:
            future.cancel()
    return [future.result() for future in futures]


def lines(words):
    found = [line.split() for line in sys.stdin]
    for line in found:
        if len(line) != words:
            raise Failure('ScriptFailed', 'expected %d words, not: %s.' % (words, ' '.join(line)))
    return found


def end_with_script(parent):
    """A script that was killed transfers nothing more, nor one whose directory was removed."""
    while os.getppid() == parent and os.path.exists(sys.argv[0]):
        time.sleep(0.25)
    log('the script that began this has ended')
    os._exit(1)


def is_full(error):
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def unforeseen(error):
    return 'DiskFull' if is_full(error) else 'ScriptFailed'


# The functions that are commands, by their names.
COMMANDS = {}


def main(command, *arguments):
    threading.Thread(target=end_with_script, args=(os.getppid(),), daemon=True).start()
    try:
        COMMANDS[command](*arguments)
    except Exception as error:
        named = isinstance(error, Failure)
        if not named:
            traceback.print_exc()
        sentence = str(error) if named else '%s: %s.' % (type(error).__name__, error)
        with open(os.environ['TRANSFER_FAILURE'], 'w', encoding='utf-8', errors='backslashreplace') as file:
            file.write('%s %s\n' % (error.name if named else unforeseen(error), ' '.join(sentence.split())))
        sys.exit(3)
