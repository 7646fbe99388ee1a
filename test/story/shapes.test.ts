import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Shape } from '../../local/cluster/cluster.ts';
import type { Fingerprint } from '../../local/cluster/fingerprint.ts';
import { type Drill, drillCluster, openDrill } from '../../local/drill/drill.ts';
import { createTimeline } from '../../local/drill/timeline.ts';
import { judge } from '../../local/drill/verdict.ts';
import { parseManifest } from '../../model/manifest.ts';
import { rondbHome } from '../rondb-home.ts';
import { synthesizeOnce } from './assemblies.ts';
import { openBucketOf } from './bucket.ts';

const MINUTES = 60_000;
const silence = createTimeline(() => {});

describe.skipIf(!rondbHome)('a real cluster that comes back in another shape', { timeout: 5 * MINUTES }, () => {
  let drill: Drill;
  let before: Fingerprint;
  beforeAll(async () => {
    drill = await openDrill({ nodes: 2, rows: 1000, rondbHome, synthesize: synthesizeOnce });
    await drill.prepare(silence);
    before = await drill.cluster.fingerprint();
  }, 5 * MINUTES);
  afterAll(() => drill?.close(), MINUTES);

  it('was backed up from two data nodes with two threads each', async () => {
    const files = await backUp();

    expect(files).toEqual({ 1: ['PART-1-OF-2', 'PART-2-OF-2'], 2: ['PART-1-OF-2', 'PART-2-OF-2'] });
  });

  it('has everything on one data node with another id and twice the threads', async () => {
    const restored = await loseAndRestore({ dataNodes: 1, firstNodeId: 3, ldm: 4 });

    expect(restored).toEqual({ 'rondb-3': [1, 2] });
    expect(await differences()).toEqual([]);
  });

  it('has everything on four data nodes with other ids and one thread each', async () => {
    const restored = await loseAndRestore({ dataNodes: 4, firstNodeId: 3, ldm: 1 });

    expect(restored).toEqual({ 'rondb-3': [1], 'rondb-4': [2] });
    expect(await differences()).toEqual([]);
  });

  it('was backed up from four data nodes with one thread each, whose backups have no parts', async () => {
    const files = await backUp();

    expect(files).toEqual({ 3: [''], 4: [''], 5: [''], 6: [''] });
  });

  it('has everything on two data nodes, one of which has an id that the backup does not know', async () => {
    const restored = await loseAndRestore({ dataNodes: 2, firstNodeId: 6, ldm: 2 });

    expect(Object.values(restored).flat().sort()).toEqual([3, 4, 5, 6]);
    expect(restored['rondb-6']).toContain(6);
    expect(restored['rondb-7']).not.toEqual([]);
    expect(await differences()).toEqual([]);
  });

  const differences = async () => judge(before, await drill.cluster.fingerprint()).differences;

  /** The parts that each data node's backup has in the bucket. */
  async function backUp(): Promise<Record<number, string[]>> {
    const pipeline = await drill.prepare(silence);
    const sealed = (await pipeline.finish(await pipeline.start('backup', { cluster: drillCluster }))) as { manifest: string };
    const { receipts } = parseManifest(await openBucketOf(pipeline).read(sealed.manifest));
    return Object.fromEntries(
      receipts.map(({ nodeId, files }) => [
        nodeId,
        [...new Set(files.map(({ path }) => /^BACKUP-[0-9]+-?(.*?)\//.exec(path)?.[1] ?? path))].sort(),
      ]),
    );
  }

  /** Which instance restored the rows of which backup nodes, as their scripts say; once is once. */
  async function loseAndRestore(shape: Partial<Shape>): Promise<Record<string, number[]>> {
    const pipeline = await drill.redeploy(silence, shape);
    const outputs: Promise<[string, string]>[] = [];
    pipeline.ssm.onInvocation(({ documentName, status, nodeName, directory }) => {
      if (!documentName.endsWith('restore-rondb-data') || status !== 'Success') return;
      outputs.push(readFile(join(directory, 'stdout'), 'utf8').then((stdout) => [nodeName, stdout]));
    });
    await pipeline.finish(await pipeline.start('restore', { cluster: drillCluster, backup: 'latest', confirm: drillCluster }));
    const answers = (await Promise.all(outputs)).map(([name, stdout]) => {
      const { nodes } = JSON.parse(stdout) as { nodes: { nodeId: number }[] };
      return [name, nodes.map(({ nodeId }) => nodeId)] as const;
    });
    expect(new Set(answers.map(([name]) => name)).size).toBe(answers.length);
    return Object.fromEntries(answers);
  }
});
