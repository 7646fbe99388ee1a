import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { startBuckets } from './bucket.ts';
import { exitCodeOf, givenNode, type Parameters, sha256 } from './given.ts';

const prefix = 'practice/verifications/run-1';
const backup = 'practice/backups/263261030/hopsfs/DS-1';
const blocks = 'practice/blocks/DS-1';
const found = `bucket/${prefix}/i-0000000000000b001.blocks.found`;
const names = ['blk_1_1001_1700000000', 'blk_1_1001_1700000000.meta', 'blk_2_1002_1700000001', 'blk_2_1002_1700000001.meta'].map(
  (name) => `BP-1-10.0.0.1-1/subdir0/${name}`,
);
const [first = '', second = '', third = ''] = names;
const content = (name: string) => `${name} `.repeat(40);
const pack = (text: string) => execFileSync('zstd', ['-q', '-c'], { input: text });
const checksum = (bytes: Buffer) => Buffer.from(sha256(bytes), 'hex').toString('base64');
const lineOf = (name: string) => `${sha256(content(name))} ${content(name).length} ${name} current/x/${name}`;
const bytes = names.reduce((total, name) => total + content(name).length, 0);

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-buckets-'));
beforeAll(async () => {
  buckets = await startBuckets(root);
});
afterAll(async () => {
  await buckets.stop();
  rmSync(root, { recursive: true });
});

/** A storage of four files. The AWS CLI's stub answers what is listed; what is read is asked of an S3. */
async function givenStorage(list = names.map((name) => `${lineOf(name)}\n`).join('')) {
  const [node, bucket] = [givenNode(), await buckets.givenBucket()];
  const put = async (key: string, body: string | Buffer) => {
    node.write(`bucket/${key}`, body);
    await bucket.put(key, body);
  };
  for (const name of names) await put(`${blocks}/${name}`, content(name));
  const objects = { 'blocks.list.zst': pack(list), 'files.tar.zst': pack('VERSION') };
  const lines = Object.entries(objects).map(([name, body]) => `${checksum(body)} ${body.length} ${backup}/${name} ${name}\n`);
  for (const [name, body] of Object.entries(objects)) await put(`${backup}/${name}`, body);
  const listsSha256 = node.givenLists(prefix, { 'hopsfs/DS-1.list': lines.join('') });
  return {
    ...node,
    bucket,
    listsSha256,
    put,
    verify: (given: Parameters = {}) =>
      node.run('verify-blocks', { bucket: bucket.name, prefix, listsSha256, ...given }, bucket.environment).then((ended) => ({
        ...ended,
        said: ended.answer && answers.VerifyBlocks.parse(JSON.parse(ended.answer)),
      })),
    damages: () => node.read(found).split('\n').filter(Boolean),
  };
}

describe('verify-blocks', () => {
  it.each(['objects', 'bytes', 'database'])('finds nothing wrong with a storage that is whole, to the depth "%s"', async (depth) => {
    const { verify, damages, has } = await givenStorage();

    const { said } = await verify({ depth });

    expect(said).toEqual({ storages: [{ storageId: 'DS-1', objects: 4, bytes }], damaged: 0 });
    expect(damages()).toEqual([]);
    expect(has('hopsdr/verify-blocks')).toBe(false);
  });

  it('names every block that is not there, or has another size, without reading them', async () => {
    const { verify, put, remove, damages, bucket } = await givenStorage();
    remove(`bucket/${blocks}/${first}`);
    remove(`bucket/${blocks}/${second}`);
    await put(`${blocks}/${third}`, `${content(third)}x`);

    const { said } = await verify({ depth: 'objects' });

    expect(said).toMatchObject({ damaged: 3 });
    expect(damages().sort()).toEqual([
      `ObjectAltered\t${blocks}/${third}\thas ${content(third).length + 1} bytes; ${content(third).length} were stored`,
      `ObjectMissing\t${blocks}/${first}\tnot in the bucket`,
      `ObjectMissing\t${blocks}/${second}\tnot in the bucket`,
    ]);
    expect(bucket.answered().filter(({ call, key }) => call === 'GET' && key.startsWith(blocks))).toEqual([]);
  });

  it('finds an altered byte of a block when it reads them, and not before', async () => {
    const { verify, put, damages } = await givenStorage();
    await put(`${blocks}/${first}`, content(first).replace('B', 'C'));

    expect((await verify({ depth: 'objects' })).said).toMatchObject({ damaged: 0 });
    expect((await verify({ depth: 'bytes' })).said).toMatchObject({ damaged: 1 });
    expect(damages()).toEqual([expect.stringMatching(`^ChecksumMismatch\t${blocks}/${first}\tit has the checksum [0-9a-f]{64}, but`)]);
  });

  it.each([
    ['of which a byte was altered', async (put: Put) => void (await put(`${backup}/blocks.list.zst`, pack('x'.repeat(100)))), 'it has'],
    ['that was replaced by one with a line that names no block', undefined, 'has a line that names no block: 1:rm -rf'],
  ])('calls damaged a list of blocks %s, and goes on', async (_, damage, sentence) => {
    const { verify, put, damages } = await givenStorage(damage ? undefined : 'rm -rf /\n');
    await damage?.(put);

    const { code, said } = await verify({ depth: 'objects' });

    expect({ code, said }).toEqual({ code: 0, said: { storages: [{ storageId: 'DS-1', objects: 0, bytes: 0 }], damaged: 1 } });
    expect(damages()).toEqual([expect.stringContaining(`ChecksumMismatch\t${backup}/blocks.list.zst\t${sentence}`)]);
  });

  it('verifies a block once that two paths name', async () => {
    const { verify } = await givenStorage(`${lineOf(first)}\n${lineOf(first).replace('current/x', 'current/y')}\n`);

    expect((await verify()).said).toMatchObject({ storages: [{ objects: 1 }] });
  });

  it('verifies nothing on an instance to which nothing is assigned', async () => {
    const { verify } = await givenStorage();

    expect((await verify({ storages: 'i-0000000000000b002=DS-1' })).said).toEqual({ storages: [], damaged: 0 });
  });

  it('reads nothing by a list that was replaced after the plan was made', async () => {
    const { verify, write, has } = await givenStorage();
    write(`bucket/${prefix}/hopsfs/DS-1.list`, '');

    const { code, last } = await verify();

    expect(code).toBe(exitCodeOf('ChecksumMismatch'));
    expect(last).toContain(`/${prefix}/hopsfs/DS-1.list has SHA-256 `);
    expect(has(found)).toBe(false);
  });

  it('says nothing of a bucket that it cannot list', async () => {
    const { run, bucket, listsSha256, has } = await givenStorage();

    const { code } = await run(
      'verify-blocks',
      { bucket: bucket.name, prefix, listsSha256, depth: 'objects' },
      { ...bucket.environment, AWS_FAILS: 'list-objects-v2' },
    );

    expect(code).toBe(exitCodeOf('DownloadFailed'));
    expect(has(found)).toBe(false);
  });
});
type Put = Awaited<ReturnType<typeof givenStorage>>['put'];
