import { readFileSync, truncateSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { receiptSchema } from '../../model/receipt.ts';
import { compressedControlFile, plainControlFile } from './control-file.ts';
import { givenNode, sha256, zstd } from './given.ts';

const key = 'practice/backups/263261030/rondb/node=1';
const compressed = Buffer.from([0xfe, 0x03, 0x01, 0x10, 0, 0, 0, 0]);
const data = 'BACKUP-263261030/BACKUP-263261030-0.1.Data';
const control = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/BACKUP-263261030.1.ctl';
const local = `mysql-cluster/ndb/backups/BACKUP/${data}`;

describe('upload-rondb-backup', () => {
  function givenBackedUpNode(options = {}) {
    const node = givenNode();
    node.givenBackup(options);
    return { ...node, receipt: () => receiptSchema.parse(JSON.parse(node.read(`bucket/${key}/receipt.json`))) };
  }

  it('stores every file and a receipt that names its size, its SHA-256 and the checksum that S3 keeps', async () => {
    const node = givenBackedUpNode();
    const original = node.read(local);

    const { stdout } = await node.run('upload-rondb-backup');

    const [answer] = answers.UploadRondbBackup.parse(JSON.parse(stdout)).nodes;
    const receipt = node.receipt();
    const [file] = receipt.files;
    expect(receipt).toMatchObject({ backupId: '263261030', nodeId: 1, instanceId: 'i-0000000000000b001', startGcp: 5, stopGcp: 8 });
    expect(file).toMatchObject({ path: data, bytes: original.length, sha256: sha256(original), encoding: 'zstd' });
    for (const { path, storedBytes, checksum } of receipt.files) {
      expect(node.read(`bucket.sums/${key}/${path}.zst`).trim()).toBe(checksum);
      expect(readFileSync(node.path(`bucket/${key}/${path}.zst`))).toHaveLength(storedBytes);
    }
    expect(answer).toEqual({
      nodeId: 1,
      receiptSha256: sha256(node.read(`bucket/${key}/receipt.json`)),
      files: 3,
      bytes: receipt.files.reduce((total, { bytes }) => total + bytes, 0),
      storedBytes: receipt.files.reduce((total, { storedBytes }) => total + storedBytes, 0),
    });
  });

  it.each([
    ['plain', plainControlFile],
    ['compressed by RonDB', compressedControlFile],
  ])('names the rows that RonDB counted in a .ctl that is %s, without blobs and tables of MySQL', async (_, form) => {
    const node = givenBackedUpNode();
    node.write(
      control,
      form({ 'shop/def/orders': 4_294_967_297, 'a "b"/def/it\'s \\': 7, 'shop/def/NDB$BLOB_20_1': 9, 'mysql/def/ndb_schema': 3 }),
    );

    const { code } = await node.run('upload-rondb-backup');

    expect(code).toBe(0);
    expect(node.receipt().tables).toEqual([
      { table: 'a "b".it\'s \\', rows: 7 },
      { table: 'shop.orders', rows: 4_294_967_297 },
    ]);
  });

  it('says that user tables have no rows, when RonDB counted only others', async () => {
    const node = givenBackedUpNode();
    node.write(control, plainControlFile({ 'shop/def/orders': 0, 'mysql/def/ndb_schema': 3 }));

    await node.run('upload-rondb-backup');

    expect(node.receipt().tables).toEqual([{ table: 'shop.orders', rows: 0 }]);
  });

  it.each([
    ['RonDB left all counts at zero', plainControlFile({ 'shop/def/orders': 0 })],
    ['the .ctl is of another form', Buffer.from('NDBBCKUP and something else')],
    ['the .ctl is encrypted', Buffer.from('NDBXFRM1 and something else')],
    ['the .ctl is cut off', plainControlFile({ 'shop/def/orders': 5 }).subarray(0, -4)],
  ])('names no rows when %s', async (_, content) => {
    const node = givenBackedUpNode();
    node.write(control, content);

    const { code } = await node.run('upload-rondb-backup');

    expect(code).toBe(0);
    expect(node.receipt()).not.toHaveProperty('tables');
  });

  it.each([
    ['compressed by RonDB', compressed],
    ['encrypted', Buffer.from('NDBXFRM1')],
  ])('sends a file that is %s as it is', async (_, magic) => {
    const node = givenBackedUpNode({ magic });

    await node.run('upload-rondb-backup');

    expect(node.receipt().files.map(({ encoding }) => encoding)).toEqual(Array(3).fill('identity'));
    expect(node.read(`bucket/${key}/${data}`)).toBe(node.read(local));
  });

  it('keeps the parts of a multithreaded backup apart', async () => {
    const node = givenBackedUpNode({ parts: true, magic: compressed });

    await node.run('upload-rondb-backup');

    const names = ['BACKUP-263261030-0.1.Data', 'BACKUP-263261030.1.ctl', 'BACKUP-263261030.1.log'];
    const paths = [1, 2].flatMap((part) => names.map((name) => `BACKUP-263261030-PART-${part}-OF-2/${name}`));
    expect(node.receipt().files.map(({ path }) => path)).toEqual(paths);
  });

  it('sends a large file in parts and gives up what a killed run left of it', async () => {
    const node = givenBackedUpNode({ magic: compressed });
    truncateSync(node.path(local), 64 * 1024 * 1024 + 5);
    node.write('bucket.uploads/stale/1', '');

    const { code } = await node.run('upload-rondb-backup');

    const [file] = node.receipt().files;
    expect(code).toBe(0);
    expect(file).toMatchObject({ bytes: 67108869, storedBytes: 67108869, checksum: expect.stringMatching(/=-2$/) });
    expect(node.read(`bucket.sums/${key}/${data}`).trim()).toBe(file?.checksum);
    expect(node.has('bucket.uploads/stale')).toBe(false);
  });

  it('gives up a multipart upload of which a part fails', async () => {
    const node = givenBackedUpNode({ magic: compressed });
    truncateSync(node.path(local), 64 * 1024 * 1024);

    const { code, last } = await node.run('upload-rondb-backup', {}, { AWS_FAILS: 'upload-part' });

    expect(code).toBe(26);
    expect(last).toContain(`${data} could not be stored: An error occurred (AccessDenied) when calling the upload-part operation`);
    expect(node.operations()).toContainEqual(`abort-multipart-upload ${key}/${data}`);
    expect(node.has(`bucket/${key}/receipt.json`)).toBe(false);
  });

  it('does not send again what is stored, and answers the same', async () => {
    const node = givenBackedUpNode();
    const first = await node.run('upload-rondb-backup');
    node.remove('aws.log');

    const second = await node.run('upload-rondb-backup');

    expect(second.stdout).toBe(first.stdout);
    expect(node.operations().filter((operation) => operation.startsWith('put-object'))).toEqual([`put-object ${key}/receipt.json`]);
  });

  it('sends again what was stored and is no longer in the bucket', async () => {
    const node = givenBackedUpNode();
    await node.run('upload-rondb-backup');
    node.remove(`bucket/${key}/${data}.zst`);

    await node.run('upload-rondb-backup');

    expect(node.has(`bucket/${key}/${data}.zst`)).toBe(true);
  });

  it('finishes after a kill -9 with a file in flight', async () => {
    const node = givenBackedUpNode();
    const undisturbed = await givenBackedUpNode().run('upload-rondb-backup');
    node.stub('zstd', 'touch "$HOPS_ROOT/in-flight"; sleep 60');
    const killed = node.start('upload-rondb-backup');
    while (!node.has('in-flight')) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    node.remove('path/zstd');

    const { stdout } = await node.run('upload-rondb-backup');

    expect(stdout).toBe(undisturbed.stdout);
    expect(node.has('mysql-cluster/ndb/backups/hopsdr/263261030/tmp')).toBe(false);
  });

  it('waits for a first delivery of the command and then finds its work done', async () => {
    const node = givenBackedUpNode();

    const [first, second] = await Promise.all([node.run('upload-rondb-backup'), node.run('upload-rondb-backup')]);

    expect(second.stdout).toBe(first.stdout);
    expect(node.operations().filter((operation) => operation === `put-object ${key}/${data}.zst`)).toHaveLength(1);
  });

  it('does not store a file that its compressor did not finish', async () => {
    const node = givenBackedUpNode();
    node.stub('zstd', 'head -c 10; exit 1');

    const { code, answer } = await node.run('upload-rondb-backup');

    expect({ code, answer }).toEqual({ code: 1, answer: '' });
    expect(node.has(`bucket/${key}/receipt.json`)).toBe(false);
  });

  describe('refuses a directory', () => {
    const directory = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030';
    const part = (number: number) => `${directory}/BACKUP-263261030-PART-${number}-OF-2`;
    type Node = ReturnType<typeof givenBackedUpNode>;
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
      const node = givenBackedUpNode({ parts: true });
      spoil(node);

      const { code, last, answer } = await node.run('upload-rondb-backup');

      expect({ code, answer }).toEqual({ code: 25, answer: '' });
      expect(last).toContain(cause);
      expect(node.has(`bucket/${key}/receipt.json`)).toBe(false);
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
      const node = givenBackedUpNode();
      node.stub('ndb_restore', restore);

      const { code, last } = await node.run('upload-rondb-backup');

      expect(code).toBe(25);
      expect(last).toMatch(/RonDB node 1/);
      expect(last).toContain(cause);
    });
  });

  it('refuses an instance without a data node', async () => {
    const node = givenNode();
    node.stub('ndb_config', 'echo "1 10.250.250.250 /data /backups"');

    const { code } = await node.run('upload-rondb-backup');

    expect(code).toBe(14);
  });

  it('stores what zstd can unpack', async () => {
    const node = givenBackedUpNode();

    await node.run('upload-rondb-backup');

    expect(readFileSync(node.path(`bucket/${key}/${data}.zst`))).toEqual(zstd(node.read(local)));
  });
});
