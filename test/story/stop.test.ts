import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drillCluster } from '../../local/drill/drill.ts';
import { layout } from '../../model/layout.ts';
import { rondbHome } from '../rondb-home.ts';
import { openBucketOf } from './bucket.ts';
import { onEntering } from './entering.ts';
import { nativeBackups } from './native-backups.ts';
import { processesWith } from './processes.ts';
import { beginStory, type Story } from './story.ts';

const MINUTES = 60_000;

/** The node scripts of a story that run at this moment. */
function scriptsOf({ drill }: Story): number[] {
  const scripts = processesWith('/_script.sh');
  return processesWith(drill.directory).filter((pid) => scripts.includes(pid));
}

/** The clean-up of an execution, when it has ended. */
async function cleanUpOf({ pipeline }: Story, executionArn: string): Promise<{ status: string; output?: unknown }> {
  const isIts = ({ input }: { input: unknown }) => (input as { executionArn: string }).executionArn === executionArn;
  let found: { executionArn: string } | undefined;
  while (!found) {
    await delay(100);
    found = pipeline.engine.listExecutions(pipeline.stateMachineArn('clean-up')).find(isIts);
  }
  return await pipeline.engine.settled(found.executionArn);
}

const localDirectories = ({ drill }: Story, backupId: string) =>
  drill.cluster.nodes
    .filter(({ roles }) => roles.includes('rondb'))
    .flatMap(({ directory }) =>
      [`BACKUP/BACKUP-${backupId}`, `hopsdr/${backupId}`].map((path) => join(directory, 'mysql-cluster/ndb/backups', path)),
    );

/** Stops an execution as an operator does, while what a state does on the nodes is under way, and waits for what follows. */
async function stop(story: Story, machine: 'backup' | 'restore', request: object, state: string) {
  const { pipeline } = story;
  const before = nativeBackups(story);
  const executionArn = await pipeline.start(machine, { cluster: drillCluster, ...request });
  await onEntering(pipeline, executionArn, state);
  const isUnderWay = () => (state === 'StartRondbBackup' ? nativeBackups(story) > before : scriptsOf(story).length > 0);
  while (!isUnderWay()) await delay(20);
  await pipeline.engine.stopExecution(executionArn, { error: 'Operator', cause: 'changed my mind' });
  return { executionArn, cleanUp: await cleanUpOf(story, executionArn) };
}

/** The id of the backup that an execution began. */
async function backupOf({ pipeline }: Story, executionArn: string): Promise<string> {
  const bucket = openBucketOf(pipeline);
  const plans = (await bucket.keys()).filter((key) => /backups\/[0-9]+\/plan.json$/.test(key));
  for (const key of plans) {
    const { executionId, backupId } = JSON.parse(await bucket.read(key)) as { executionId: string; backupId: string };
    if (executionArn.endsWith(`:${executionId}`)) return backupId;
  }
  throw new Error(`${executionArn} has begun no backup`);
}

const standIn = { kind: 'the stand-in', home: undefined, rows: 500 };
const withoutRondb = ['CheckNodes', 'UploadRondbBackup'];
const native = 'StartRondbBackup';
/** What RonDB has a part in, the real one decides where there is one. Its native backup must be caught running: of so many rows, it takes about a second. */
const clusters = rondbHome
  ? [
      { ...standIn, states: withoutRondb, goesOn: false },
      { kind: 'a real cluster', home: rondbHome, rows: 15_000, states: [native], goesOn: true },
    ]
  : [{ ...standIn, states: [...withoutRondb, native], goesOn: true }];

describe.each(clusters)('stopping on $kind an execution', { timeout: 5 * MINUTES }, ({ home, rows, states, goesOn }) => {
  let story: Story;
  beforeAll(async () => {
    story = await beginStory({ nodes: 2, rows, rondbHome: home, ...(states.includes(native) && { backupDuration: 8000 }) });
  }, 5 * MINUTES);
  afterAll(() => story?.drill.close(), MINUTES);

  it.each(states)(
    'of backup in %s leaves no command, no native backup, no file, no upload and the lease free, and tells people',
    async (state) => {
      const { executionArn, cleanUp } = await stop(story, 'backup', {}, state);

      const backupId = await backupOf(story, executionArn);
      expect(cleanUp).toMatchObject({ status: 'SUCCEEDED', output: { error: 'Operator', swept: true } });
      expect([...scriptsOf(story), ...processesWith(`START BACKUP ${backupId}`)]).toEqual([]);
      expect(localDirectories(story, backupId).filter(existsSync)).toEqual([]);
      expect(await openBucketOf(story.pipeline).uploads()).toEqual([]);
      expect(JSON.parse(await openBucketOf(story.pipeline).read(layout.lease(drillCluster)))).toMatchObject({ holder: null });
      expect(story.pipeline.messages.at(-1)).toMatchObject({
        subject: expect.stringContaining('backup of drill was stopped'),
        message: expect.stringContaining(executionArn),
      });
    },
  );

  if (!goesOn) return;

  it('lets the next backup be complete', async () => {
    expect(await story.backup()).toMatchObject({ nodes: 2 });
  });

  it('of restore leaves no command, and a redrive brings everything back', async () => {
    await story.drill.cluster.destroy();
    const request = { backup: 'latest', confirm: drillCluster };

    const { executionArn, cleanUp } = await stop(story, 'restore', request, 'DownloadRondbBackup');

    expect(cleanUp).toMatchObject({ status: 'SUCCEEDED', output: { error: 'Operator', swept: false } });
    expect(scriptsOf(story)).toEqual([]);
    story.pipeline.engine.redriveExecution(executionArn);
    await story.pipeline.finish(executionArn);
    expect((await story.verdict()).differences).toEqual([]);
  });
});
