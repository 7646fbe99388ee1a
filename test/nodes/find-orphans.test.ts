import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { layout } from '../../model/layout.ts';
import { refuse, startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, realAws, sha256 } from './given.ts';

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

const zstdCompress = (text: string) => execFileSync('zstd', ['-qc'], { input: text });
const pool = 'BP-1-10.0.0.7-1600000000000';
const key = (block: number, meta = false) => `${pool}/subdir0/subdir${block}/blk_${block}_100${block}_1790000000${meta ? '.meta' : ''}`;
const both = (block: number) => [key(block), key(block, true)];
/** A list of blocks, as upload-blocks writes it. */
const listOf = (...blocks: number[]) =>
  blocks
    .flatMap(both)
    .map((name) => `${'0'.repeat(64)} 5 ${name} current/${pool}/current/finalized/x\n`)
    .join('');
const [OLD, NEW] = ['263261030', '263271030'];
const listKey = (backupId: string, storage: string) => `practice/backups/${backupId}/hopsfs/${storage}/blocks.list.zst`;

/** A bucket with blocks of storages, and lists of backups. */
async function givenBlocks(blocks: Record<string, number[]>, lists: Record<string, Record<string, number[]>>) {
  const [node, bucket] = [givenNode(), await buckets.givenBucket()];
  node.stub('aws', `exec ${realAws} "$@"`);
  for (const [storage, numbers] of Object.entries(blocks))
    for (const name of numbers.flatMap(both)) await bucket.put(`practice/blocks/${storage}/${name}`, 'block');
  for (const [backupId, own] of Object.entries(lists))
    for (const [storage, numbers] of Object.entries(own)) await bucket.put(listKey(backupId, storage), zstdCompress(listOf(...numbers)));
  // A second is what the times in listings are told in, and one that has just begun counts as too young.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const text = async (file: string) => Buffer.from((await bucket.get(file)).bytes).toString();
  return {
    bucket,
    node,
    find: async (given: Parameters = {}) => {
      const parameters = { bucket: bucket.name, prefix: 'practice/sweeps/run-1', graceDays: '0', ...given };
      const ended = await node.run('find-orphans', parameters, bucket.environment);
      return { ...ended, answer: ended.code === 0 ? answers.FindOrphans.parse(JSON.parse(ended.stdout)) : undefined };
    },
    orphans: () => text(layout.orphans('practice', 'run-1')),
    lists: () => text(layout.sweptLists('practice', 'run-1')),
  };
}

const lines = (storage: string, ...blocks: number[]) =>
  blocks
    .flatMap(both)
    .map((name) => `${storage}/${name} 5\n`)
    .join('');

describe('find-orphans', () => {
  it('finds what no list of any backup names, storage by storage, and says which lists it has read', async () => {
    const given = await givenBlocks(
      { 'DS-1': [1, 2, 3, 4], 'DS-2': [1, 5], 'DS-gone': [6] },
      { [OLD]: { 'DS-1': [1, 2], 'DS-2': [1, 5] }, [NEW]: { 'DS-1': [2, 3] } },
    );

    const { answer } = await given.find();

    const found = lines('DS-1', 4) + lines('DS-gone', 6);
    expect(await given.orphans()).toBe(found);
    expect((await given.lists()).split('\n').sort().slice(1)).toEqual([
      `DS-1 ${OLD} ${sha256(listOf(1, 2))}`,
      `DS-1 ${NEW} ${sha256(listOf(2, 3))}`,
      `DS-2 ${OLD} ${sha256(listOf(1, 5))}`,
    ]);
    expect(answer).toEqual({
      ...{ storages: 3, files: 14, orphans: 4, bytes: 20 },
      listsSha256: sha256(await given.lists()),
      orphansSha256: sha256(found),
    });
  });

  it('reads no further list when the newest ones name everything', async () => {
    const given = await givenBlocks({ 'DS-1': [1, 2] }, { [OLD]: { 'DS-1': [1] }, [NEW]: { 'DS-1': [1, 2] } });

    expect((await given.find()).answer).toMatchObject({ orphans: 0, bytes: 0 });
    expect(await given.lists()).toBe(`DS-1 ${NEW} ${sha256(listOf(1, 2))}\n`);
  });

  it('takes nothing for an orphan that is younger than the grace', async () => {
    const given = await givenBlocks({ 'DS-1': [1] }, {});

    expect((await given.find({ graceDays: '1' })).answer).toMatchObject({ storages: 1, files: 2, orphans: 0 });
  });

  it('finds nothing where there are no blocks', async () => {
    const given = await givenBlocks({}, {});

    expect((await given.find()).answer).toMatchObject({ storages: 0, files: 0, orphans: 0 });
  });

  it('says of a list that it cannot read that it has not', async () => {
    const given = await givenBlocks({ 'DS-1': [1, 2] }, { [NEW]: { 'DS-1': [1] } });
    await given.bucket.put(listKey(OLD, 'DS-1'), 'no list');

    const { answer } = await given.find();

    expect(answer).toMatchObject({ orphans: 2 });
    expect(await given.lists()).toBe(`DS-1 ${NEW} ${sha256(listOf(1))}\nDS-1 ${OLD} -\n`);
  });

  it('passes over what is no block, and what lies beside the storages', async () => {
    const given = await givenBlocks({ 'DS-1': [1] }, {});
    for (const name of [`DS-1/${pool}/notes`, 'DS-1/../x', 'notes/readme']) await given.bucket.put(`practice/blocks/${name}`, '');
    await new Promise((resolve) => setTimeout(resolve, 1100));

    await given.find();

    expect(await given.orphans()).toBe(lines('DS-1', 1));
  });

  it('finds nothing at all when the bucket cannot be listed', async () => {
    const given = await givenBlocks({ 'DS-1': [1] }, {});
    given.bucket.interfere((request, response) => request.method === 'GET' && refuse(response, 403, 'AccessDenied'));

    const { code, last } = await given.find();

    expect({ code, last }).toEqual({ code: exitCodeOf('DownloadFailed'), last: expect.stringContaining('cannot be listed') });
  });
});
