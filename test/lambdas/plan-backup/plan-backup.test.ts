import { describe, expect, it } from 'vitest';
import { planBackup } from '../../../lambdas/plan-backup/plan-backup.ts';
import { layout } from '../../../model/layout.ts';
import type { BackupPlan } from '../../../model/plan.ts';
import {
  BACKUP_ID,
  backupPaths,
  backupPlan,
  CLUSTER,
  dataNode,
  HEAD,
  instanceOf,
  manifest,
  receipt,
  STEP_SECONDS,
  storedFile,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspection, plannerInput } from '../../fixtures/inspection.ts';

const NEXT_ID = '263261031';
const plannerFor = (bucket = memoryBucket()) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  bucket,
});
const begun = (plan: BackupPlan) => ({ [layout.plan(CLUSTER, plan.backupId)]: JSON.stringify(plan) });
const sealed = (of = manifest()) => ({ [layout.manifest(CLUSTER, of.plan.backupId)]: JSON.stringify(of) });

describe('planning a backup', () => {
  it('names its data nodes, their instances and a head, under the id of its start', async () => {
    const plan = await planBackup(plannerInput(), plannerFor());

    expect(plan).toEqual(backupPlan());
  });

  it('reserves the id by storing the plan', async () => {
    const bucket = memoryBucket();

    const plan = await planBackup(plannerInput(), plannerFor(bucket));

    expect([...bucket.objects.keys()]).toEqual([layout.plan(CLUSTER, BACKUP_ID)]);
    expect(JSON.parse(bucket.objects.get(layout.plan(CLUSTER, BACKUP_ID)) ?? '')).toEqual(plan);
  });

  it('names an instance once that hosts two data nodes', async () => {
    const nodes = [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })];

    const plan = await planBackup(plannerInput({}, inspection(nodes)), plannerFor());

    expect(plan.rondbInstances).toEqual([instanceOf(1)]);
  });

  it('takes the next minute when another execution has the id', async () => {
    const bucket = memoryBucket(begun(backupPlan({ executionId: 'execution-0' })));

    const plan = await planBackup(plannerInput(), plannerFor(bucket));

    expect(plan).toEqual(backupPlan({ backupId: NEXT_ID }));
  });

  it('gives up, naming them, when ten ids are taken', async () => {
    const bucket = memoryBucket();
    for (let attempt = 0; attempt < 10; attempt++)
      await planBackup(plannerInput({}, inspection(), `execution-${attempt}`), plannerFor(bucket));

    const plan = planBackup(plannerInput({}, inspection(), 'execution-10'), plannerFor(bucket));

    await expect(plan).rejects.toMatchObject({ name: 'BackupIdTaken', message: expect.stringContaining(`from ${BACKUP_ID} to 263261039`) });
  });

  it('returns the stored plan when the same execution plans again', async () => {
    const stored = backupPlan({ requiredBytes: '17' });
    const bucket = memoryBucket(begun(stored));

    expect(await planBackup(plannerInput(), plannerFor(bucket))).toEqual(stored);
  });

  it('returns the stored plan also when the same execution had to take a later minute', async () => {
    const stored = backupPlan({ backupId: NEXT_ID, requiredBytes: '17' });
    const bucket = memoryBucket({ ...begun(backupPlan({ executionId: 'execution-0' })), ...begun(stored) });

    expect(await planBackup(plannerInput(), plannerFor(bucket))).toEqual(stored);
  });

  it('continues the backup that the request names, when it was begun and never completed', async () => {
    const stored = backupPlan({ executionId: 'execution-0', backupId: '263251200' });
    const bucket = memoryBucket(begun(stored));

    expect(await planBackup(plannerInput({ backupId: '263251200' }), plannerFor(bucket))).toEqual(stored);
  });

  it('refuses to continue a backup that is complete', async () => {
    const bucket = memoryBucket({ ...begun(backupPlan({ executionId: 'execution-0' })), ...sealed() });

    await expect(planBackup(plannerInput({ backupId: BACKUP_ID }), plannerFor(bucket))).rejects.toMatchObject({ name: 'BackupExists' });
  });

  it.each([
    ['another set of', [dataNode(1)]],
    ['moved', [dataNode(1), dataNode(2, { instanceId: instanceOf(3) })]],
    ['upgraded', [dataNode(1), dataNode(2, { version: 'RonDB-24.10.1' })]],
  ])('refuses to continue a backup that was begun with %s data nodes', async (_what, dataNodes) => {
    const bucket = memoryBucket(begun(backupPlan({ executionId: 'execution-0', dataNodes })));

    await expect(planBackup(plannerInput({ backupId: BACKUP_ID }), plannerFor(bucket))).rejects.toMatchObject({
      name: 'BackupIdTaken',
      message: expect.stringContaining('other data nodes'),
    });
  });

  it('wants half as much again free as the largest node of the newest backup took', async () => {
    const files = (bytes: number) => backupPaths(1).map((path) => storedFile(path, { bytes, storedBytes: 1 }));
    const older = manifest({ plan: backupPlan({ backupId: '263251200' }), receipts: [receipt(1, { files: files(900) }), receipt(2)] });
    const newer = manifest({
      plan: backupPlan({ backupId: '263251300' }),
      receipts: [receipt(1, { files: files(10) }), receipt(2, { files: files(101) })],
    });

    const plan = await planBackup(plannerInput(), plannerFor(memoryBucket({ ...sealed(older), ...sealed(newer) })));

    expect(plan.requiredBytes).toBe('455');
  });
});

describe('planning a backup that cannot be', () => {
  it.each([
    ['UnknownCluster', 'for another cluster', plannerInput({ cluster: 'other' })],
    ['RequestInvalid', 'with an unknown field', plannerInput({ force: true })],
    ['RequestInvalid', 'with an id that is no minute', plannerInput({ backupId: '263671030' })],
    ['RequestInvalid', 'without a request', { ...plannerInput(), request: undefined }],
    ['RequestInvalid', 'of an execution whose name cannot be part of a key', plannerInput({}, inspection(), 'a/b')],
    ['RequestInvalid', 'from answers that no node gives', plannerInput({}, [{ instanceId: HEAD, answer: {} }] as never)],
    ['NoNodes', 'without a head', plannerInput({}, inspection().slice(1))],
    ['NodeUnaccounted', 'with a data node on no instance', plannerInput({}, inspection().slice(0, 2))],
  ])('fails as %s %s, and reserves nothing', async (name, _what, input) => {
    const bucket = memoryBucket();

    await expect(planBackup(input, plannerFor(bucket))).rejects.toMatchObject({ name });

    expect(bucket.objects.size).toBe(0);
  });
});

describe('a backup that is to be continued', () => {
  it('is refused when no backup was begun under the id, and reserves nothing', async () => {
    const bucket = memoryBucket();

    const planned = planBackup(plannerInput({ backupId: BACKUP_ID }), plannerFor(bucket));

    await expect(planned).rejects.toMatchObject({ name: 'RequestInvalid', message: expect.stringContaining(BACKUP_ID) });
    expect([...bucket.objects.keys()]).toEqual([]);
  });
});

describe('a newest backup whose manifest cannot be read', () => {
  it('does not stop a new backup', async () => {
    const bucket = memoryBucket({ [layout.manifest(CLUSTER, '263251300')]: '{"formatVersion":9}' });

    const plan = await planBackup(plannerInput(), plannerFor(bucket));

    expect(plan.requiredBytes).toBe('0');
  });
});
