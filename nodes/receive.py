# Fetches the files of a native backup, and reads objects to compare them. Follows transfer.py.
#
#   fetch <bucket>                                  stdin: "<checksum> <bytes> <key> <file>" a line
#                                                   stdout: "<bytes fetched> <file>" a line, in the same order, each after a line
#                                                   "part <offset> <length> <SHA-256> <file>" for each of its parts
#   verify <bucket> <bytes per second>              stdin: "<checksum> <bytes> <key> <file>" a line; "-" for an object of which nothing is kept
#                                                   stdout: "<error> TAB <key> TAB <what was found>" for each that is not as recorded,
#                                                   then "read TAB <objects> TAB <bytes>"

FETCHERS = 8
# How many objects are verified before the next are looked at: a datanode may have millions of blocks.
AT_A_TIME = 5000


class Recorded:
    """One object that is read and compared with what was recorded of it: the checksum of its parts, or the SHA-256 of the whole in hex."""

    def __init__(self, bucket, checksum, size, key):
        self.bucket = bucket
        self.checksum = checksum
        self.bytes = int(size)
        self.key = key
        self.digests = {}
        self.fetched = 0
        self.damage = None

    def parts(self):
        return [(1, 0, self.bytes)] if self.is_whole() else list(cut(self.bytes))

    def is_whole(self):
        return len(self.checksum) == 64

    def missing(self):
        return [part for part in self.parts() if part[0] not in self.digests]

    def found(self):
        digests = [self.digests[number] for number, _, _ in self.parts()]
        return digests[0].hex() if self.is_whole() else checksum_of(self.bytes, digests)

    def place(self, offset):
        return Nowhere(offset)

    def fetch_part(self, number, offset, length):
        with self.place(offset) as target:
            asked = {'range': 'bytes=%d-%d' % (offset, offset + length - 1)} if length else {}
            try:
                answer = self.bucket.request('GET', self.key, {}, asked, sink=target.take)
            except Refusal as refusal:
                if refusal.status == 416:
                    raise self.altered('it ends before byte %d of %d' % (offset, self.bytes))
                raise Failure('DownloadFailed', '%s: %s.' % (self.name(), refusal)) from refusal
            # A range of a longer object may have the right bytes.
            size = answer.headers.get('content-range', '/' + answer.headers.get('content-length', '')).split('/')[-1]
            if size != str(self.bytes) or target.at != offset + length:
                raise self.altered('it has %s bytes, but %d were recorded' % (size, self.bytes))
            self.digests[number] = target.digest.digest()
        self.fetched += length

    def compare(self):
        found = self.found()
        if found != self.checksum:
            raise self.altered('it has the checksum %s, but %s was recorded' % (found, self.checksum))

    def altered(self, why):
        return Failure('ChecksumMismatch', '%s was altered: %s.' % (self.name(), why))

    def note_damage(self, act):
        """Does it unless something is wrong already; keeps what is wrong with the object. Any other failure says nothing about it."""
        try:
            if not self.damage:
                act()
        except Failure as failure:
            if getattr(failure.__cause__, 'code', None) == 'NoSuchKey':
                self.damage = 'ObjectMissing', 'not in the bucket'
            elif failure.name == 'ChecksumMismatch':
                self.damage = failure.name, str(failure).split(' was altered: ', 1)[1].rstrip('.')
            else:
                raise

    def name(self):
        return 's3://%s/%s' % (self.bucket.name, self.key)


class Fetched(Recorded):
    """One object on its way into one file, which gets its name only when its checksum is the recorded one."""

    def __init__(self, bucket, checksum, size, key, file):
        super().__init__(bucket, checksum, size, key)
        self.file = file
        self.partial = file + '.partial'
        os.makedirs(os.path.dirname(file), exist_ok=True)
        self.journal = Journal(file + '.journal', '[0-9]+ [0-9a-f]{64}')

    def prepare(self):
        """What is there already is read again, not believed."""
        if has_bytes(self.file, self.bytes):
            os.rename(self.file, self.partial)
            self.digests = {number: Slice(self.partial, offset, length).sha256() for number, offset, length in self.parts()}
            if self.found() == self.checksum:
                return
            self.digests = {}
            self.journal.forget()
        recorded = {int(number): bytes.fromhex(digest) for number, digest in self.journal.lines}
        for number, offset, length in self.parts():
            if number in recorded and has_bytes(self.partial, offset + length, or_more=True):
                if Slice(self.partial, offset, length).sha256() == recorded[number]:
                    self.digests[number] = recorded[number]

    def place(self, offset):
        return Target(self.partial, offset)

    def fetch_part(self, number, offset, length):
        super().fetch_part(number, offset, length)
        self.journal.add(number, self.digests[number].hex())

    def complete(self):
        try:
            self.compare()
        except Failure:
            self.journal.forget()
            raise
        os.rename(self.partial, self.file)
        self.journal.forget()


def has_bytes(path, size, or_more=False):
    if not os.path.isfile(path):
        return False
    found = os.stat(path).st_size
    return found >= size if or_more else found == size


class Nowhere:
    """Takes a part to hash it, and keeps nothing."""

    def __init__(self, offset):
        self.offset = offset

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def take(self, piece):
        if piece is None:
            self.digest, self.at = hashlib.sha256(), self.offset
            return
        self.digest.update(piece)
        self.write(piece)

    def write(self, piece):
        self.at += len(piece)


class Target(Nowhere):
    """The place of a part in a file."""

    def __init__(self, file, offset):
        super().__init__(offset)
        self.file = file

    def __enter__(self):
        self.handle = os.open(self.file, os.O_WRONLY | os.O_CREAT, 0o600)
        return self

    def __exit__(self, *_):
        os.close(self.handle)

    def write(self, piece):
        try:
            while piece:
                written = os.pwrite(self.handle, piece, self.at)
                self.at += written
                piece = piece[written:]
        except OSError as error:
            name = 'DiskFull' if is_full(error) else 'DownloadFailed'
            raise Failure(name, '%s cannot be written: %s.' % (self.file, error.strerror))


def fetch(bucket):
    bucket = Bucket(bucket)
    files = [Fetched(bucket, *line) for line in lines(4)]
    in_parallel(FETCHERS, [file.prepare for file in files])
    missing = [(file, part) for file in files for part in file.missing()]
    needed = sum(length for _, (_, _, length) in missing)
    for directory in {os.path.dirname(file.file) for file in files}:
        volume = os.statvfs(directory)
        free = volume.f_bavail * volume.f_frsize
        if free < needed:
            raise Failure('DiskFull', 'the volume of %s has %d free bytes, the backup needs %d more.' % (directory, free, needed))
    in_parallel(FETCHERS, [functools.partial(file.fetch_part, *part) for file, part in missing])
    for file in files:
        file.complete()
        for number, offset, length in file.parts():
            print('part', offset, length, file.digests[number].hex(), file.file)
        print(file.fetched, file.file)


def verify(bucket, bytes_per_second):
    bucket = Bucket(bucket, int(bytes_per_second))
    count = read = 0
    given = (line.split() for line in sys.stdin)
    while True:
        batch = [Recorded(bucket, *line[:3]) if line[3] == '-' else Fetched(bucket, *line) for line in itertools.islice(given, AT_A_TIME)]
        if not batch:
            break
        parts = [(item, part) for item in batch for part in item.missing()]
        in_parallel(FETCHERS, [functools.partial(item.note_damage, functools.partial(item.fetch_part, *part)) for item, part in parts])
        for item in batch:
            item.note_damage(item.complete if isinstance(item, Fetched) else item.compare)
            if item.damage:
                print('%s\t%s\t%s' % (item.damage[0], item.key, item.damage[1]))
        count += len(batch)
        read += sum(item.fetched for item in batch)
    print('read\t%d\t%d' % (count, read))


COMMANDS.update({'fetch': fetch, 'verify': verify})
