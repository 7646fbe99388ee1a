import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { judge } from '../../local/drill/verdict.ts';
import { dataBelowNode } from '../../local/hopsworks/hdfs-blocks.ts';
import { layout } from '../../model/layout.ts';
import { openBucketOf } from './bucket.ts';
import { beginStory, type Story } from './story.ts';

/** Begun and never sealed, by nobody who could redrive it. */
const ABANDONED = '250010300';
const swept = { prefixes: 1, uploads: 0, blockFiles: 2, onNodes: 1 };

describe('what dead runs left of a cluster with HopsFS on disks', { timeout: 300_000 }, () => {
  let story: Story;
  let bucket: ReturnType<typeof openBucketOf>;
  let before: Awaited<ReturnType<Story['drill']['fingerprint']>>;
  let stale: string;
  let byHand: string;
  let kept: string;
  let blocks: string[];
  const sweep = async (request: object = {}) =>
    (await story.pipeline.finish(await story.pipeline.start('sweep', { cluster: drillCluster, ...request }))) as { debris: object };
  const write = async (path: string) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, 'x');
  };
  const nodeWith = (role: 'rondb' | 'hopsfs') => story.drill.cluster.nodes.find(({ roles }) => roles.includes(role))?.directory ?? '';
  const everything = async () => ({
    keys: (await bucket.keys(`${drillCluster}/`)).filter((key) => !/\/(sweeps|lease)/.test(key)),
    nodes: [stale, byHand].map(existsSync),
  });

  beforeAll(async () => {
    const retention = { daily: 0, weekly: 0, monthly: 0, minimum: 1 };
    story = await beginStory({ nodes: 2, rows: 200, rondbHome: undefined, hopsworks: 'disks', cluster: { retention } });
    bucket = openBucketOf(story.pipeline);
    before = await story.drill.fingerprint();

    // A block that only the first backup has.
    const current = join(nodeWith('hopsfs'), dataBelowNode, 'current');
    const pool = (await readdir(current)).find((name) => name.startsWith('BP-')) ?? '';
    const files = ['blk_77', 'blk_77_1077.meta'].map((name) => join(current, pool, 'current/finalized/subdir0/subdir0', name));
    for (const file of files) await write(file);
    await story.backup();
    blocks = (await bucket.keys(`${drillCluster}/blocks/`)).filter((key) => key.includes('/blk_77_'));
    for (const file of files) await rm(file);

    await bucket.add(layout.plan(drillCluster, ABANDONED), '{}');
    await bucket.add(`${layout.metadata(drillCluster, ABANDONED)}/users.sql`, 'half');
    const backups = join(nodeWith('rondb'), 'mysql-cluster/ndb/backups/BACKUP');
    [stale, byHand] = [join(backups, `BACKUP-${ABANDONED}`), join(backups, 'BACKUP-7')];
    for (const directory of [stale, byHand]) await write(join(directory, 'x.ctl'));
  }, 300_000);
  afterAll(() => story?.drill.close());

  it('stays when a backup finds it, because the cluster file does not say that it goes', async () => {
    const { backupId, pruned } = (await story.backup()) as { backupId: string; pruned: { removed: object[]; debris: object } };

    kept = backupId;
    expect(pruned).toMatchObject({ removed: [expect.anything()], debris: { removed: false, onNodes: 0 } });
    expect(blocks).toHaveLength(2);
    expect((await everything()).keys).toEqual(expect.arrayContaining([...blocks, layout.plan(drillCluster, ABANDONED)]));
  });

  it('is told by a sweep, with the bytes, and stays', async () => {
    const untouched = await everything();

    const { debris } = await sweep({ graceDays: 0 });

    expect(debris).toMatchObject({ removed: false, ...swept, bytes: expect.any(Number) });
    expect(await everything()).toEqual(untouched);
    const { report } = debris as { report: string };
    const told = JSON.parse(await bucket.read(report)) as { prefixes: object[]; nodes: { answer: { entries: { why: string }[] } }[] };
    expect(told.prefixes).toMatchObject([{ backupId: ABANDONED, objects: 2, bytes: 6 }]);
    const why = told.nodes.flatMap(({ answer }) => answer.entries.map((entry) => entry.why));
    expect(why.sort()).toEqual(['no backup of this product: the bucket does not know it', 'untouched for 0 days']);
  });

  it.each([
    ['names another cluster', { cluster: 'other' }],
    ['confirms another cluster', { confirm: 'other', graceDays: 0 }],
    ['has a word too many', { confirm: drillCluster, graceDays: 0, force: true }],
    ['wants a grace that is none', { confirm: drillCluster, graceDays: -1 }],
  ])('stays when the request %s', async (_what, request) => {
    const untouched = await everything();

    await expect(sweep(request)).rejects.toMatchObject({ name: 'RequestInvalid' });

    expect(await everything()).toEqual(untouched);
  });

  it('stays when it is younger than the grace', async () => {
    const untouched = await everything();

    expect((await sweep({ confirm: drillCluster })).debris).toMatchObject({ removed: true, prefixes: 0, blockFiles: 0, onNodes: 0 });

    expect(await everything()).toEqual(untouched);
  });

  it('goes when the request is confirmed, and nothing else', async () => {
    const untouched = await everything();

    expect((await sweep({ confirm: drillCluster, graceDays: 0 })).debris).toMatchObject({ removed: true, ...swept });

    const gone = [...blocks, layout.plan(drillCluster, ABANDONED), `${layout.metadata(drillCluster, ABANDONED)}/users.sql`];
    expect(await everything()).toEqual({ keys: untouched.keys.filter((key) => !gone.includes(key)), nodes: [false, true] });
    // Hidden by delete markers: for as long as noncurrent versions live it can be brought back.
    expect((await bucket.versions(blocks[0])).versions).toContain(blocks[0]);
  });

  it('is not there any more for the next sweep', async () => {
    expect((await sweep({ confirm: drillCluster, graceDays: 0 })).debris).toMatchObject({
      prefixes: 0,
      uploads: 0,
      blockFiles: 0,
      onNodes: 0,
    });
  });

  it('is nothing that a restore of the backup that is left would need', async () => {
    await story.drill.cluster.destroy();
    await story.drill.hopsworks?.deploy(story.drill.cluster.nodes);

    await story.restore({ backup: kept, confirm: drillCluster });

    expect(judge(before, await story.drill.fingerprint()).differences).toEqual([]);
  });
});
