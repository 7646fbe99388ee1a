import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { receiptSchema } from '../../model/receipt.ts';
import { isCall, refuse, startBuckets } from './bucket.ts';
import { compressedControlFile, plainControlFile } from './control-file.ts';
import { exitCodeOf, givenNode, type Parameters, sha256 } from './given.ts';

const key = 'practice/backups/263261030/rondb/node=1';
const compressed = Buffer.from([0xfe, 0x03, 0x01, 0x10, 0, 0, 0, 0]);
const data = 'BACKUP-263261030/BACKUP-263261030-0.1.Data';
const control = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/BACKUP-263261030.1.ctl';
const local = `mysql-cluster/ndb/backups/BACKUP/${data}`;
const names = ['BACKUP-263261030-0.1.Data', 'BACKUP-263261030.1.ctl', 'BACKUP-263261030.1.log'];

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

describe('upload-rondb-backup', () => {
  async function givenBackedUpNode(options = {}) {
    const [node, bucket] = [givenNode(), await buckets.givenBucket()];
    node.givenBackup(options);
    const start = (given: Parameters = {}) => node.start('upload-rondb-backup', { bucket: bucket.name, ...given }, bucket.environment);
    return {
      ...node,
      bucket,
      start,
      upload: (given?: Parameters) => start(given).ended,
      receipt: async () => receiptSchema.parse(JSON.parse(Buffer.from((await bucket.get(`${key}/receipt.json`)).bytes).toString())),
    };
  }
  const nodeOf = (answer: string) => answers.UploadRondbBackup.parse(JSON.parse(answer)).nodes[0];

  it('stores every file and a receipt that names its size and the checksum that S3 keeps', async () => {
    const { upload, receipt, bucket, path } = await givenBackedUpNode();

    const { answer } = await upload();

    const { files, ...about } = await receipt();
    const bytes = files.reduce((total, file) => total + file.bytes, 0);
    expect(about).toMatchObject({ backupId: '263261030', nodeId: 1, instanceId: 'i-0000000000000b001', startGcp: 5, stopGcp: 8 });
    expect(files.map((file) => file.path)).toEqual(names.map((name) => `BACKUP-263261030/${name}`));
    for (const file of files) {
      const stored = await bucket.get(`${key}/${file.path}`);
      expect(readFileSync(path('mysql-cluster/ndb/backups/BACKUP', file.path)).equals(stored.bytes)).toBe(true);
      expect(file).toMatchObject({ bytes: stored.bytes.length, checksum: stored.checksum });
    }
    const { bytes: stored } = await bucket.get(`${key}/receipt.json`);
    expect(nodeOf(answer)).toEqual({ nodeId: 1, receiptSha256: sha256(Buffer.from(stored)), files: 3, bytes, sentBytes: bytes });
  });

  it.each([
    ['plain', plainControlFile],
    ['compressed by RonDB', compressedControlFile],
  ])('names the rows that RonDB counted in a .ctl that is %s, without blobs and tables of MySQL', async (_, form) => {
    const { write, upload, receipt } = await givenBackedUpNode();
    write(
      control,
      form({ 'shop/def/orders': 4_294_967_297, 'a "b"/def/it\'s \\': 7, 'shop/def/NDB$BLOB_20_1': 9, 'mysql/def/ndb_schema': 3 }),
    );

    const { code } = await upload();

    expect(code).toBe(0);
    expect((await receipt()).tables).toEqual([
      { table: 'a "b".it\'s \\', rows: 7 },
      { table: 'shop.orders', rows: 4_294_967_297 },
    ]);
  });

  it('says that user tables have no rows, when RonDB counted only others', async () => {
    const { write, upload, receipt } = await givenBackedUpNode();
    write(control, plainControlFile({ 'shop/def/orders': 0, 'mysql/def/ndb_schema': 3 }));

    await upload();

    expect((await receipt()).tables).toEqual([{ table: 'shop.orders', rows: 0 }]);
  });

  it.each([
    ['RonDB left all counts at zero', plainControlFile({ 'shop/def/orders': 0 })],
    ['the .ctl is of another form', Buffer.from('NDBBCKUP and something else')],
    ['the .ctl is encrypted', Buffer.from('NDBXFRM1 and something else')],
    ['the .ctl is cut off', plainControlFile({ 'shop/def/orders': 5 }).subarray(0, -4)],
  ])('names no rows when %s', async (_, content) => {
    const { write, upload, receipt } = await givenBackedUpNode();
    write(control, content);

    const { code } = await upload();

    expect(code).toBe(0);
    expect(await receipt()).not.toHaveProperty('tables');
  });

  it('keeps the parts of a multithreaded backup apart', async () => {
    const { upload, receipt } = await givenBackedUpNode({ parts: true, magic: compressed });

    await upload();

    const paths = [1, 2].flatMap((part) => names.map((name) => `BACKUP-263261030-PART-${part}-OF-2/${name}`));
    expect((await receipt()).files.map((file) => file.path)).toEqual(paths);
  });

  it('sends a large file in parts', async () => {
    const { path, upload, receipt, bucket } = await givenBackedUpNode({ magic: Buffer.from('NDBXFRM1') });
    truncateSync(path(local), 64 * 1024 * 1024 + 5);

    const { code } = await upload();

    const [file] = (await receipt()).files;
    const stored = await bucket.get(`${key}/${data}`);
    const content = readFileSync(path(local));
    const parts = [content.subarray(0, 64 * 1024 * 1024), content.subarray(64 * 1024 * 1024)].map((part) => hash(part));
    expect(code).toBe(0);
    expect(file).toEqual({ path: data, bytes: 67108869, checksum: `${hash(Buffer.concat(parts)).toString('base64')}-2` });
    expect(stored.checksum).toBe(file?.checksum);
    expect(content.equals(stored.bytes)).toBe(true);
  });

  it('does not send again what is stored', async () => {
    const { upload, bucket } = await givenBackedUpNode();
    const first = await upload();
    const before = bucket.answered().length;

    const second = await upload();

    expect(nodeOf(second.answer)).toEqual({ ...nodeOf(first.answer), sentBytes: 0 });
    const calls = bucket
      .answered()
      .slice(before)
      .map((request) => `${request.call} ${request.key.slice(key.length + 1)}`);
    expect(calls.sort()).toEqual([...names.map((name) => `HEAD BACKUP-263261030/${name}`), 'HEAD receipt.json']);
  });

  it('finishes after a kill -9 with a file in flight', async () => {
    const { start, upload, bucket, has } = await givenBackedUpNode();
    let inFlight = false;
    bucket.interfere((request) => {
      inFlight ||= request.method === 'PUT';
      return inFlight;
    });
    const killed = start();
    while (!inFlight) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    bucket.letPass();

    const { answer } = await upload();

    expect(nodeOf(answer)).toMatchObject({ files: 3 });
    expect(has('mysql-cluster/ndb/backups/hopsdr/263261030/tmp')).toBe(false);
  });

  it('waits for a first delivery of the command and then finds its work done', async () => {
    const { upload, bucket } = await givenBackedUpNode();

    const both = await Promise.all([upload(), upload()]);

    const [first, second] = both.map(({ answer }) => nodeOf(answer)).sort((a, b) => (b?.sentBytes ?? 0) - (a?.sentBytes ?? 0));
    expect(second).toEqual({ ...first, sentBytes: 0 });
    expect(bucket.answered().filter((request) => request.call === 'PUT')).toHaveLength(4);
  });

  it('overwrites no receipt', async () => {
    const { upload, bucket } = await givenBackedUpNode();
    await bucket.put(`${key}/receipt.json`, 'other');

    const { code, last } = await upload();

    expect(code).toBe(exitCodeOf('UploadFailed'));
    expect(last).toMatch(/^i-0000000000000b001: s3:\S+\/receipt\.json could not be stored: another object is stored there\.$/);
  });

  it('says why S3 refuses a file, and writes no receipt', async () => {
    const { upload, bucket } = await givenBackedUpNode();
    bucket.interfere((request, response) => isCall(request, 'PUT') && refuse(response, 403, 'AccessDenied'));

    const { code, last, answer } = await upload();

    expect({ code, answer }).toEqual({ code: exitCodeOf('UploadFailed'), answer: '' });
    expect(last).toMatch(/could not be stored: as told \(AccessDenied\)\.$/);
    expect(await bucket.keys()).toEqual([]);
  });

  describe('refuses a directory', () => {
    const directory = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030';
    const part = (number: number) => `${directory}/BACKUP-263261030-PART-${number}-OF-2`;
    type Node = Awaited<ReturnType<typeof givenBackedUpNode>>;
    it.each<[string, (node: Node) => unknown, string]>([
      ['that is missing', (node) => node.remove(directory), 'does not exist'],
      ['that lacks a file', (node) => node.remove(`${part(2)}/BACKUP-263261030.1.ctl`), 'PART-2-OF-2/BACKUP-263261030.1.ctl'],
      ['that lacks a part', (node) => node.remove(part(2)), 'BACKUP-263261030-PART-2-OF-2'],
      [
        'that has nothing but empty parts',
        (node) => [1, 2].map((number) => node.empty(part(number))),
        'PART-1-OF-2/BACKUP-263261030-0.1.Data',
      ],
      ['that holds another file', (node) => node.write(`${directory}/core`, ''), 'core'],
      ["that holds another node's file", (node) => node.write(`${part(1)}/BACKUP-263261030.2.ctl`, ''), 'BACKUP-263261030.2.ctl'],
      [
        'with a file that begins with other bytes',
        (node) => node.write(`${part(1)}/BACKUP-263261030.1.log`, 'hello world'),
        'BACKUP-263261030.1.log is no',
      ],
      ['with an empty file', (node) => node.write(`${part(2)}/BACKUP-263261030.1.ctl`, ''), 'BACKUP-263261030.1.ctl is no'],
    ])('%s', async (_, spoil, cause) => {
      const node = await givenBackedUpNode({ parts: true });
      spoil(node);

      const { code, last, answer } = await node.upload();

      expect({ code, answer }).toEqual({ code: 25, answer: '' });
      expect(last).toContain(cause);
      expect(await node.bucket.keys()).toEqual([]);
    });

    it.each([
      ['ndb_restore cannot read', 'echo "readGCPEntry read error"; exit 1', 'ended with status 1: readGCPEntry read error'],
      ['ndb_restore does not call a success', 'echo "Stop GCP of Backup: 8"', 'ended with status 0'],
      [
        'has parts of two snapshots',
        'printf "Start GCP of Backup: 5\\nStop GCP of Backup: 8\\nStop GCP of Backup: 9\\nrestore successful\\n"',
        'one Stop GCP',
      ],
    ])('that %s', async (_, restore, cause) => {
      const { stub, upload } = await givenBackedUpNode();
      stub('ndb_restore', restore);

      const { code, last } = await upload();

      expect(code).toBe(25);
      expect(last).toMatch(/RonDB node 1/);
      expect(last).toContain(cause);
    });
  });

  it('refuses an instance without a data node', async () => {
    const { stub, upload } = await givenBackedUpNode();
    stub('ndb_config', 'echo "1 10.250.250.250 /data /backups"');

    const { code } = await upload();

    expect(code).toBe(14);
  });
});

const hash = (content: Buffer) => createHash('sha256').update(content).digest();
