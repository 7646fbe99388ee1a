import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { createTimeline } from '../../local/drill/timeline.ts';
import { judge } from '../../local/drill/verdict.ts';
import type { Pipeline } from '../../local/pipeline.ts';
import { layout } from '../../model/layout.ts';
import { openBucketOf } from './bucket.ts';
import { boundariesOf, faults } from './faults.ts';
import { nativeBackups } from './native-backups.ts';
import { beginStory, type Story } from './story.ts';

const MINUTES = 60_000;

/** Redrives an execution each time it fails of a fault. */
async function redriveToTheEnd({ engine, finish }: Pipeline, executionArn: string): Promise<unknown> {
  for (;;) {
    const outcome = await finish(executionArn).then(
      (output) => ({ output }),
      (error: Error) => ({ error }),
    );
    if ('output' in outcome) return outcome.output;
    expect(outcome.error).toMatchObject({ name: 'Injected' });
    engine.redriveExecution(executionArn);
  }
}

describe('an execution that fails', { timeout: 10 * MINUTES }, () => {
  const { inject, interfere, outstanding, answersOf } = faults();
  let story: Story;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 200, rondbHome: undefined, hopsworks: 'disks', interfere });
  }, 5 * MINUTES);
  afterAll(() => story?.drill.close());

  const holder = async () => JSON.parse(await openBucketOf(story.pipeline).read(layout.lease(drillCluster))).holder;
  /** Expects a backup to be sealed, from one native backup, with every object stored once, and nothing left of how it came about. */
  async function expectOnce(backupId: string): Promise<void> {
    expect(nativeBackups(story, backupId)).toBe(1);
    const bucket = openBucketOf(story.pipeline);
    const { versions, markers } = await bucket.versions();
    // The lease changes hands, and a sweep that is repeated says anew what it found. Blocks may be there twice: the AWS CLI that is kept
    // loaded here goes on with them after its caller was cancelled, unlike one of a node, which holds the lock of blocks until it ends.
    const objects = versions.filter((key) => /^[^/]+\/backups\//.test(key));
    expect(objects).toContain(layout.manifest(drillCluster, backupId));
    expect(objects).toEqual([...new Set(objects)]);
    expect([...markers, ...(await bucket.uploads())]).toEqual([]);
    expect(await holder()).toBeNull();
  }

  it('before and after each state of a backup, and is redriven each time, takes one native backup and stores every object of it once', async () => {
    inject(boundariesOf('backup'));

    const executionArn = await story.pipeline.start('backup', { cluster: drillCluster });
    const { backupId } = (await redriveToTheEnd(story.pipeline, executionArn)) as { backupId: string };

    expect(outstanding()).toEqual([]);
    await expectOnce(backupId);
    const uploads = answersOf<{ nodes: { answer: { nodes: { sentBytes: number }[] } }[] }>('UploadRondbBackup');
    expect(uploads).toHaveLength(2);
    expect(uploads[1]?.nodes.flatMap(({ answer }) => answer.nodes.map(({ sentBytes }) => sentBytes))).toEqual([0, 0]);
  });

  it('after its native backup leaves the rest to another one that is given the backup id', async () => {
    inject(['UploadRondbBackup before it began']);
    await expect(story.backup()).rejects.toMatchObject({ name: 'Injected' });
    const backupId = answersOf<{ backupId: string }>('PlanBackup').at(-1)?.backupId ?? '';

    expect(await story.backup({ backupId })).toMatchObject({ backupId });

    await expectOnce(backupId);
  });

  it('before and after each state of a restore, and is redriven each time, brings everything back', async () => {
    const before = await story.drill.fingerprint();
    const pipeline = await story.drill.redeploy(createTimeline(() => {}));
    // Something to be replaced.
    await story.drill.cluster.load(50);
    inject(boundariesOf('restore'));

    const request = { cluster: drillCluster, backup: 'latest', confirm: drillCluster, replace: true };
    await redriveToTheEnd(pipeline, await pipeline.start('restore', request));

    // Of blocks in S3; these are on disks.
    expect(outstanding()).toEqual(['RewindBlockBucket', 'RollBackDeletedBlocks']);
    expect(judge(before, await story.drill.fingerprint()).differences).toEqual([]);
    expect(JSON.parse(await openBucketOf(pipeline).read(layout.lease(drillCluster)))).toMatchObject({ holder: null });
  });
});
