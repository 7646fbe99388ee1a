import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateMultipartUploadCommand, DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { partBytes } from '../../model/parts.ts';
import { type Bucket, isCall, loseAnswer, refuse, startBuckets } from './bucket.ts';
import { AT_ONCE, givenTransfer } from './transfer.ts';

/** The least that S3 takes: what becomes of parts does not depend on their size. upload-rondb-backup.test.ts has parts as they are. */
const PART = 5 * 1024 ** 2;
const BRISKLY = `SMALLEST = ${PART}\n${AT_ONCE}`;
const key = 'practice/backups/263261030/rondb/node=1/BACKUP-263261030/BACKUP-263261030-0.1.Data';

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

function write(file: string, bytes: number): string {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, randomBytes(bytes));
  return file;
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** S3's checksum of one part, or of several. */
function checksumOf(file: string): string {
  const content = readFileSync(file);
  if (content.length < PART) return digest(content).toString('base64');
  const count = Math.ceil(content.length / PART);
  const digests = Array.from({ length: count }, (_, i) => digest(content.subarray(i * PART, (i + 1) * PART)));
  return `${digest(Buffer.concat(digests)).toString('base64')}-${count}`;
}

it('cuts files as the model does', async () => {
  const [printed = ''] = await givenTransfer({}).print('print(json.dumps([part_bytes(n) for n in range(1, 10001)]))');

  expect(JSON.parse(printed)).toEqual(Array.from({ length: 10_000 }, (_, i) => partBytes(i + 1)));
});

describe('ship', () => {
  async function givenFile(bytes: number) {
    const bucket = await buckets.givenBucket();
    const transfer = givenTransfer(bucket.environment);
    const file = write(transfer.path('data'), bytes);
    const journal = transfer.path('journals', 'data.journal');
    const words = ['ship', bucket.name, '0'];
    const line = `${file} ${key} ${journal}`;
    return {
      ...transfer,
      bucket,
      file,
      journal,
      start: () => transfer.start(words, [line], BRISKLY),
      ship: (patch = BRISKLY) => transfer.run(words, [line], patch),
      ofParts: () => bucket.answered().filter(({ call }) => /^PUT \d/.test(call)),
    };
  }
  const sentAgain = (bytes: number, sent: number, file: string) => `${bytes} ${sent} ${checksumOf(file)} ${file}`;

  it.each([
    ['one request, when it is small', 5000, ['PUT']],
    ['parts, when it fills one', PART, ['POST', 'PUT 1', 'POST']],
    ['parts, the last of which is the rest', 2 * PART + 5, ['POST', 'PUT 1', 'PUT 2', 'PUT 3', 'POST']],
  ])('sends a file in %s', async (_, bytes, calls) => {
    const { bucket, file, ship } = await givenFile(bytes);

    const { lines, code } = await ship();

    const stored = await bucket.get(key);
    expect({ code, lines }).toEqual({ code: 0, lines: [sentAgain(bytes, bytes, file)] });
    expect(stored.checksum).toBe(checksumOf(file));
    expect(readFileSync(file).equals(stored.bytes)).toBe(true);
    expect(
      bucket
        .answered()
        .filter(({ call }) => call.startsWith('P'))
        .map(({ call }) => call)
        .sort(),
    ).toEqual([...calls].sort());
  });

  it('takes several files, in their order, and none', async () => {
    const { path, run, bucket } = await givenFile(1);
    const files = ['z', 'a', 'm'].map((name) => write(path(name), 100));

    const all = await run(
      ['ship', bucket.name, '0'],
      files.map((file, i) => `${file} some/${i}=+/ü ${file}.journal`),
    );
    const none = await run(['ship', bucket.name, '0']);

    expect(all.lines).toEqual(files.map((file) => sentAgain(100, 100, file)));
    expect((await bucket.keys()).sort()).toEqual(['some/0=+/ü', 'some/1=+/ü', 'some/2=+/ü']);
    expect(none).toMatchObject({ code: 0, lines: [] });
  });

  it('sends nothing again', async () => {
    const { ship, file, bucket } = await givenFile(PART + 5);
    await ship();
    const before = bucket.answered().length;

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(PART + 5, 0, file)]);
    expect(
      bucket
        .answered()
        .slice(before)
        .map(({ call }) => call),
    ).toEqual(['HEAD']);
  });

  it('sends again what was stored and is no longer in the bucket', async () => {
    const { ship, bucket, file } = await givenFile(5000);
    await ship();
    await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.name, Key: key }));

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(5000, 5000, file)]);
    expect(await bucket.keys()).toEqual([key]);
  });

  it.each([5000, PART])('takes an object of %d bytes that is stored and whose journal is lost', async (bytes) => {
    const { ship, file, journal } = await givenFile(bytes);
    await ship();
    rmSync(journal);

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(bytes, bytes, file)]);
  });

  it.each([5000, PART])('overwrites nothing: another object is a failure (%d bytes)', async (bytes) => {
    const { ship, bucket } = await givenFile(bytes);
    await bucket.put(key, 'other');

    const { code, failure } = await ship();

    expect(code).toBe(3);
    expect(failure).toBe(`UploadFailed s3://${bucket.name}/${key} could not be stored: another object is stored there.`);
    expect(Buffer.from((await bucket.get(key)).bytes).toString()).toBe('other');
  });

  it.each([
    ['PUT', 5000],
    ['POST', PART],
  ])('ends well when the answer to the %s that makes the object is lost', async (method, bytes) => {
    const { ship, bucket, file } = await givenFile(bytes);
    let lost = 0;
    bucket.interfere((request, response) => {
      if (isCall(request, method) && !isCall(request, method, 'uploads') && lost++ === 0) loseAnswer(request, response);
      return undefined;
    });

    const { lines } = await ship();

    expect(lost).toBeGreaterThan(1);
    expect(lines).toEqual([sentAgain(bytes, bytes, file)]);
  });

  it('takes less memory than a part, however many files it sends at once', async () => {
    const { path, run, bucket } = await givenFile(1);
    const [part, many] = [64 * 1024 ** 2, 100];
    const files = Array.from({ length: many }, (_, i) => {
      const file = write(path(`file-${i}`), 1);
      if (i < 4) truncateSync(file, part);
      return `${file} ${i} ${file}.journal`;
    });
    const peak = 'import atexit, resource; atexit.register(lambda: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))';

    const { lines } = await run(['ship', bucket.name, '0'], files, peak);

    expect(lines).toHaveLength(many + 1);
    expect(Number(lines.at(-1)) * 1024).toBeLessThan(part);
  });

  it('sends at most the parts in flight again after a kill -9', async () => {
    const { start, ship, bucket, file, journal, ofParts } = await givenFile(6 * PART);
    bucket.interfere((request) => isCall(request, 'PUT', 'partNumber=6') || undefined);
    const killed = start();
    while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\npart ').length < 6) await delay(20);
    killed.kill();
    await killed.ended;
    bucket.letPass();

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(6 * PART, PART, file)]);
    expect(
      ofParts()
        .map(({ call }) => call)
        .sort(),
    ).toEqual([1, 2, 3, 4, 5, 6].map((part) => `PUT ${part}`));
  });

  it.each([
    ['was cut in the middle of a line', (text: string) => text.slice(0, -9), 'PUT 2'],
    ['is damaged', (text: string) => text.replace('part', '\0\0\0\0'), 'PUT 1 PUT 2'],
  ])('goes on with a journal that %s', async (_, damage, again) => {
    const { ship, bucket, file, journal, ofParts } = await givenFile(PART + 5);
    bucket.interfere((request, response) => (isCall(request, 'POST', 'uploadId') ? refuse(response, 403, 'AccessDenied') : undefined));
    await ship(`${BRISKLY}\nSENDERS = 1`);
    bucket.letPass();
    const before = ofParts().length;
    writeFileSync(journal, damage(readFileSync(journal, 'utf8')));

    const { lines } = await ship(`${BRISKLY}\nSENDERS = 1`);

    expect(
      ofParts()
        .slice(before)
        .map(({ call }) => call)
        .join(' '),
    ).toBe(again);
    expect(lines).toEqual([expect.stringContaining(checksumOf(file))]);
  });

  it.each(['NoSuchUpload', 'InvalidPart'])('begins anew when S3 knows an upload no more (%s)', async (code) => {
    const { ship, bucket, file, ofParts } = await givenFile(PART + 5);
    let refused = 0;
    bucket.interfere((request, response) =>
      isCall(request, 'POST', 'uploadId') && refused++ === 0 ? refuse(response, 404, code) : undefined,
    );

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(PART + 5, 2 * (PART + 5), file)]);
    expect(ofParts()).toHaveLength(4);
  });

  it('names an upload that is given up again and again', async () => {
    const { ship, bucket } = await givenFile(PART);
    bucket.interfere((request, response) => (isCall(request, 'PUT', 'partNumber') ? refuse(response, 404, 'NoSuchUpload') : undefined));

    const { failure } = await ship();

    expect(failure).toMatch(/^UploadFailed s3:.*: its upload was given up again and again\.$/);
  });

  it('asks again when S3 is busy', async () => {
    const { ship, bucket, file } = await givenFile(PART);
    const refused = new Map<string, number>();
    bucket.interfere((request, response) => {
      const times = refused.get(`${request.method}${request.url}`) ?? 0;
      refused.set(`${request.method}${request.url}`, times + 1);
      return times < 2 ? refuse(response, 503, 'SlowDown') : undefined;
    });

    const { lines } = await ship();

    expect(lines).toEqual([sentAgain(PART, PART, file)]);
  });

  it.each([
    ['S3 stays busy', 503, 'SlowDown', 8],
    ['S3 refuses', 403, 'AccessDenied', 1],
    ['S3 has no such thing', 501, 'NotImplemented', 1],
  ])('names what happens when %s', async (_, status, code, times) => {
    const { ship, bucket } = await givenFile(5000);
    let calls = 0;
    bucket.interfere((request, response) => {
      if (request.method === 'HEAD') return undefined;
      calls += 1;
      return refuse(response, status, code);
    });

    const { failure } = await ship();

    expect(failure).toBe(`UploadFailed s3://${bucket.name}/${key} could not be stored: as told (${code}).`);
    expect(calls).toBe(times);
  });

  it('takes a success with an error in it for what it is', async () => {
    const { ship, bucket } = await givenFile(PART);
    bucket.interfere((request, response) => (isCall(request, 'POST', 'uploadId') ? refuse(response, 200, 'InternalError') : undefined));

    const { failure } = await ship();

    expect(failure).toContain('as told (InternalError)');
    expect(await bucket.keys()).toEqual([]);
  });

  it('names an S3 that does not answer', async () => {
    const { run, file, journal } = await givenFile(5000);

    const { failure } = await run(
      ['ship', 'b', '0'],
      [`${file} ${key} ${journal}`],
      `${AT_ONCE}\nos.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"`,
    );

    expect(failure).toBe(
      `UploadFailed s3://b/${key} could not be stored: 127.0.0.1:9 did not answer: ConnectionRefusedError: [Errno 111] Connection refused (NoAnswer).`,
    );
  });

  it.each([
    ['is not there', (file: string) => rmSync(file), 'cannot be read: No such file or directory'],
    [
      'is a directory',
      (file: string) => {
        rmSync(file);
        mkdirSync(file);
      },
      'cannot be read: Is a directory',
    ],
  ])('names a file that %s', async (_, spoil, sentence) => {
    const { ship, file } = await givenFile(5000);
    spoil(file);

    const { failure } = await ship();

    expect(failure).toBe(`BackupDirectoryInvalid ${file} ${sentence}.`);
  });

  it('names a defect', async () => {
    const { run } = await givenFile(5000);

    const { failure, code } = await run(['ship', 'b', 'many'], []);

    expect({ code, failure }).toEqual({ code: 3, failure: "ScriptFailed ValueError: invalid literal for int() with base 10: 'many'." });
  });
});

describe('fetch', () => {
  async function givenObject(bytes: number) {
    const bucket = await buckets.givenBucket();
    const transfer = givenTransfer(bucket.environment);
    const source = write(transfer.path('source'), bytes);
    await bucket.put(key, readFileSync(source));
    const file = transfer.path('node=1', 'BACKUP', 'data');
    const line = `${checksumOf(source)} ${bytes} ${key} ${file}`;
    const words = ['fetch', bucket.name];
    return {
      ...transfer,
      bucket,
      source,
      file,
      line,
      start: () => transfer.start(words, [line], BRISKLY),
      /** `lines`: of files; `parts`: of their parts. */
      async fetch(patch = BRISKLY) {
        const { lines, ...ended } = await transfer.run(words, [line], patch);
        return { ...ended, lines: lines.filter((own) => !own.startsWith('part ')), parts: lines.filter((own) => own.startsWith('part ')) };
      },
      isRight: () => existsSync(file) && readFileSync(file).equals(readFileSync(source)),
      gets: () => bucket.answered().filter(({ call }) => call === 'GET').length,
    };
  }

  it.each([0, 5000, PART, 2 * PART + 5])('verifies an object of %d bytes and gives it its name', async (bytes) => {
    const { fetch, file, isRight } = await givenObject(bytes);

    const { lines, code } = await fetch();

    expect({ code, lines }).toEqual({ code: 0, lines: [`${bytes} ${file}`] });
    expect(isRight()).toBe(true);
    expect(existsSync(`${file}.partial`) || existsSync(`${file}.journal`)).toBe(false);
  });

  it('tells the SHA-256 of each part that is there now', async () => {
    const { fetch, source, file } = await givenObject(PART + 5);
    const bytes = readFileSync(source);
    const parts = [bytes.subarray(0, PART), bytes.subarray(PART)].map(
      (part, index) => `part ${index * PART} ${part.length} ${digest(part).toString('hex')} ${file}`,
    );

    expect((await fetch()).parts).toEqual(parts);
    expect((await fetch()).parts).toEqual(parts);
  });

  it('takes no files', async () => {
    const { run, bucket } = await givenObject(1);

    expect(await run(['fetch', bucket.name])).toMatchObject({ code: 0, lines: [] });
  });

  it('keeps a file that is right', async () => {
    const { fetch, file, gets } = await givenObject(PART + 5);
    await fetch();
    const [before, { ino }] = [gets(), statSync(file)];

    const { lines } = await fetch();

    expect(lines).toEqual([`0 ${file}`]);
    expect(gets()).toBe(before);
    expect(statSync(file).ino).toBe(ino);
  });

  it.each([
    ['other bytes', (file: string) => writeFileSync(file, 'x', { flag: 'r+' })],
    ['fewer bytes', (file: string) => truncateSync(file, 5)],
    ['more bytes', (file: string) => writeFileSync(file, 'x', { flag: 'a' })],
  ])('fetches a file anew that has %s', async (_, spoil) => {
    const { fetch, file, isRight } = await givenObject(5000);
    await fetch();
    spoil(file);

    const { lines } = await fetch();

    expect(lines).toEqual([`5000 ${file}`]);
    expect(isRight()).toBe(true);
  });

  it('fetches only what a killed run has not', async () => {
    const { start, fetch, bucket, file, isRight } = await givenObject(3 * PART);
    bucket.interfere((request) => request.headers.range?.startsWith(`bytes=${2 * PART}-`) || undefined);
    const killed = start();
    while (!existsSync(`${file}.journal`) || readFileSync(`${file}.journal`, 'utf8').split('\n').length < 3) await delay(20);
    killed.kill();
    await killed.ended;
    bucket.letPass();

    const { lines } = await fetch();

    expect(lines).toEqual([`${PART} ${file}`]);
    expect(isRight()).toBe(true);
  });

  it('fetches a part anew that was damaged on the disk since', async () => {
    const { start, fetch, bucket, file, isRight } = await givenObject(2 * PART);
    bucket.interfere((request) => request.headers.range?.startsWith(`bytes=${PART}-`) || undefined);
    const killed = start();
    while (!existsSync(`${file}.journal`)) await delay(20);
    killed.kill();
    await killed.ended;
    bucket.letPass();
    writeFileSync(`${file}.partial`, 'damage', { flag: 'r+' });

    const { lines } = await fetch();

    expect(lines).toEqual([`${2 * PART} ${file}`]);
    expect(isRight()).toBe(true);
  });

  it.each<[string, (content: Buffer) => Buffer, RegExp]>([
    [
      'one other byte',
      (content) => Buffer.from(content.map((byte, i) => (i === 9 ? byte ^ 1 : byte))),
      /it has the checksum \S+, but \S+ was recorded\.$/,
    ],
    ['fewer bytes', (content) => content.subarray(0, -1), /it has 4999 bytes, but 5000 were recorded\.$/],
    ['more bytes', (content) => Buffer.concat([content, content]), /it has 10000 bytes, but 5000 were recorded\.$/],
    ['no bytes', () => Buffer.alloc(0), /it ends before byte 0 of 5000\.$/],
  ])('names an object with %s, and no file gets its name', async (_, alter, why) => {
    const { fetch, bucket, source, file } = await givenObject(5000);
    await bucket.put(key, alter(readFileSync(source)));

    const { code, failure } = await fetch();

    expect(code).toBe(3);
    expect(failure).toMatch(/^ChecksumMismatch s3:\/\/\S+\.1\.Data was altered: /);
    expect(failure).toMatch(why);
    expect(existsSync(file)).toBe(false);
  });

  it('fetches all of an object anew that was altered and put right', async () => {
    const { fetch, bucket, source, isRight } = await givenObject(PART + 5);
    const right = readFileSync(source);
    await bucket.put(key, Buffer.concat([Buffer.from('other'), right.subarray(5)]));
    const altered = await fetch();
    await bucket.put(key, right);

    const { lines } = await fetch();

    expect(altered.failure).toContain('ChecksumMismatch');
    expect(lines).toEqual([expect.stringMatching(/^5242885 /)]);
    expect(isRight()).toBe(true);
  });

  it('goes on where the connection was cut', async () => {
    const { fetch, bucket, isRight } = await givenObject(PART);
    let cut = 0;
    bucket.interfere((request, response) => {
      if (request.method !== 'GET' || cut++ > 0) return undefined;
      response.writeHead(206, { 'content-length': PART, 'content-range': `bytes 0-${PART - 1}/${PART}` }).write('half');
      setTimeout(() => response.destroy(), 20);
      return true;
    });

    const { code } = await fetch();

    expect(code).toBe(0);
    expect(isRight()).toBe(true);
  });

  it.each([
    ['an object that is missing', 404, 'NoSuchKey'],
    ['what S3 refuses', 403, 'AccessDenied'],
  ])('names %s', async (_, status, code) => {
    const { fetch, bucket } = await givenObject(5000);
    bucket.interfere((_, response) => refuse(response, status, code));

    const { failure } = await fetch();

    expect(failure).toBe(`DownloadFailed s3://${bucket.name}/${key}: as told (${code}).`);
  });

  it('begins nothing on a volume that is too full', async () => {
    const { fetch, gets } = await givenObject(5000);

    const { failure } = await fetch("os.statvfs = lambda _: collections.namedtuple('V', 'f_bavail f_frsize')(4, 1024)");

    expect(failure).toMatch(/^DiskFull the volume of \S+ has 4096 free bytes, the backup needs 5000 more\.$/);
    expect(gets()).toBe(0);
  });

  it('names the volume that became full meanwhile', async () => {
    const { fetch, file } = await givenObject(5000);

    const { failure } = await fetch('def full(*_): raise OSError(errno.ENOSPC, "No space left on device")\nos.pwrite = full');

    expect(failure).toBe(`DiskFull ${file}.partial cannot be written: No space left on device.`);
  });
});

describe('give-up', () => {
  const begin = (bucket: Bucket, Key: string) => bucket.client.send(new CreateMultipartUploadCommand({ Bucket: bucket.name, Key }));

  it('ends every unfinished upload below its prefix, over several pages, and no other', async () => {
    const bucket = await buckets.givenBucket();
    for (const number of [1, 2, 3]) await begin(bucket, `a/node=1/${number}`);
    await begin(bucket, 'a/node=1/3');
    for (const other of ['a/node=11/1', 'a/node=1', 'b']) await begin(bucket, other);
    const twoAPage =
      'page = Bucket.request\nBucket.request = lambda b, m, k, q=(), *more, **named: page(b, m, k, dict(q, **({"max-uploads": 2} if m == "GET" else {})), *more, **named)';

    const { lines } = await givenTransfer(bucket.environment).run(['give-up', bucket.name, 'a/node=1'], [], twoAPage);

    expect(lines).toEqual(['4']);
    expect((await bucket.uploads()).sort()).toEqual(['a/node=1', 'a/node=11/1', 'b']);
  });

  it.each([
    ['whose uploads cannot be listed', 'GET'],
    ['in which one cannot be ended', 'DELETE'],
  ])('names a bucket %s', async (_, method) => {
    const bucket = await buckets.givenBucket();
    await begin(bucket, 'a/1');
    bucket.interfere((request, response) => (request.method === method ? refuse(response, 403, 'AccessDenied') : undefined));

    const { failure } = await givenTransfer(bucket.environment).run(['give-up', bucket.name, 'a']);

    expect(failure).toMatch(/^CleanupFailed unfinished uploads remain in s3:\/\/practice-\d+\/.*: as told \(AccessDenied\)\.$/);
  });

  it('does not mind an upload that has ended meanwhile', async () => {
    const bucket = await buckets.givenBucket();
    await begin(bucket, 'a/1');
    bucket.interfere((request, response) => (request.method === 'DELETE' ? refuse(response, 404, 'NoSuchUpload') : undefined));

    expect(await givenTransfer(bucket.environment).run(['give-up', bucket.name, 'a'])).toMatchObject({ code: 0 });
  });
});
