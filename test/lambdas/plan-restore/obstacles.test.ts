import { describe, expect, it } from 'vitest';
import { planRestore } from '../../../lambdas/plan-restore/plan-restore.ts';
import type { NodeAnswers } from '../../../model/answers.ts';
import { layout } from '../../../model/layout.ts';
import { impossibleRestoreSchema } from '../../../model/plan.ts';
import { BACKUP_ID, backupPaths, backupPlan, CLUSTER, dataNode, instanceOf, manifest, receipt, START_TIME } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspection } from '../../fixtures/inspection.ts';

import { begunOn, confirmed, PLAN, plannerFor, restoreInput, stored, WORDS, written } from './given.ts';

const objectKey = `${layout.rondbNode(CLUSTER, BACKUP_ID, 2)}/${backupPaths(2, 2)[0]}`;
const altered = (change: (objects: Map<string, string>) => void) => {
  const bucket = memoryBucket(stored());
  change(bucket.objects);
  return bucket;
};
const withManifest = (text: string) => altered((objects) => objects.set(layout.manifest(CLUSTER, BACKUP_ID), text));
const old = [dataNode(1), dataNode(2, { version: 'RonDB-22.10.3' })];
const inTheWay = inspection(undefined, ['shop.orders']);

describe('planning a restore that cannot be', () => {
  it.each([
    ['UnknownCluster', 'of another cluster', { ...confirmed, cluster: 'other' }],
    ['UnknownCluster', 'confirmed with another name', { ...confirmed, confirm: 'other' }],
    ['RequestInvalid', 'with an unknown field', { ...confirmed, force: true }],
    ['RequestInvalid', 'of an id that is no minute', { backup: '263671030' }],
    ['RequestInvalid', 'by id and by time', { ...confirmed, before: START_TIME }],
  ])('fails as %s %s, and writes nothing', async (name, _what, request) => {
    const bucket = memoryBucket(stored());

    await expect(planRestore(restoreInput(request), plannerFor(bucket))).rejects.toMatchObject({ name });

    expect(written(bucket)).toEqual([]);
  });

  const obstacles: [string, string, object, ReturnType<typeof memoryBucket>, NodeAnswers<'InspectCluster'>][] = [
    ['ManifestMissing', 'of an id without a manifest', { backup: '263251200' }, memoryBucket(stored()), inspection()],
    ['ManifestMissing', 'of the latest of none', { backup: 'latest' }, memoryBucket(), inspection()],
    ['ManifestMissing', 'of a time before the first', { before: '2026-11-22T10:29:59Z' }, memoryBucket(stored()), inspection()],
    ['ManifestUnsupported', 'of another format', {}, withManifest(JSON.stringify({ ...manifest(), formatVersion: 2 })), inspection()],
    ['ManifestUnsupported', 'of a damaged manifest', {}, withManifest(JSON.stringify(manifest()).slice(1)), inspection()],
    [
      'ManifestUnsupported',
      "whose manifest lacks a node's receipt",
      {},
      withManifest(JSON.stringify(manifest({ receipts: [receipt(1)] }))),
      inspection(),
    ],
    [
      'ManifestUnsupported',
      'whose manifest is of another backup',
      {},
      withManifest(JSON.stringify(manifest({ plan: backupPlan({ backupId: '263261031' }) }))),
      inspection(),
    ],
    ['ObjectMissing', 'without an object', {}, altered((objects) => objects.delete(objectKey)), inspection()],
    ['ObjectAltered', 'with an altered object', {}, altered((objects) => objects.set(objectKey, 'x')), inspection()],
    ['TargetNotEmpty', 'into a cluster that still holds data', {}, memoryBucket(stored()), inTheWay],
    ['VersionTooOld', 'into an older RonDB', {}, memoryBucket(stored()), inspection(old)],
    ['NodeUnaccounted', 'with a data node on no instance', {}, memoryBucket(stored()), inspection().slice(0, 2)],
    ['NoNodes', 'without a head', {}, memoryBucket(stored()), inspection().slice(1)],
  ];
  const requestOf = (request: object) => (Object.keys(request).length > 0 ? request : { backup: BACKUP_ID });

  it.each(obstacles)('says %s %s, without failing', async (error, _what, request, { objects }, nodes) => {
    const bucket = memoryBucket(Object.fromEntries(objects));

    const plan = await planRestore(restoreInput(requestOf(request), nodes), plannerFor(bucket));

    expect(plan).toMatchObject({ possible: false, obstacles: [{ error, message: expect.stringMatching(/\. \S/) }] });
    expect(impossibleRestoreSchema.parse(plan)).toEqual(plan);
    expect(JSON.parse(bucket.objects.get(PLAN) ?? '')).toEqual(plan);
    expect(bucket.objects.get(WORDS)).toContain(`1. **${error}**: `);
  });

  it.each(obstacles)(
    'fails as %s %s when it is confirmed, and writes nothing but the plan',
    async (name, _what, request, bucket, nodes) => {
      const plan = planRestore(restoreInput({ ...requestOf(request), confirm: CLUSTER }, nodes), plannerFor(bucket));

      await expect(plan).rejects.toMatchObject({ name });
      expect(written(bucket).sort()).toEqual([PLAN, WORDS]);
      expect(JSON.parse(bucket.objects.get(PLAN) ?? '')).toMatchObject({ confirmed: true, possible: false });
    },
  );

  it('says all obstacles at once, and when it is confirmed fails with the name of the first', async () => {
    const bucket = altered((objects) => {
      objects.delete(objectKey);
      objects.set(objectKey.replaceAll('.Data', '.ctl').replace('-0.2', '.2'), 'x');
    });
    const nodes = inspection([...old, dataNode(3, { version: 'RonDB-21.4.0' })], ['shop.orders']).slice(0, 3);

    const plan = await planRestore(restoreInput({ backup: BACKUP_ID }, nodes), plannerFor(bucket));
    const failure = await planRestore(restoreInput(confirmed, nodes), plannerFor(bucket)).catch((error: Error) => error);

    const names = ['NodeUnaccounted', 'TargetNotEmpty', 'VersionTooOld', 'ObjectMissing', 'ObjectAltered'];
    expect(plan.obstacles.map(({ error }) => error)).toEqual(names);
    expect(failure).toMatchObject({ name: 'NodeUnaccounted', message: expect.stringMatching(/^5 obstacles\. /) });
    for (const [index, { error, message }] of plan.obstacles.entries()) {
      expect((failure as Error).message).toContain(`(${index + 1}) ${error}: ${message}`);
    }
  });

  it.each([
    [{ backup: 'latest' }, ['263270000', '263270100']],
    [{ before: '2026-11-23T00:00:00Z' }, ['263270000']],
  ])('never takes an older backup for %j instead of one that cannot be read', async (request, unreadable) => {
    const broken = ['263270000', '263270100'].map((id) => [layout.manifest(CLUSTER, id), '{"formatVersion":2}']);
    const bucket = memoryBucket({ ...stored(), ...Object.fromEntries(broken) });

    const plan = await planRestore(restoreInput(request), plannerFor(bucket));

    expect(plan.obstacles).toEqual([
      { error: 'ManifestUnsupported', message: expect.stringContaining(unreadable.toReversed().join(', ')) },
    ]);
    expect(plan.obstacles[0]?.message).toContain(`To restore the older ${BACKUP_ID} all the same, give its id.`);
    expect(plan.warnings).toHaveLength(unreadable.length);
    expect(plan.warnings[0]).toContain('formatVersion 2');
  });

  it('fails at once when a node sends what cannot be read', async () => {
    const nodes = inspection().map(({ instanceId, answer }) => ({
      instanceId,
      answer: { ...answer, cluster: answer.cluster && { ...answer.cluster, show: 'AAAA' } },
    }));

    await expect(planRestore(restoreInput({ backup: 'latest' }, nodes), plannerFor())).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
  });

  it('does not take a failing bucket for an obstacle', async () => {
    const { list, listFolders, put } = memoryBucket(stored());
    const bucket = { list, listFolders, put, read: () => Promise.reject(new Error('SlowDown')) };

    await expect(planRestore(restoreInput(confirmed), { ...plannerFor(), bucket })).rejects.toThrow('SlowDown');
    await expect(planRestore(restoreInput({ backup: 'latest' }), { ...plannerFor(), bucket })).rejects.toThrow('SlowDown');
  });

  it('names the objects that have another size, without reading any', async () => {
    const { list, listFolders, put, read } = altered((all) => all.set(objectKey, 'x'));
    const readManifests = (key: string) => (key.endsWith('/manifest.json') ? read(key) : Promise.reject(new Error(`${key} was read`)));

    const plan = planRestore(restoreInput(confirmed), { ...plannerFor(), bucket: { list, listFolders, put, read: readManifests } });

    const [path = ''] = backupPaths(2, 2);
    await expect(plan).rejects.toThrow(`${objectKey} has 1 bytes; ${path.length} were stored.`);
  });

  it('names ten objects that are not there, and counts the others', async () => {
    const bucket = altered((objects) =>
      [...objects.keys()].filter((key) => key.includes('/BACKUP-')).forEach((key) => void objects.delete(key)),
    );

    await expect(planRestore(restoreInput(confirmed), plannerFor(bucket))).rejects.toThrow(
      /^Not in the bucket: (\S+, ){9}\S+ and 2 more\. /,
    );
  });

  it('names ten tables that are in the way, and counts the others', async () => {
    const tables = Array.from({ length: 12 }, (_, index) => `shop.t${index}`);

    const plan = planRestore(restoreInput(confirmed, inspection(undefined, tables)), plannerFor());

    await expect(plan).rejects.toThrow(`RonDB holds 12 user tables: ${tables.slice(0, 10).join(', ')} and 2 more. `);
  });

  it('compares versions with the newest data node of the backup, and names every node that is older', async () => {
    const dataNodes = [dataNode(1, { version: 'RonDB-22.10.3' }), dataNode(2, { version: 'RonDB-22.10.5' })];
    const bucket = memoryBucket(stored(manifest({ plan: backupPlan({ dataNodes }) })));

    const plan = planRestore(restoreInput(confirmed, inspection([...old, dataNode(3, { version: 'RonDB-24.10.1' })])), plannerFor(bucket));

    await expect(plan).rejects.toThrow(
      'RonDB data node 1 runs RonDB-22.10.4, RonDB data node 2 runs RonDB-22.10.3; the backup was taken with RonDB-22.10.5. ',
    );
  });

  it('leaves open what goes where while a data node is unaccounted for, also after a restore that was cut off', async () => {
    const nodes = begunOn(instanceOf(1), BACKUP_ID).slice(0, 2);

    const plan = await planRestore(restoreInput({ backup: BACKUP_ID }, nodes), plannerFor());

    expect(plan.obstacles.map(({ error }) => error)).toEqual(['NodeUnaccounted']);
    expect(plan).toMatchObject({ placement: [], steps: [], recoveryPoint: { backupId: BACKUP_ID } });
  });
});
