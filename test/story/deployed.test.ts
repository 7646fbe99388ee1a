import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LifecycleRule } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockBucket as blocks, drillCluster } from '../../local/drill/drill.ts';
import type { InvocationChange } from '../../local/ssm/ssm.ts';
import { backupIdAt } from '../../model/backup-id.ts';
import { layout } from '../../model/layout.ts';
import { parseManifest } from '../../model/manifest.ts';
import { openBucketOf } from './bucket.ts';
import { beginStory, type Story } from './story.ts';

/** Enough months for what is seeded below, even when the story goes on over the end of a month. */
const retention = { daily: 0, weekly: 0, monthly: 3, minimum: 2 };
/** The longest three months, the day until the next backup, and the 30 days that what was removed can be had back. */
const BLOCK_DAYS = 3 * 31 + 1 + 30;

/** It puts parameters into the text of a script; newer ones hand them over as variables. */
const agentVersion = '3.2.582.0';

const rule = (ID: string, action: Partial<LifecycleRule>, Prefix = 'hopsfs/'): LifecycleRule => ({
  ID,
  Status: 'Enabled',
  Filter: { Prefix },
  ...action,
});
const safe = [
  rule('noncurrent', { NoncurrentVersionExpiration: { NoncurrentDays: BLOCK_DAYS } }),
  rule('elsewhere', { Expiration: { Days: 1 } }, 'logs/'),
];
const tidy = rule('tidy', { Expiration: { Days: 365 } });
const hasty = rule('hasty', { NoncurrentVersionExpiration: { NoncurrentDays: BLOCK_DAYS - 1 } });
/** By what a block bucket is unsafe: its versioning, its rules, and what is said of them. */
const dangers: Record<string, ['Enabled' | 'Suspended', LifecycleRule[], string]> = {
  'suspended versioning': ['Suspended', safe, 'versioning is Suspended instead of Enabled'],
  'a rule that expires current objects': ['Enabled', [...safe, tidy], 'rule tidy expires current objects after 365 days'],
  'a rule that removes noncurrent versions too early': [
    'Enabled',
    [hasty],
    `rule hasty removes noncurrent versions after ${BLOCK_DAYS - 1} days, but backups refer to them for up to ${BLOCK_DAYS}`,
  ],
};

describe('a deployed stack of a cluster with HopsFS in S3 and old SSM agents', { timeout: 300_000 }, () => {
  let story: Story;
  let bucket: ReturnType<typeof openBucketOf>;
  let blockBucket: ReturnType<typeof openBucketOf>;
  const sent: InvocationChange[] = [];
  beforeAll(async () => {
    const verifications = [{ name: 'weekly', expression: 'cron(0 6 ? * SUN *)', depth: 'objects' }];
    const objectives = { verificationDays: 8 };
    const cluster = { retention, verifications, objectives, hopsfs: { storage: 's3', bucket: blocks, prefix: 'hopsfs' } };
    story = await beginStory({ nodes: 2, rows: 500, rondbHome: undefined, hopsworks: 's3', agentVersion, cluster });
    bucket = openBucketOf(story.pipeline);
    blockBucket = openBucketOf({ ...story.pipeline, bucket: blocks });
    story.pipeline.ssm.onInvocation((change) => sent.push(change));
  }, 300_000);
  afterAll(() => story?.drill.close());

  const manifestOf = async (backupId: string) => parseManifest(await bucket.read(layout.manifest(drillCluster, backupId)));

  /** The metrics that a function has published so far, each line by its names and dimensions. */
  const metricsOf = async (functionName: string) =>
    (await story.pipeline.lambdaLog(functionName))
      .split('\n')
      .filter((line) => line.includes('"CloudWatchMetrics"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  describe('whose blocks could be lost', () => {
    it.each(Object.entries(dangers))('finds %s', async (_, [versioning, rules, danger]) => {
      await blockBucket.setVersioning(versioning);
      await blockBucket.setLifecycle(rules);

      const check = story.pipeline.invoke('check-block-bucket', { plan: { backupId: '263261030' } });

      const message = expect.stringContaining(`The bucket ${blocks} would lose blocks: ${danger}.`);
      await expect(check).rejects.toMatchObject({ name: 'BlockBucketUnsafe', message });
    });

    it('refuses a backup before it asks a node for anything, and people are told', async () => {
      await blockBucket.setVersioning('Suspended');
      await blockBucket.setLifecycle([tidy, hasty]);

      const backup = story.backup();

      const all = Object.values(dangers).map(([, , danger]) => danger);
      const message = expect.stringContaining(`The bucket ${blocks} would lose blocks: ${all.join('; ')}.`);
      await expect(backup).rejects.toMatchObject({ name: 'BlockBucketUnsafe', message });
      const subject = 'hopsworks-dr: backup of drill failed: BlockBucketUnsafe';
      await expect.poll(() => story.pipeline.messages, { timeout: 30_000 }).toEqual([expect.objectContaining({ subject, message })]);
      expect(new Set(sent.map(({ documentName }) => documentName))).toEqual(new Set(['hopsdr-drill-inspect-cluster']));
      expect(await bucket.keys(layout.backups(drillCluster))).toEqual([expect.stringMatching(/^drill\/backups\/[0-9]{9}\/plan\.json$/)]);
    });
  });

  describe('whose blocks are safe', () => {
    let first: string;
    beforeAll(async () => {
      await blockBucket.setVersioning('Enabled');
      await blockBucket.setLifecycle(safe);
    });

    it('takes one backup for a time that its schedule delivers three times', async () => {
      const { pipeline } = story;
      const scheduled = new Date('2026-11-22T02:00:00Z');
      const executions = () => pipeline.engine.listExecutions(pipeline.stateMachineArn('backup'));
      const before = executions().length;

      await Promise.all([pipeline.deliverSchedule('nightly', scheduled), pipeline.deliverSchedule('nightly', scheduled)]);
      const [{ executionArn = '' } = {}] = executions();
      ({ backupId: first } = (await pipeline.finish(executionArn)) as { backupId: string });
      await pipeline.deliverSchedule('nightly', scheduled);

      expect(executions()).toHaveLength(before + 1);
      expect((await manifestOf(first)).plan.executionId).toBe('nightly-20261122T020000Z');
    });

    it('says how many rows and bytes the backup holds', async () => {
      const { completion, receipts, metadata } = await manifestOf(first);
      const files = [...receipts.flatMap((receipt) => receipt.files), ...metadata];

      const [backup, ...nodes] = await metricsOf('seal-backup');

      expect(backup).toMatchObject({
        Cluster: drillCluster,
        BackupRows: completion.records,
        BackupBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
        // No file is as large as a part: none is shipped before RonDB has completed.
        BackupLateBytes: receipts.flatMap((receipt) => receipt.files).reduce((sum, { bytes }) => sum + bytes, 0),
      });
      expect(nodes).toEqual(
        receipts.map(({ nodeId, files }) =>
          expect.objectContaining({ Node: String(nodeId), NodeBytes: files.reduce((sum, { bytes }) => sum + bytes, 0) }),
        ),
      );
      expect(completion.records).toBeGreaterThan(500);
    });

    it('says how old the newest backup is', async () => {
      const startedAt = Date.parse((await manifestOf(first)).plan.startedAt);
      const earliest = (Date.now() - startedAt) / 1000;

      await story.pipeline.invoke('watch-backups', {});

      const [watched] = await metricsOf('watch-backups');
      expect(watched).toMatchObject({ Cluster: drillCluster, Backups: 1, UnreadableManifests: 0 });
      expect(watched?.RecoveryPointAgeSeconds).toBeGreaterThanOrEqual(earliest);
      expect(watched?.RecoveryPointAgeSeconds).toBeLessThanOrEqual((Date.now() - startedAt) / 1000);
    });

    it('removes the backups that retention gives up, and nothing else, so that they can be had back', async () => {
      const template = await manifestOf(first);
      const keep = await seed('2021-03-05T02:00:00.000Z');
      const outdated = [await seed('2021-03-01T02:00:00.000Z'), await seed('2021-03-04T02:00:00.000Z')].flat();
      const keys = async () =>
        (await bucket.keys()).filter((key) => key !== layout.lease(drillCluster) && !key.startsWith(`${drillCluster}/sweeps/`));
      const before = await keys();

      const { backupId } = await story.backup();

      const own = `${layout.backup(drillCluster, backupId)}/`;
      const left = (await keys()).filter((key) => !key.startsWith(own));
      const { versions, markers } = await bucket.versions(layout.backups(drillCluster));
      expect(before).toEqual(expect.arrayContaining([...keep, ...outdated]));
      expect(left).toEqual(before.filter((key) => !outdated.includes(key)));
      expect(markers).toEqual(outdated);
      expect(versions).toEqual(expect.arrayContaining(outdated));

      /** A copy of the first backup's plan and manifest that was taken at another time; its keys. */
      async function seed(startedAt: string): Promise<string[]> {
        const id = backupIdAt(new Date(startedAt));
        const manifest = { ...template, plan: { ...template.plan, startedAt } };
        const text = JSON.stringify(manifest).replaceAll(template.plan.backupId, id);
        const keys = [layout.manifest(drillCluster, id), layout.plan(drillCluster, id)];
        await bucket.add(layout.plan(drillCluster, id), JSON.stringify(parseManifest(text).plan));
        await bucket.add(layout.manifest(drillCluster, id), text);
        return keys;
      }
    });

    it('brings everything back in place of what there is', async () => {
      await story.drill.cluster.change();

      await story.restore({ backup: first, confirm: drillCluster, replace: true });

      expect((await story.verdict()).differences).toEqual([]);
      const { directory = '' } = sent.findLast(({ documentName }) => documentName.endsWith('restore-rondb-data')) ?? {};
      expect(await readFile(join(directory, '_script.sh'), 'utf8')).toContain(first);
    });

    it('verifies the newest backup once for a time that a schedule of verifications delivers twice, while the next backup runs', async () => {
      const { pipeline } = story;
      const scheduled = new Date('2026-11-22T06:00:00Z');
      const newest = (await bucket.keys())
        .filter((key) => key.endsWith('/manifest.json'))
        .sort()
        .at(-1);
      const next = story.backup();

      await Promise.all([pipeline.deliverSchedule('weekly', scheduled), pipeline.deliverSchedule('weekly', scheduled)]);
      const executions = pipeline.engine.listExecutions(pipeline.stateMachineArn('verify'));
      const report = (await pipeline.finish(executions[0]?.executionArn ?? '')) as { backupId: string };

      expect(executions.map(({ name }) => name)).toEqual(['weekly-20261122T060000Z']);
      expect(report).toMatchObject({ depth: 'objects', verdict: 'intact' });
      expect(layout.manifest(drillCluster, report.backupId)).toBe(newest);
      expect((await next).backupId).not.toBe(report.backupId);
    });
  });
});
