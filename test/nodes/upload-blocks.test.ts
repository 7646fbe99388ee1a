import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { blocksOf, givenDatanode, pool, unzstd } from './datanode.ts';
import { exitCodeOf, sha256 } from './given.ts';

const next = { backupId: '263261130', prefix: 'practice/backups/263261130', previousBackupId: '263261030' };
const finalized = `current/${pool}/current/finalized/subdir0/subdir0`;

describe('upload-blocks', () => {
  async function givenSnapshot() {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    for (const number of [1, 2, 3]) node.givenBlock('dn-1', number);
    await node.run('snapshot-blocks');
    return node;
  }

  it('stores every block under its name and generation stamp, its VERSIONs, a list and a receipt', async () => {
    const node = await givenSnapshot();

    const { stdout } = await node.run('upload-blocks');

    const receipt = node.receipt('DS-1');
    const list = node.list('DS-1');
    const files = node.path('bucket/practice/backups/263261030/hopsfs/DS-1/files.tar.zst');
    expect(answers.UploadBlocks.parse(JSON.parse(stdout)).storages).toEqual([
      {
        storageId: 'DS-1',
        receiptSha256: sha256(node.read('bucket/practice/backups/263261030/hopsfs/DS-1/receipt.json')),
        ...{ blocks: 3, bytes: 3 * (7 + 15), uploadedBlocks: 3, uploadedBytes: 3 * (7 + 15) },
      },
    ]);
    expect(receipt).toMatchObject({ storageId: 'DS-1', datanodeUuid: 'uuid-1', instanceId: 'i-0000000000000b001', blocks: 3 });
    expect(list.slice(0, 2)).toEqual([
      `${sha256('block 1')} 7 ${pool}/subdir0/subdir0/blk_1_1001_1790000000 ${finalized}/blk_1`,
      `${sha256('meta of block 1')} 15 ${pool}/subdir0/subdir0/blk_1_1001_1790000000.meta ${finalized}/blk_1_1001.meta`,
    ]);
    expect(node.read(`${blocksOf('DS-1')}/blk_2_1002_1790000000`)).toBe('block 2');
    expect(receipt.list.sha256).toBe(sha256(`${list.join('\n')}\n`));
    expect(receipt.files.sha256).toBe(sha256(unzstd(files)));
    expect(execFileSync('tar', ['-t'], { input: unzstd(files), encoding: 'utf8' })).toBe(
      `current/${pool}/current/VERSION\ncurrent/VERSION\n`,
    );
  });

  it('takes blocks that HopsFS deleted since the snapshot, and those that came since', async () => {
    const node = await givenSnapshot();
    node.remove(node.block('dn-1', 2));
    node.givenBlock('dn-1', 4);

    await node.run('upload-blocks');

    expect(node.sent()).toEqual([1, 2, 3, 4].flatMap((number) => [`blk_${number}_100${number}`, `blk_${number}_100${number}.meta`]));
  });

  it('takes the newer generation of a block that was appended to since the snapshot', async () => {
    const node = await givenSnapshot();
    node.remove(node.block('dn-1', 2));
    node.remove(`${node.block('dn-1', 2)}_1002.meta`);
    node.givenBlock('dn-1', 2, 'block 2 and more', 1010);

    await node.run('upload-blocks');

    expect(node.list('DS-1').filter((line) => line.includes('blk_2'))).toEqual([
      expect.stringContaining(`${sha256('block 2 and more')} 16 ${pool}/subdir0/subdir0/blk_2_1010_1790000000 `),
      expect.stringContaining('/blk_2_1010_1790000000.meta '),
    ]);
  });

  it('leaves out a block without its .meta', async () => {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    node.write(node.block('dn-1', 7), 'not finalized yet');
    await node.run('snapshot-blocks');

    await node.run('upload-blocks');

    expect(node.receipt('DS-1')).toMatchObject({ blocks: 0, bytes: 0 });
    expect(node.list('DS-1')).toEqual([]);
  });

  it('removes the hard links when the receipt is stored, and answers from it from then on', async () => {
    const node = await givenSnapshot();
    const first = await node.run('upload-blocks');
    node.remove('aws.log');

    const second = await node.run('upload-blocks');

    expect(node.has('dn-1/hopsdr')).toBe(false);
    expect(second.stdout).toBe(first.stdout);
    expect(node.operations()).toEqual(['get-object practice/backups/263261030/hopsfs/DS-1/receipt.json']);
  });

  it('moves only what is new since the backup before', async () => {
    const node = await givenSnapshot();
    await node.run('upload-blocks');
    node.remove(node.block('dn-1', 1));
    node.givenBlock('dn-1', 4);
    await node.run('snapshot-blocks', next);
    node.remove('aws.log');

    await node.run('upload-blocks', next);

    expect(node.sent()).toEqual(['blk_4_1004', 'blk_4_1004.meta']);
    expect(node.receipt('DS-1', next.backupId)).toMatchObject({ blocks: 3, uploadedBlocks: 1, uploadedBytes: 22 });
    expect(node.list('DS-1', next.backupId).map((line) => line.split(' ')[0])).toContain(sha256('block 2'));
  });

  it.each<[string, (node: Awaited<ReturnType<typeof givenSnapshot>>) => void, string]>([
    ['is gone from the bucket', (node) => node.remove(`${blocksOf('DS-1')}/blk_2_1002_1790000000`), 'blk_2_1002'],
    ['has another size there', (node) => node.write(`${blocksOf('DS-1')}/blk_3_1003_1790000000.meta`, 'short'), 'blk_3_1003.meta'],
  ])('sends a block again that %s', async (_, spoil, name) => {
    const node = await givenSnapshot();
    await node.run('upload-blocks');
    spoil(node);
    await node.run('snapshot-blocks', next);
    node.remove('aws.log');

    await node.run('upload-blocks', next);

    expect(node.sent()).toEqual([name]);
  });

  it('sends what no list vouches for, although the bucket has something of that size', async () => {
    const node = await givenSnapshot();
    node.write(`${blocksOf('DS-1')}/blk_1_1001_1790000000`, 'tampere');

    await node.run('upload-blocks');

    expect(node.read(`${blocksOf('DS-1')}/blk_1_1001_1790000000`)).toBe('block 1');
  });

  it('tells a block from one of the same name, generation stamp and size that a HopsFS wrote before it was restored', async () => {
    const node = await givenSnapshot();
    await node.run('upload-blocks');
    node.givenBlock('dn-1', 3, 'other 3', 1003, 1790003600);
    await node.run('snapshot-blocks', next);
    node.remove('aws.log');

    await node.run('upload-blocks', next);

    expect(node.sent()).toEqual(['blk_3_1003', 'blk_3_1003.meta']);
    expect(node.read(`${blocksOf('DS-1')}/blk_3_1003_1790000000`)).toBe('block 3');
    expect(node.read(`${blocksOf('DS-1')}/blk_3_1003_1790003600`)).toBe('other 3');
  });

  it('finishes after a kill -9, without sending again what it had sent', async () => {
    const node = await givenSnapshot();
    node.stub('zstd', 'touch "$HOPS_ROOT/in-flight"; sleep 60');
    const killed = node.start('upload-blocks');
    while (!node.has('in-flight')) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    node.remove('path/zstd');
    node.givenBlock('dn-1', 4);
    node.remove('aws.log');

    const { code } = await node.run('upload-blocks');

    expect(code).toBe(0);
    expect(node.sent()).toEqual([]);
    expect(node.receipt('DS-1')).toMatchObject({ blocks: 3, uploadedBlocks: 3 });
  });

  it('does without the SHA-256 checksum where the AWS CLI does not know it', async () => {
    const node = await givenSnapshot();

    const { code } = await node.run('upload-blocks', {}, { AWS_CLI: 'old' });

    expect({ code, blocks: node.sent() }).toEqual({ code: 0, blocks: expect.arrayContaining(['blk_1_1001']) });
  });

  it.each([
    ['cannot be sent', 'cp', 'blocks could not be stored: upload failed: x An error occurred (AccessDenied)'],
    [
      'is not in the bucket after it was sent',
      'cp=lost',
      'does not hold BP-1-10.0.0.7-1600000000000/subdir0/subdir0/blk_2_1002_1790000000=7 bytes',
    ],
    ['cannot be looked for', 'list-objects-v2', 'cannot be listed'],
    ['may have a receipt already that cannot be read', 'get-object', 'receipt.json cannot be read'],
  ])('fails, and keeps the hard links, when a block %s', async (_, failing, cause) => {
    const node = await givenSnapshot();

    const { code, last } = await node.run('upload-blocks', {}, { AWS_FAILS: failing });

    expect(code).toBe(exitCodeOf('UploadFailed'));
    expect(last).toContain(cause);
    expect(node.has('dn-1/hopsdr/263261030/a.held')).toBe(true);
    expect(node.has('bucket/practice/backups/263261030/hopsfs/DS-1/receipt.json')).toBe(false);
  });

  it('refuses to send blocks that were not held before the native backup began', async () => {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');

    const { code, last } = await node.run('upload-blocks');

    expect(code).toBe(exitCodeOf('SnapshotFailed'));
    expect(last).toContain("storage DS-1: its blocks were not held before RonDB's backup 263261030 began.");
  });
});
