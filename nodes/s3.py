# Asks S3 with what every node has: Python 3.6 or newer and its standard library. Why: docs/decisions/one-sender-in-python.md.
import base64
import hashlib
import hmac
import http.client
import json
import os
import random
import re
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import xml.sax.saxutils

ATTEMPTS = 8
# Seconds without a byte; bytes that are read at a time, and sent at a time where they need not be read.
TIMEOUT, BUFFER, PLAIN = 60, 256 * 1024, 1024 ** 2
# What S3 says when the same request may succeed later, and when it would with newer credentials.
PASSING = {'RequestTimeout', 'SlowDown', 'InternalError', 'ServiceUnavailable', 'OperationAborted', 'ConditionalRequestConflict'}
EXPIRED = {'ExpiredToken', 'TokenRefreshRequired', 'InvalidToken'}


class Failure(Exception):
    """Ends the program: a name of the catalogue and one sentence."""

    def __init__(self, name, sentence):
        super().__init__(sentence)
        self.name = name


class Refusal(Exception):
    """S3 has answered with an error that repeating the request does not change, or not at all (status 0)."""

    def __init__(self, status, code, message):
        super().__init__('%s (%s)' % (message or 'status %d' % status, code or status))
        self.status = status
        self.code = code


class Slice:
    """Bytes of a file: what a part is, without being held in memory."""

    def __init__(self, file, offset, length):
        self.file = file
        self.offset = offset
        self.length = length

    def __len__(self):
        return self.length

    def opened(self):
        try:
            return open(self.file, 'rb', buffering=0)
        except OSError as error:
            raise unreadable(self.file, error)

    def shorter(self):
        return Failure('BackupDirectoryInvalid', '%s is shorter than it was.' % self.file)

    def pieces(self):
        view = memoryview(bytearray(BUFFER))
        left = self.length
        with self.opened() as source:
            source.seek(self.offset)
            while left:
                try:
                    count = source.readinto(view[: min(BUFFER, left)])
                except OSError as error:
                    raise unreadable(self.file, error)
                if not count:
                    raise self.shorter()
                left -= count
                yield view[:count]

    def send_plain(self, socket, pace):
        """Without a copy of the bytes, which only TLS needs."""
        with self.opened() as source:
            for offset in range(self.offset, self.offset + self.length, PLAIN):
                count = min(PLAIN, self.offset + self.length - offset)
                pace.take(count)
                if socket.sendfile(source, offset, count) != count:
                    raise self.shorter()

    def sha256(self):
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.digest()

    def let_go(self):
        """What was shipped need not take the place in memory of what the database reads."""
        with self.opened() as file:
            os.posix_fadvise(file.fileno(), self.offset, self.length, os.POSIX_FADV_DONTNEED)


def unreadable(file, error):
    return Failure('BackupDirectoryInvalid', '%s cannot be read: %s.' % (file, error.strerror))


class Pace:
    """Lets bytes through at a rate, in both directions and over all threads; 0: at once."""

    def __init__(self, bytes_per_second):
        self.rate = bytes_per_second
        self.free = 0.0
        self.lock = threading.Lock()

    def take(self, count):
        if not self.rate:
            return
        with self.lock:
            now = time.monotonic()
            self.free = max(now, self.free) + count / self.rate
            delay = self.free - now
        time.sleep(delay)


class Credentials:
    """From the environment, else as the AWS CLI finds them, else from the instance's metadata; asked again before they expire."""

    # Seconds. Whoever hands credentials out renews them at least five minutes before they expire.
    AGE = 240

    def __init__(self):
        self.lock = threading.Lock()
        self.found = None
        self.asked = 0.0

    def get(self, anew=False):
        with self.lock:
            if anew or not self.found or time.monotonic() > self.asked + self.AGE:
                try:
                    self.found = self.of_environment() or self.of_cli() or self.of_instance()
                except Failure as failure:
                    if anew or not self.found:
                        raise
                    log('%s; those of before are used' % failure)
                self.asked = time.monotonic()
            return self.found

    def of_environment(self):
        key, secret = os.environ.get('AWS_ACCESS_KEY_ID'), os.environ.get('AWS_SECRET_ACCESS_KEY')
        return (key, secret, os.environ.get('AWS_SESSION_TOKEN', '')) if key and secret else None

    def of_cli(self):
        """Nothing from a CLI that is not there, has none or is too old to tell."""
        command = ['aws', 'configure', 'export-credentials', '--format', 'process']
        try:
            asked = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=TIMEOUT)
        except (OSError, subprocess.TimeoutExpired) as error:
            log('%s: %s' % (' '.join(command), error))
            return None
        return self.parse(asked.stdout, 'SessionToken') if asked.returncode == 0 else None

    def of_instance(self):
        service = os.environ.get('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'http://169.254.169.254').rstrip('/') + '/latest/'
        # Never through a proxy: it would be asked about another instance.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def ask(method, path, headers):
            request = urllib.request.Request(service + path, headers=headers, method=method)
            with opener.open(request, timeout=5) as answer:
                return answer.read().decode()

        try:
            token = ask('PUT', 'api/token', {'X-aws-ec2-metadata-token-ttl-seconds': '300'})
            header = {'X-aws-ec2-metadata-token': token}
            roles = 'meta-data/iam/security-credentials/'
            role = ask('GET', roles, header).split()[0]
            return self.parse(ask('GET', roles + role, header), 'Token')
        except (OSError, http.client.HTTPException, IndexError) as error:
            raise Failure('CredentialsMissing', 'this instance has no credentials of AWS: %s.' % error)

    def parse(self, text, token):
        try:
            found = json.loads(text.decode() if isinstance(text, bytes) else text)
            return found['AccessKeyId'], found['SecretAccessKey'], found.get(token) or ''
        except (ValueError, KeyError, TypeError) as error:
            raise Failure('CredentialsMissing', 'the credentials of this instance cannot be read: %r.' % error)


def quoted(text, safe='-_.~'):
    # Python 3.6 reads what is not ASCII as stray bytes.
    return urllib.parse.quote(text.encode('utf-8', 'surrogateescape'), safe=safe)


def sign(method, path, query, headers, payload, credentials, region, now):
    """Adds what AWS Signature Version 4 asks for. Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"""
    key, secret, token = credentials
    moment = time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now))
    headers.update({'x-amz-date': moment, 'x-amz-content-sha256': payload})
    if token:
        headers['x-amz-security-token'] = token
    names = sorted(headers)
    canonical = [method, path, query] + ['%s:%s' % (name, headers[name].strip()) for name in names] + ['', ';'.join(names), payload]
    scope = '%s/%s/s3/aws4_request' % (moment[:8], region)
    digest = hashlib.sha256('\n'.join(canonical).encode()).hexdigest()
    signature = ('AWS4' + secret).encode()
    for text in scope.split('/') + ['\n'.join(['AWS4-HMAC-SHA256', moment, scope, digest])]:
        signature = hmac.new(signature, text.encode(), hashlib.sha256).digest()
    headers['authorization'] = 'AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s' % (
        key, scope, ';'.join(names), signature.hex())


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body.decode('utf-8', 'replace')

    def is_success(self):
        # S3 may say after a status of success that it has failed. A key cannot look like this: S3 escapes it.
        return self.status < 300 and '<Error>' not in self.body

    def field(self, name):
        return field(self.body, name)

    def refusal(self):
        return Refusal(self.status, self.field('Code'), self.field('Message'))


def field(text, name):
    """The first element of that name, or nothing."""
    found = re.search('<%s>([^<]*)</%s>' % (name, name), text)
    return found and xml.sax.saxutils.unescape(found.group(1), {'&quot;': '"', '&#34;': '"', '&apos;': "'", '&#39;': "'"})


class Bucket:
    """Requests to one bucket. Each thread keeps a connection of its own."""

    def __init__(self, name, bytes_per_second=0):
        region = os.environ.get('AWS_DEFAULT_REGION') or os.environ.get('AWS_REGION')
        if not region:
            raise Failure('CredentialsMissing', 'no region of AWS is set: AWS_DEFAULT_REGION.')
        suffix = 'amazonaws.com.cn' if region.startswith('cn-') else 'amazonaws.com'
        endpoint = os.environ.get('AWS_ENDPOINT_URL_S3') or os.environ.get('AWS_ENDPOINT_URL') or 'https://s3.%s.%s' % (region, suffix)
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.name = name
        self.region = region
        self.pace = Pace(bytes_per_second)
        self.credentials = Credentials()
        self.local = threading.local()
        self.trusted = None
        if self.endpoint.scheme == 'https':
            self.trusted = ssl.create_default_context(cafile=os.environ.get('AWS_CA_BUNDLE') or None)

    def request(self, method, key, query=None, headers=None, body=b'', digest=None, sink=None):
        """
        Sends a request until S3 answers it. `body`: bytes or a Slice, then with its SHA-256. `sink`: takes the pieces of a successful
        answer's body, and is called with None before each attempt. Raises Refusal.
        """
        payload = (digest or hashlib.sha256(body).digest()).hex()
        for attempt in range(1, ATTEMPTS + 1):
            if sink:
                sink(None)
            try:
                answer = self.attempt(method, key, query or {}, dict(headers or {}), body, payload, sink)
                if answer.is_success():
                    return answer
                refusal = answer.refusal()
                if refusal.code in EXPIRED:
                    self.credentials.get(anew=True)
                elif answer.status not in (200, 408, 429, 500, 502, 503, 504) and refusal.code not in PASSING:
                    raise refusal
            except (OSError, http.client.HTTPException, ssl.CertificateError) as error:
                if isinstance(error, ssl.CertificateError) or 'CERTIFICATE_VERIFY_FAILED' in str(error):
                    raise Refusal(0, 'CertificateRefused', '%s: %s' % (self.endpoint.netloc, error))
                refusal = Refusal(0, 'NoAnswer', '%s did not answer: %s: %s' % (self.endpoint.netloc, type(error).__name__, error))
            if attempt < ATTEMPTS:
                log('%s %s: %s; attempt %d follows' % (method, key, refusal, attempt + 1))
                # S3 closes a connection that was idle: the first repetition need not wait.
                time.sleep(random.uniform(0, min(20, 0.25 * 2 ** attempt)) if attempt > 1 else 0.05)
        raise refusal

    def attempt(self, method, key, query, headers, body, payload, sink):
        path = self.endpoint.path.rstrip('/') + '/' + quoted('%s/%s' % (self.name, key) if key else self.name, '/-_.~')
        # Sorted, as both the signature and the address have it.
        text = '&'.join('%s=%s' % (quoted(name), quoted(str(query[name]))) for name in sorted(query))
        headers['host'] = self.endpoint.netloc
        sign(method, path, text, headers, payload, self.credentials.get(), self.region, time.time())
        connection = self.connection()
        reusable = False
        try:
            connection.putrequest(method, path + ('?' + text if text else ''), skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.putheader('content-length', str(len(body)))
            connection.endheaders()
            is_sent = self.send(connection.sock, body)
            response = connection.getresponse()
            if sink and response.status < 300:
                self.receive(response, sink)
            answer = Answer(response.status, response.headers, response.read())
            reusable = is_sent and not response.will_close
            return answer
        finally:
            if not reusable:
                connection.close()

    def send(self, socket, body):
        try:
            if isinstance(body, bytes):
                socket.sendall(body)
            elif self.trusted:
                for piece in body.pieces():
                    self.pace.take(len(piece))
                    socket.sendall(piece)
            else:
                body.send_plain(socket, self.pace)
            return True
        except ConnectionError as error:
            # S3 may refuse a request before it has read all of it: then its answer says why.
            log('%s: %s' % (self.endpoint.netloc, error))
            return False

    def receive(self, response, sink):
        view = memoryview(bytearray(BUFFER))
        left = int(response.headers.get('content-length', '0'))
        while left:
            count = response.readinto(view[: min(BUFFER, left)])
            if not count:
                raise http.client.IncompleteRead(b'', left)
            left -= count
            self.pace.take(count)
            sink(view[:count])

    def connection(self):
        if not getattr(self.local, 'connection', None):
            self.local.connection = self.connect(self.endpoint.hostname, self.endpoint.port)
        return self.local.connection

    def connect(self, host, port):
        if not self.trusted:
            return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
        proxy = None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get('https')
        if not proxy:
            return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=self.trusted)
        through = urllib.parse.urlsplit(proxy if '//' in proxy else 'http://' + proxy)
        connection = http.client.HTTPSConnection(through.hostname, through.port or 3128, timeout=TIMEOUT, context=self.trusted)
        connection.set_tunnel(host, port or 443)
        return connection


def base64_of(digest):
    return base64.b64encode(digest).decode()


def log(text):
    print(text, file=sys.stderr, flush=True)
