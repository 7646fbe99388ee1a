# Ships the files of a native backup, also while RonDB writes them. Follows transfer.py.
#
#   follow <bucket> <bytes per second> <backup id> <ndb_restore>    stdin: "<node id> <directory> <key prefix> <journals>" a line
#                                                   stdout: "<node id> <bytes sent> <bytes written by RonDB>" a line
#   ship <bucket> <bytes per second> [<receipt> <key>]
#                                                   stdin: "<file> <key> <journal>" a line
#                                                   stdout: "<bytes> <bytes sent> <checksum> <file>" a line, in the same order
#                                                   completes the receipt by the list of files, and stores it after them
#   give-up <bucket> <key prefix>                   stdout: how many unfinished uploads below the prefix were ended

SENDERS = 4
# How often a file is sent anew because somebody gave its upload up.
LOSSES = 3
# Seconds: RonDB may wait for other backups before it begins, and for slow disks.
WAIT_FOR_DIRECTORY, STALLED = 900, 1800
# Seconds between two looks at what RonDB has written, and after which it may have ended.
GLANCE, STILL = 0.1, 0.25

Part = collections.namedtuple('Part', 'length digest etag')


class Gone(Exception):
    """S3 does not know an upload, or a part of it, any more: it was given up meanwhile."""

    def __init__(self, shipment):
        super().__init__(shipment.name())
        self.shipment = shipment


class Shipment:
    """One file on its way into one object."""

    def __init__(self, bucket, file, key, journal):
        self.bucket = bucket
        self.file = file
        self.key = key
        self.lock = threading.Lock()
        self.sent = 0
        self.losses = 0
        self.journal = Journal(journal, r'upload [!-~]+|part [0-9]+ [0-9]+ [0-9a-f]{64} [!-~]+|stored [0-9]+ [!-~]+')
        self.recall()

    def recall(self):
        self.upload, self.parts, self.stored = None, {}, None
        for kind, *words in self.journal.lines:
            if kind == 'upload':
                self.upload = words[0]
            elif kind == 'part':
                number, length, digest, etag = words
                self.parts[int(number)] = Part(int(length), bytes.fromhex(digest), etag)
            else:
                self.stored = (int(words[0]), words[1])

    def start_over(self):
        self.journal.forget()
        self.recall()

    def start_over_after_loss(self):
        self.losses += 1
        if self.losses > LOSSES:
            raise Failure('UploadFailed', '%s could not be stored: its upload was given up again and again.' % self.name())
        log('%s: its upload is gone: begun anew' % self.name())
        self.start_over()

    def confirm(self):
        """A journal that says "stored" is believed when S3 says so, too."""
        if self.stored and not (self.stored[0] == self.size() and self.is_stored(*self.stored)):
            self.start_over()

    def size(self):
        try:
            return os.stat(self.file).st_size
        except OSError as error:
            raise unreadable(self.file, error)

    def missing(self, whole):
        """The parts that can be sent now, and have not been."""
        size = self.size()
        if self.stored or is_one_object(size):
            return []
        return [part for part in cut(size, whole) if part[0] not in self.parts or self.parts[part[0]].length != part[2]]

    def send_part(self, number, offset, length):
        with self.lock:
            if not self.upload:
                answer = self.ask('POST', {'uploads': ''}, {'x-amz-checksum-algorithm': 'SHA256'})
                self.upload = self.required(answer.field('UploadId'))
                self.journal.add('upload', self.upload)
        part = Slice(self.file, offset, length)
        digest = part.sha256()
        query = {'partNumber': number, 'uploadId': self.upload}
        answer = self.ask('PUT', query, {'x-amz-checksum-sha256': base64_of(digest)}, part, digest)
        etag = self.required(answer.headers.get('etag')).strip('"')
        self.journal.add('part', number, length, digest.hex(), etag)
        with self.lock:
            self.parts[number] = Part(length, digest, etag)
            self.sent += length
        part.let_go()

    def complete(self):
        """Makes the object, unless it is there; all its parts have been sent. Returns its size and its checksum."""
        if self.stored:
            return self.stored
        size = self.size()
        if is_one_object(size):
            whole = Slice(self.file, 0, size)
            digest = whole.sha256()
            checksum = checksum_of(size, [digest])
            self.create(size, checksum, 'PUT', {}, {'x-amz-checksum-sha256': checksum}, whole, digest)
            self.sent = size
        else:
            parts = [(number, self.parts[number]) for number, _, _ in cut(size)]
            checksum = checksum_of(size, [part.digest for _, part in parts])
            body = ''.join('<Part><PartNumber>%d</PartNumber><ETag>"%s"</ETag><ChecksumSHA256>%s</ChecksumSHA256></Part>' % (
                number, xml.sax.saxutils.escape(part.etag), base64_of(part.digest)) for number, part in parts)
            body = '<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</CompleteMultipartUpload>' % body
            self.create(size, checksum, 'POST', {'uploadId': self.upload}, {'content-type': 'application/xml'}, body.encode())
        self.journal.add('stored', size, checksum)
        return size, checksum

    def create(self, size, checksum, method, query, headers, body, digest=None):
        """The request that makes the object. One that is there already is as good when it is the same: its answer may have been lost."""
        try:
            self.bucket.request(method, self.key, query, dict(headers, **{'if-none-match': '*'}), body, digest)
        except Refusal as refusal:
            if not self.is_stored(size, checksum):
                raise self.failure(refusal)

    def is_stored(self, size, checksum):
        try:
            headers = self.bucket.request('HEAD', self.key, {}, {'x-amz-checksum-mode': 'ENABLED'}).headers
        except Refusal as refusal:
            if refusal.status == 404:
                return False
            raise self.failure(refusal)
        return headers.get('content-length') == str(size) and headers.get('x-amz-checksum-sha256') == checksum

    def ask(self, *request):
        method, *rest = request
        try:
            return self.bucket.request(method, self.key, *rest)
        except Refusal as refusal:
            raise self.failure(refusal)

    def failure(self, refusal):
        if refusal.code in ('NoSuchUpload', 'InvalidPart'):
            return Gone(self)
        why = 'another object is stored there' if refusal.code == 'PreconditionFailed' else refusal
        return Failure('UploadFailed', '%s could not be stored: %s.' % (self.name(), why))

    def required(self, value):
        if not value:
            raise Failure('UploadFailed', '%s could not be stored: the answer of S3 lacks what was asked for.' % self.name())
        return value

    def name(self):
        return 's3://%s/%s' % (self.bucket.name, self.key)


class Sending:
    """Sends parts that are missing, several at a time, without waiting for each other. Leaving it ends what is under way."""

    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(SENDERS)
        self.under_way = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.cancel()
        self.pool.shutdown()

    def go_on(self, shipments, whole):
        """Begins with all that can be sent now and is not under way; says whether any is."""
        try:
            self.collect()
        except Gone as gone:
            gone.shipment.start_over_after_loss()
        for shipment in shipments:
            for part in shipment.missing(whole):
                if (shipment, part) not in self.under_way:
                    self.under_way[shipment, part] = self.pool.submit(shipment.send_part, *part)
        return bool(self.under_way)

    def finish(self, shipments):
        """Sends the parts that are missing, the last ones too."""
        while self.go_on(shipments, True):
            concurrent.futures.wait(self.under_way.values(), return_when=concurrent.futures.FIRST_EXCEPTION)

    def collect(self):
        """Forgets what has been sent. Once a part has failed none is begun any more, and its failure is raised when no other is sent."""
        ended = {key: future for key, future in self.under_way.items() if future.done()}
        failed = [future for future in ended.values() if future.exception()]
        if failed:
            self.cancel()
            failed[0].result()
        for key in ended:
            del self.under_way[key]

    def cancel(self):
        for future in self.under_way.values():
            future.cancel()
        concurrent.futures.wait(self.under_way.values())
        self.under_way = {}


def ship(bucket, bytes_per_second, receipt=None, receipt_key=None):
    bucket = Bucket(bucket, int(bytes_per_second))
    shipments = [Shipment(bucket, *line) for line in lines(3)]
    in_parallel(SENDERS, [shipment.confirm for shipment in shipments])
    with Sending() as sending:
        while True:
            sending.finish(shipments)
            try:
                stored = in_parallel(SENDERS, [shipment.complete for shipment in shipments])
                break
            except Gone as gone:
                gone.shipment.start_over_after_loss()
    if receipt:
        complete_receipt(receipt, os.path.dirname(receipt_key), zip(shipments, stored))
        Shipment(bucket, receipt, receipt_key, receipt + '.journal').complete()
    for shipment, (size, checksum) in zip(shipments, stored):
        print(size, shipment.sent, checksum, shipment.file)


def complete_receipt(receipt, prefix, shipped):
    records = [{'path': os.path.relpath(shipment.key, prefix), 'bytes': size, 'checksum': checksum} for shipment, (size, checksum) in shipped]
    with open(receipt, 'a', encoding='ascii') as file:
        file.write('"files":[\n%s\n]}\n' % ',\n'.join(json.dumps(record, separators=(',', ':')) for record in records))


class Followed:
    """The files of one RonDB data node, as they appear."""

    def __init__(self, bucket, backup_id, node, directory, prefix, journals):
        self.bucket = bucket
        self.backup_id = backup_id
        self.node = node
        self.directory = directory
        self.prefix = prefix
        self.journals = journals
        self.shipments = {}

    def discover(self):
        """Finds files flat or in parts; any other is left for the one who ships the whole directory to complain."""
        name = r'BACKUP-%s(-0\.%s\.Data|\.%s\.(ctl|log))' % (self.backup_id, self.node, self.node)
        part = r'BACKUP-%s-PART-[0-9]+-OF-[0-9]+' % self.backup_id
        for directory in [''] + [entry for entry in listed(self.directory) if re.fullmatch(part, entry)]:
            for file in listed(os.path.join(self.directory, directory)):
                path = os.path.join(self.directory, directory, file)
                if re.fullmatch(name, file) and path not in self.shipments:
                    stored = '%s/%s' % (directory or 'BACKUP-' + self.backup_id, file)
                    journal = os.path.join(self.journals, stored + '.journal')
                    self.shipments[path] = Shipment(self.bucket, path, '%s/%s' % (self.prefix, stored), journal)

    def is_complete(self, ndb_restore):
        command = [ndb_restore, '--no-defaults', '-n', self.node, '-b', self.backup_id, '--print_meta', '--backup_path=' + self.directory]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def listed(directory):
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def follow(bucket, bytes_per_second, backup_id, ndb_restore):
    bucket = Bucket(bucket, int(bytes_per_second))
    nodes = [Followed(bucket, backup_id, *line) for line in lines(4)]
    with Sending() as sending:
        # Nothing grows any more: the last parts, too, need not wait until RonDB's verdict is known.
        sending.finish(send_until_complete(sending, nodes, ndb_restore))
    for node in nodes:
        shipments = node.shipments.values()
        print(node.node, sum(shipment.sent for shipment in shipments), sum(shipment.size() for shipment in shipments))


def send_until_complete(sending, nodes, ndb_restore):
    """Sends what fills a part as RonDB writes it. Returns all files once ndb_restore finds those of every node complete."""
    sizes, changed, asked, ask_at = {}, time.monotonic(), None, 0.0
    while True:
        for node in nodes:
            node.discover()
        shipments = [shipment for node in nodes for shipment in node.shipments.values()]
        found, now = {shipment.file: shipment.size() for shipment in shipments}, time.monotonic()
        if found != sizes:
            sizes, changed = found, now
        sending.go_on(shipments, False)
        # RonDB writes the end of the control files last, and may write nothing of them before.
        controls = {file: size for file, size in found.items() if file.endswith('.ctl')}
        is_all_there = all(node.shipments for node in nodes) and all(controls.values())
        if is_all_there and now >= ask_at and (now - changed > STILL or controls != asked):
            if all(node.is_complete(ndb_restore) for node in nodes):
                return shipments
            asked, ask_at = controls, now + min(30, max(0.5, (now - changed) / 5))
        limit = STALLED if sizes else WAIT_FOR_DIRECTORY
        if now - changed > limit:
            what = 'has not grown' if sizes else 'has not appeared'
            raise Failure('BackupDirectoryInvalid', '%s %s for %d seconds.' % (nodes[0].directory, what, limit))
        time.sleep(GLANCE)


def give_up(bucket, prefix):
    bucket = Bucket(bucket)
    count, page = 0, {}
    while page is not None:
        query = {'uploads': '', 'prefix': prefix + '/'}
        listing = asked_to_give_up(bucket, 'GET', '', dict(query, **page))
        for upload in re.findall('<Upload>.*?</Upload>', listing.body, re.S):
            asked_to_give_up(bucket, 'DELETE', field(upload, 'Key'), {'uploadId': field(upload, 'UploadId')})
            count += 1
        page = None
        if listing.field('IsTruncated') == 'true':
            page = {'key-marker': listing.field('NextKeyMarker'), 'upload-id-marker': listing.field('NextUploadIdMarker')}
    print(count)


def asked_to_give_up(bucket, method, key, query):
    try:
        return bucket.request(method, key, query)
    except Refusal as refusal:
        # Its answer may have been lost.
        if refusal.code != 'NoSuchUpload':
            raise Failure('CleanupFailed', 'unfinished uploads remain in s3://%s/%s: %s.' % (bucket.name, key, refusal))


COMMANDS.update({'follow': follow, 'ship': ship, 'give-up': give_up})
