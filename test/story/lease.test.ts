import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { layout } from '../../model/layout.ts';
import { openBucketOf } from './bucket.ts';
import { onEntering } from './entering.ts';
import { beginStory, type Story } from './story.ts';

const plan = { cluster: drillCluster, backup: 'latest' };
const confirmed = { ...plan, confirm: drillCluster };

describe('a cluster', { timeout: 300_000 }, () => {
  let story: Story;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows: 200, rondbHome: undefined });
  }, 300_000);
  afterAll(() => story?.drill.close());

  const start = (machine: 'backup' | 'restore', request: object = { cluster: drillCluster }) => story.pipeline.start(machine, request);
  const finish = (executionArn: string) => story.pipeline.finish(executionArn);
  const refusedBy = (holder: string) => ({ name: 'LeaseHeld', message: expect.stringContaining(holder) });
  const holder = async () => JSON.parse(await openBucketOf(story.pipeline).read(layout.lease(drillCluster))).holder;

  it('of which two backups are started in the same second has one, and the other fails at once, saying who runs', async () => {
    const arns = await Promise.all([start('backup'), start('backup')]);

    const outcomes = await Promise.allSettled(arns.map(finish));

    const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
    const loser = story.pipeline.engine.getExecutionHistory(arns[1 - winner] ?? '');
    expect(outcomes[1 - winner]).toMatchObject({ status: 'rejected', reason: refusedBy(arns[winner] ?? '') });
    expect(loser.filter(({ type }) => type.endsWith('StateEntered'))).toHaveLength(1);
    expect(await holder()).toBeNull();
  });

  it('that is being backed up can be asked what a restore would do, and is not restored', async () => {
    const backup = await start('backup');
    await onEntering(story.pipeline, backup, 'CheckNodes');

    const [looked, refused] = await Promise.allSettled([start('restore', plan).then(finish), start('restore', confirmed).then(finish)]);

    expect(looked).toMatchObject({ status: 'fulfilled', value: { possible: false } });
    expect(refused).toMatchObject({ status: 'rejected', reason: refusedBy(backup) });
    expect(await finish(backup)).toMatchObject({ nodes: 2 });
  });

  it('is not changed by a backup that is redriven while another one runs, and finishes it afterwards', async () => {
    const node = story.drill.cluster.nodes.find(({ name }) => name === 'rondb-2')?.instanceId ?? '';
    const first = await start('backup');
    await onEntering(story.pipeline, first, 'CheckNodes', () => story.pipeline.ssm.setPing(node, 'ConnectionLost'));
    await expect(finish(first)).rejects.toMatchObject({ name: 'NodeOffline' });
    story.pipeline.ssm.setPing(node, 'Online');
    const second = await start('backup');
    await onEntering(story.pipeline, second, 'CheckNodes');

    story.pipeline.engine.redriveExecution(first);
    await expect(finish(first)).rejects.toMatchObject(refusedBy(second));

    expect(await finish(second)).toMatchObject({ nodes: 2 });
    story.pipeline.engine.redriveExecution(first);
    expect(await finish(first)).toMatchObject({ nodes: 2 });
  });

  it('that is being restored is not backed up meanwhile', async () => {
    await story.drill.cluster.destroy();
    const restore = await start('restore', confirmed);
    await onEntering(story.pipeline, restore, 'LookAround');

    await expect(start('backup').then(finish)).rejects.toMatchObject(refusedBy(restore));

    await finish(restore);
    expect((await story.verdict()).differences).toEqual([]);
    expect(await holder()).toBeNull();
  });
});
