import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, sha256 } from './given.ts';

const stored = 'practice/backups/263261030/rondb/node=1';
const state = 'mysql-cluster/ndb/backups/hopsdr/263261030';
const prefix = 'practice/restores/run-1';
// The AWS CLI's stub answers the list; what the list names is asked of an S3.
const files = ['-0.1.Data', '.1.ctl', '.1.log'].map((end) => `BACKUP-263261030/BACKUP-263261030${end}`);
const [data = '', control = '', log = ''] = files;
const content = (path: string) => `${path} `.repeat(500);
const checksum = (path: string) => Buffer.from(sha256(content(path)), 'hex').toString('base64');
const line = (path: string) => `${checksum(path)} ${content(path).length} ${stored}/${path} ${path}`;

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

describe('download-rondb-backup', () => {
  async function givenStoredBackup(paths = files) {
    const [node, bucket] = [givenNode(), await buckets.givenBucket()];
    for (const path of paths) await bucket.put(`${stored}/${path}`, content(path));
    const plan = (text: string) => node.givenLists(prefix, { 'rondb/node=1.list': text });
    let listsSha256 = plan(`${paths.map(line).join('\n')}\n`);
    const start = (given: Parameters = {}) =>
      node.start('download-rondb-backup', { bucket: bucket.name, prefix, listsSha256, ...given }, bucket.environment);
    return {
      ...node,
      bucket,
      start,
      replan(text: string): void {
        listsSha256 = plan(text);
      },
      download: (given?: Parameters) => start(given).ended,
      fetched: () => bucket.answered().flatMap(({ call, key }) => (call === 'GET' ? [key.slice(stored.length + 1)] : [])),
    };
  }

  it('fetches and verifies the files of its own backup nodes', async () => {
    const { download, read, has } = await givenStoredBackup();

    const { answer } = await download();

    const bytes = files.reduce((total, path) => total + content(path).length, 0);
    expect(answers.DownloadRondbBackup.parse(JSON.parse(answer))).toEqual({ nodes: [{ nodeId: 1, files: 3, bytes }] });
    for (const path of files) expect(read(`${state}/node=1/${path}`)).toBe(content(path));
    expect(has(`${state}/tmp`)).toBe(false);
  });

  it('puts the parts of a multithreaded backup below their BACKUP directory', async () => {
    const path = 'BACKUP-263261030-PART-1-OF-2/BACKUP-263261030.1.ctl';
    const { download, read } = await givenStoredBackup([path]);

    await download();

    expect(read(`${state}/node=1/BACKUP-263261030/${path}`)).toBe(content(path));
  });

  it('does nothing on an instance to which no backup node is assigned', async () => {
    const { download } = await givenStoredBackup();

    const { answer } = await download({ assignments: 'i-0000000000000b002=1' });

    expect(JSON.parse(answer)).toEqual({ nodes: [] });
  });

  it('fetches again only what is not there or has changed', async () => {
    const { download, write, remove, read, fetched } = await givenStoredBackup();
    await download();
    write(`${state}/node=1/${data}`, content(data).replace('B', 'C'));
    remove(`${state}/node=1/${control}`);
    const before = fetched().length;

    await download();

    expect(fetched().slice(before).sort()).toEqual([data, control]);
    expect(read(`${state}/node=1/${data}`)).toBe(content(data));
  });

  it('never gives a file its name before it is verified', async () => {
    const { download, bucket, has } = await givenStoredBackup();
    await bucket.put(`${stored}/${data}`, content(data).replace('B', 'C'));

    const { code, last, answer } = await download();

    expect({ code, answer }).toEqual({ code: 31, answer: '' });
    expect(last).toMatch(/-0\.1\.Data was altered: it has the checksum \S+=, but \S+= was recorded\.$/);
    expect(has(`${state}/node=1/${data}`)).toBe(false);
  });

  it('names the file that is not in the bucket', async () => {
    const { download, replan } = await givenStoredBackup([data, control]);
    replan(`${files.map(line).join('\n')}\n`);

    const { code, last } = await download();

    expect(code).toBe(30);
    expect(last).toMatch(/: s3:\/\/\S+\/BACKUP-263261030\.1\.log: .* \(NoSuchKey\)\.$/);
  });

  it.each([
    ['that is empty', ''],
    ['with a path that leaves the directory', line(data).replace(/ \S+$/, ' ../../etc/BACKUP-263261030.1.ctl')],
    ['of another node', line(control).replaceAll('.1.ctl', '.2.ctl')],
    ['of another backup', line(control).replaceAll('263261030', '263261031')],
    ['with a SHA-256 in hex', line(data).replace(/^\S+/, sha256(''))],
    ['with a key of another cluster', line(data).replace(' practice/', ' other/')],
    ['with a key of another node', line(data).replace('node=1', 'node=2')],
    ['with a key that leaves its prefix', line(data).replace('/backups/', '/../other/backups/')],
    ['with a key that has spaces', line(data).replace('node=1', 'node =1')],
    ['with a good and a bad line', `${line(data)}\n$(touch x)`],
  ])('refuses a list %s', async (_, text) => {
    const { download, replan, fetched } = await givenStoredBackup();
    replan(text && `${text}\n`);

    const { code, last } = await download();

    expect(code).toBe(30);
    expect(last).toContain('RonDB node 1: its list of files is empty or malformed');
    expect(fetched()).toEqual([]);
  });

  it.each([
    ['a list that was replaced after the plan was made', 'rondb/node=1.list'],
    ['a list of lists that was replaced', 'lists.sha256'],
  ])('refuses %s, though all of it could be fetched', async (_, name) => {
    const { download, write, read, fetched } = await givenStoredBackup();
    const kept = read(`bucket/${prefix}/lists.sha256`);
    write(`bucket/${prefix}/rondb/node=1.list`, `${line(control)}\n`);
    if (name === 'lists.sha256') write(`bucket/${prefix}/${name}`, kept.replace(/^\S+/, sha256(`${line(control)}\n`)));

    const { code, last } = await download();

    expect(code).toBe(exitCodeOf('ChecksumMismatch'));
    expect(last).toMatch(`/${prefix}/${name} has SHA-256 `);
    expect(fetched()).toEqual([]);
  });

  it('fetches nothing when the volume is too full', async () => {
    const { download, replan, fetched } = await givenStoredBackup();
    replan(`${line(data)}\n${line(log).replace(/ \d+ /, ' 999999999999999 ')}\n`);

    const { code, last } = await download();

    expect(code).toBe(15);
    expect(last).toMatch(/the volume of \S+ has \d+ free bytes, the backup needs \d+ more\.$/);
    expect(fetched()).toEqual([]);
  });

  it('refuses what ndb_restore cannot read', async () => {
    const { download, stub } = await givenStoredBackup();
    stub('ndb_restore', 'echo "Failed to find backup 263261030 in path"; exit 1');

    const { code, last } = await download();

    expect(code).toBe(25);
    expect(last).toContain('Failed to find backup 263261030 in path');
  });

  it('finishes after a kill -9 with a file in flight', async () => {
    const { start, download, bucket, read } = await givenStoredBackup();
    let inFlight = false;
    bucket.interfere((request) => {
      inFlight ||= request.url?.endsWith('.Data') ?? false;
      return inFlight;
    });
    const killed = start();
    while (!inFlight) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    bucket.letPass();

    const { code } = await download();

    expect(code).toBe(0);
    for (const path of files) expect(read(`${state}/node=1/${path}`)).toBe(content(path));
  });
});
