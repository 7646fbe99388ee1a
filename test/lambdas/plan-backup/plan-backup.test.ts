import { describe, expect, it, vi } from 'vitest';
import { planBackup } from '../../../lambdas/plan-backup/plan-backup.ts';
import { hopsfsSchema } from '../../../model/hopsfs.ts';
import { layout } from '../../../model/layout.ts';
import type { BackupPlan } from '../../../model/plan.ts';
import {
  BACKUP_ID,
  backupPaths,
  backupPlan,
  CLUSTER,
  dataDirectory,
  dataNode,
  datanodeInstance,
  datanodeUuid,
  HEAD,
  instanceOf,
  manifest,
  onDisks,
  receipt,
  STEP_SECONDS,
  storage,
  storageId,
  storedFile,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspectedDatanode, inspectedDirectory, inspectedHopsfs, inspection, plannerInput } from '../../fixtures/inspection.ts';

const NEXT_ID = '263261031';
const plannerFor = (bucket = memoryBucket()) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  hopsfs: null,
  bucket,
});
const disks = hopsfsSchema.parse({ storage: 'disks' });
const withDisks = (bucket = memoryBucket()) => ({ ...plannerFor(bucket), hopsfs: disks });
const inputWith = (hopsfs = inspectedHopsfs(), request = {}) => plannerInput(request, inspection(), 'execution-1', hopsfs);
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

  it('records why this backup is never to be removed', async () => {
    const bucket = memoryBucket();

    await planBackup(plannerInput({ keep: 'before the upgrade' }), plannerFor(bucket));

    expect(JSON.parse(bucket.objects.get(layout.plan(CLUSTER, BACKUP_ID)) ?? '')).toMatchObject({ keep: 'before the upgrade' });
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
    const of = (backupId: string, first: number, second: number) =>
      manifest({
        plan: backupPlan({ backupId }),
        receipts: [first, second].map((bytes, index) =>
          receipt(index + 1, { backupId, files: backupPaths(index + 1, 0, backupId).map((path) => storedFile(path, bytes)) }),
        ),
      });
    const [older, newer] = [of('263251200', 900, 1), of('263251300', 10, 101)];

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
  it('does not stop a new backup, which goes by the newest that can', async () => {
    const readable = manifest({ plan: backupPlan({ backupId: '263251200', ...onDisks() }) });
    const bucket = memoryBucket({ ...sealed(readable), [layout.manifest(CLUSTER, '263251300')]: '{"formatVersion":9}' });
    const warn = vi.spyOn(console, 'warn').mockReturnValue();

    const plan = await planBackup(inputWith(), withDisks(bucket));

    expect(plan.previousBackupId).toBe('263251200');
    expect(Number(plan.requiredBytes)).toBeGreaterThan(0);
    expect(warn).toHaveBeenCalledWith('Newer backups cannot be read: 263251300.');
    warn.mockRestore();
  });
});

describe('planning a backup of blocks on disks', () => {
  it('names every storage of every datanode, in order', async () => {
    const directories = [inspectedDirectory(1, 1), inspectedDirectory(1)];

    const plan = await planBackup(inputWith([inspectedDatanode(2), inspectedDatanode(1, directories)]), withDisks());

    expect(plan).toMatchObject({
      ...onDisks([storage(1), storage(1, 1), storage(2)]),
      dataDirectories: dataDirectory(),
      previousBackupId: 'none',
    });
  });

  it('sends only what is new since the newest backup that has blocks', async () => {
    const older = manifest({ plan: backupPlan({ backupId: '263251200', ...onDisks() }) });

    const plan = await planBackup(inputWith(), withDisks(memoryBucket(sealed(older))));

    expect(plan.previousBackupId).toBe('263251200');
  });

  it('sends all of it when the newest backup has no blocks', async () => {
    const older = manifest({ plan: backupPlan({ backupId: '263251200' }) });

    expect((await planBackup(inputWith(), withDisks(memoryBucket(sealed(older))))).previousBackupId).toBe('none');
  });

  it('leaves out a directory that no datanode has used yet', async () => {
    const unused = inspectedDirectory(1, 1, { storageId: null, datanodeUuid: null });

    const plan = await planBackup(inputWith([inspectedDatanode(1, [inspectedDirectory(1), unused])]), withDisks());

    expect(plan).toMatchObject(onDisks([storage(1)]));
  });

  it.each([
    ['without any datanode', [], 'No instance is a datanode'],
    [
      'with a datanode whose directories no datanode has used',
      [inspectedDatanode(1), inspectedDatanode(2, [inspectedDirectory(2, 0, { storageId: null, datanodeUuid: null })])],
      `${datanodeInstance(2)} has no storage`,
    ],
    ['with a datanode without directories', [inspectedDatanode(1), inspectedDatanode(2, [])], `${datanodeInstance(2)} has no storage`],
    [
      'with one storage in two directories',
      [inspectedDatanode(1, [inspectedDirectory(1), inspectedDirectory(1, 1, { storageId: storageId(1) })])],
      `${storageId(1)} is in more than one place: ${datanodeInstance(1)}:${dataDirectory()}, ${datanodeInstance(1)}:${dataDirectory(1)}`,
    ],
    [
      'with one storage on two instances',
      [inspectedDatanode(1), inspectedDatanode(2, [inspectedDirectory(2, 0, { storageId: storageId(1) })])],
      `${storageId(1)} is in more than one place: ${datanodeInstance(1)}:${dataDirectory()}, ${datanodeInstance(2)}:${dataDirectory()}`,
    ],
    [
      'with one datanode on two instances',
      [inspectedDatanode(1), inspectedDatanode(2, [inspectedDirectory(2, 0, { datanodeUuid: datanodeUuid(1) })])],
      `${datanodeUuid(1)} is on more than one instance: ${datanodeInstance(1)}, ${datanodeInstance(2)}`,
    ],
    [
      'with two datanodes on one instance',
      [inspectedDatanode(1, [inspectedDirectory(1), inspectedDirectory(2, 1)])],
      `${datanodeInstance(1)} has directories of more than one datanode: ${datanodeUuid(1)}, ${datanodeUuid(2)}`,
    ],
  ])('refuses HopsFS %s, and reserves nothing', async (_what, datanodes, message) => {
    const bucket = memoryBucket();

    const plan = planBackup(inputWith(datanodes), withDisks(bucket));

    await expect(plan).rejects.toMatchObject({ name: 'SnapshotFailed', message: expect.stringContaining(message) });
    expect(bucket.objects.size).toBe(0);
  });

  it('refuses to continue a backup that was begun with other storages', async () => {
    const bucket = memoryBucket(begun(backupPlan({ executionId: 'execution-0', ...onDisks([storage(1)]) })));

    const plan = planBackup(inputWith(inspectedHopsfs(), { backupId: BACKUP_ID }), withDisks(bucket));

    await expect(plan).rejects.toMatchObject({ name: 'BackupIdTaken', message: expect.stringContaining('other HopsFS storages') });
  });

  it('says of blocks in S3 where they are, and names no storage', async () => {
    const s3 = hopsfsSchema.parse({ storage: 's3', bucket: 'example-hopsfs-blocks' });

    const plan = await planBackup(plannerInput(), { ...plannerFor(), hopsfs: s3 });

    expect(plan).toEqual(backupPlan({ blocks: 's3' }));
  });
});
