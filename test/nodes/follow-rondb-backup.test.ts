import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { type Bucket, isCall, refuse, startBuckets } from './bucket.ts';
import { endOf, exitCodeOf, givenNode, parameters } from './given.ts';
import { AT_ONCE, givenTransfer } from './transfer.ts';

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

const [DATA, CONTROL, LOG] = ['BACKUP-263261030-0.1.Data', 'BACKUP-263261030.1.ctl', 'BACKUP-263261030.1.log'];
const key = `${parameters.prefix}/rondb/node=1`;
const parts = (bucket: Bucket) => bucket.answered().filter(({ call }) => /^PUT \d/.test(call));

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(20);
}

describe('follow-rondb-backup', () => {
  const PART = 64 * 1024 ** 2;

  /** A node whose RonDB has begun a backup; `complete` makes it what ndb_restore accepts. */
  async function givenRunningBackup() {
    const [node, bucket] = [givenNode(), await buckets.givenBucket()];
    const { ndb_restore } = { ndb_restore: node.read('mysql/bin/ndb_restore') };
    node.stub('ndb_restore', 'echo "readGCPEntry read error"; exit 1');
    const directory = node.path('mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030');
    const append = (file: string, content: string | Buffer) => {
      mkdirSync(directory, { recursive: true });
      appendFileSync(join(directory, file), content);
    };
    return {
      ...node,
      bucket,
      directory,
      append,
      start: (script: 'follow-rondb-backup' | 'upload-rondb-backup' | 'remove-local-backup') =>
        node.start(script, { bucket: bucket.name }, bucket.environment),
      grow: (file: string, bytes: number) => truncateSync(join(directory, file), bytes),
      complete() {
        append(CONTROL, 'NDBBCKUP the end');
        append(LOG, Buffer.concat([Buffer.from('NDBBCKUP the end'.padEnd(48)), endOf(LOG)]));
        node.stub('ndb_restore', ndb_restore.split('\n').slice(1).join('\n'));
      },
    };
  }

  it('ships parts while RonDB writes them, the last ones when it has ended, and leaves small files and the objects to upload-rondb-backup', async () => {
    const { append, grow, start, complete, bucket, directory, has } = await givenRunningBackup();
    const follower = start('follow-rondb-backup');
    append(DATA, 'NDBBCKUP the beginning');
    grow(DATA, PART + 1);
    await until(() => parts(bucket).length === 1);
    append(DATA, endOf(DATA));
    const objectsMeanwhile = await bucket.keys();
    complete();

    const followed = await follower.ended;
    const objectsBeforeUpload = await bucket.keys();
    const uploaded = await start('upload-rondb-backup').ended;

    const [shipped] = answers.FollowRondbBackup.parse(JSON.parse(followed.answer)).nodes;
    const [stored] = answers.UploadRondbBackup.parse(JSON.parse(uploaded.answer)).nodes;
    const files = [DATA, CONTROL, LOG].map((file) => readFileSync(join(directory, file)));
    const bytes = files.reduce((total, file) => total + file.length, 0);
    expect([...objectsMeanwhile, ...objectsBeforeUpload]).toEqual([]);
    expect(shipped).toEqual({ nodeId: 1, sentBytes: PART + 1 + endOf(DATA).length, bytes });
    expect(stored).toMatchObject({ files: 3, bytes, sentBytes: bytes - PART - 1 - endOf(DATA).length });
    expect(parts(bucket).map(({ call, bytes: sent }) => [call, sent])).toEqual([
      ['PUT 1', PART],
      ['PUT 2', 1 + endOf(DATA).length],
    ]);
    expect(files[0]?.equals((await bucket.get(`${key}/BACKUP-263261030/${DATA}`)).bytes)).toBe(true);
    expect(has('mysql-cluster/ndb/backups/hopsdr/263261030/follow')).toBe(false);
  });

  it('ends when its backup is removed, and nothing of it is left', async () => {
    const { append, start, grow, bucket, has } = await givenRunningBackup();
    append(DATA, 'NDBBCKUP');
    grow(DATA, PART);
    const follower = start('follow-rondb-backup');
    await until(() => parts(bucket).length === 1);

    const { answer } = await start('remove-local-backup').ended;

    expect(JSON.parse(answer)).toEqual({ removed: [1], givenUp: 1 });
    expect((await follower.ended).code).not.toBe(0);
    expect(await bucket.uploads()).toEqual([]);
    expect(has('mysql-cluster/ndb/backups/hopsdr/263261030')).toBe(false);
  });

  it('ends when its script was killed', async () => {
    const { append, grow, start, complete, bucket } = await givenRunningBackup();
    append(DATA, 'NDBBCKUP the data');
    grow(DATA, PART - endOf(DATA).length);
    append(DATA, endOf(DATA));
    const follower = start('follow-rondb-backup');
    await until(() => parts(bucket).length === 1);
    follower.killAlone();

    const { stdout } = await follower.ended;
    complete();
    const { code } = await start('upload-rondb-backup').ended;

    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    expect(parts(bucket)).toHaveLength(1);
  });

  it('says why S3 refuses a part', async () => {
    const { append, grow, start, bucket } = await givenRunningBackup();
    bucket.interfere((request, response) => isCall(request, 'PUT') && refuse(response, 403, 'AccessDenied'));
    append(DATA, 'NDBBCKUP');
    grow(DATA, PART);

    const { code, last, answer } = await start('follow-rondb-backup').ended;

    expect({ code, answer }).toEqual({ code: exitCodeOf('UploadFailed'), answer: '' });
    expect(last).toMatch(/-0\.1\.Data could not be stored: as told \(AccessDenied\)\.$/);
  });
});

describe('following', () => {
  const PART = 5 * 1024 ** 2;
  const BRISKLY = `SMALLEST = ${PART}\n${AT_ONCE}`;

  async function givenFollower() {
    const bucket = await buckets.givenBucket();
    const transfer = givenTransfer(bucket.environment);
    const directory = transfer.path('BACKUP-263261030');
    const write = (file: string, bytes: number) => {
      mkdirSync(join(directory, file, '..'), { recursive: true });
      appendFileSync(join(directory, file), Buffer.alloc(bytes, file));
    };
    const words = ['follow', bucket.name, '0', '263261030', '/bin/false'];
    const line = `1 ${directory} ${key} ${transfer.path('journals')}`;
    return {
      ...transfer,
      bucket,
      directory,
      write,
      start: (patch = '') => transfer.start(words, [line], `${BRISKLY}\n${patch}`),
      endsWith: (ndb_restore: string, patch = '') => transfer.run([...words.slice(0, 4), ndb_restore], [line], `${BRISKLY}\n${patch}`),
    };
  }

  it('ships the files of all parts of a backup, and of this node alone', async () => {
    const { write, endsWith, bucket } = await givenFollower();
    const part = (number: number) => `BACKUP-263261030-PART-${number}-OF-2`;
    for (const number of [1, 2]) write(`${part(number)}/${DATA}`, PART + number);
    for (const other of ['BACKUP-263261030-0.2.Data', 'core', `other/${DATA}`, 'BACKUP-263261031-0.1.Data']) write(other, PART);

    const { lines } = await endsWith('/bin/true');

    expect(lines).toEqual([`1 ${2 * PART + 3} ${2 * PART + 3}`]);
    expect((await bucket.uploads()).sort()).toEqual([1, 2].map((number) => `${key}/${part(number)}/${DATA}`));
  });

  it('lets no slow part hold up those that RonDB fills meanwhile', async () => {
    const { write, start, bucket } = await givenFollower();
    let isHeld = false;
    bucket.interfere((request) => {
      const isFirst = isCall(request, 'PUT', 'partNumber=1');
      isHeld ||= isFirst;
      return isFirst;
    });
    write(DATA, PART);
    const follower = start();
    await until(() => isHeld);

    write(DATA, 2 * PART);
    await until(() => parts(bucket).length === 2);
    follower.kill();

    expect(
      parts(bucket)
        .map(({ call }) => call)
        .sort(),
    ).toEqual(['PUT 2', 'PUT 3']);
    await follower.ended;
  });

  it('goes on where a killed one was', async () => {
    const { write, start, endsWith, bucket } = await givenFollower();
    write(DATA, 3 * PART);
    bucket.interfere((request) => isCall(request, 'PUT', 'partNumber=3'));
    const killed = start();
    await until(() => parts(bucket).length === 2);
    killed.kill();
    await killed.ended;
    bucket.letPass();

    const { lines } = await endsWith('/bin/true');

    expect(lines).toEqual([expect.stringMatching(new RegExp(`^1 (${PART}|${2 * PART}) ${3 * PART}$`))]);
  });

  it('begins a file anew whose upload was given up', async () => {
    const { write, endsWith, bucket } = await givenFollower();
    write(DATA, 2 * PART);
    let refused = 0;
    bucket.interfere(
      (request, response) => isCall(request, 'PUT', 'partNumber=2') && refused++ === 0 && refuse(response, 404, 'NoSuchUpload'),
    );

    const { code } = await endsWith('/bin/true');

    expect(code).toBe(0);
    expect(parts(bucket).map(({ call }) => call)).toEqual(expect.arrayContaining(['PUT 1', 'PUT 1', 'PUT 2']));
  });

  it('names a backup that goes away', async () => {
    const { write, start, directory, bucket } = await givenFollower();
    write(DATA, PART);
    const follower = start();
    await until(() => parts(bucket).length === 1);

    rmSync(directory, { recursive: true });

    expect((await follower.ended).failure).toBe(
      `BackupDirectoryInvalid ${join(directory, DATA)} cannot be read: No such file or directory.`,
    );
  });

  it.each([
    ['that does not appear', 0, /has not appeared for 0 seconds\.$/],
    ['that does not grow any more', 5, /has not grown for 0 seconds\.$/],
  ])('names a backup %s', async (_, bytes, sentence) => {
    const { write, start } = await givenFollower();
    if (bytes > 0) write(DATA, bytes);

    const { failure } = await start('WAIT_FOR_DIRECTORY = STALLED = 0').ended;

    expect(failure).toMatch(/^BackupDirectoryInvalid \S+\/BACKUP-263261030 /);
    expect(failure).toMatch(sentence);
  });
});
