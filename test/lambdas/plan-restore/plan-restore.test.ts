import { describe, expect, it } from 'vitest';
import { planRestore } from '../../../lambdas/plan-restore/plan-restore.ts';
import { parameters } from '../../../model/actions.ts';
import type { NodeAnswers } from '../../../model/answers.ts';
import { layout } from '../../../model/layout.ts';
import { restorePlanSchema } from '../../../model/plan.ts';
import {
  BACKUP_ID,
  backupPaths,
  backupPlan,
  CLUSTER,
  dataNode,
  HEAD,
  instanceOf,
  manifest,
  objectsOfBackup,
  receipt,
  START_TIME,
  STEP_SECONDS,
  sha256,
  storedFile,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspection, plannerInput } from '../../fixtures/inspection.ts';

const confirmed = { backup: BACKUP_ID, confirm: CLUSTER };
const PLAN = layout.restorePlan(CLUSTER, 'execution-1');
const stored = (of = manifest()) => ({ ...objectsOfBackup(of), [layout.manifest(CLUSTER, of.plan.backupId)]: JSON.stringify(of) });
const plannerFor = (bucket = memoryBucket(stored())) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  bucket,
});
const written = (bucket: ReturnType<typeof memoryBucket>) => [...bucket.objects.keys()].filter((key) => key.includes('/restores/'));

/** What the nodes answer when a restore of the backup was begun on an instance and cut off. */
function begunOn(instanceId: string, backupId: string, nodes = [dataNode(1), dataNode(2)]): NodeAnswers<'InspectCluster'> {
  return inspection(nodes, ['shop.orders']).map((node) =>
    node.instanceId === instanceId ? { ...node, answer: { ...node.answer, restoring: [backupId] } } : node,
  );
}

describe('planning a restore', () => {
  it('names everything that the steps need', async () => {
    const plan = await planRestore(plannerInput(confirmed), plannerFor());

    expect(plan).toEqual({
      formatVersion: 1,
      kind: 'restore',
      confirmed: true,
      cluster: CLUSTER,
      backupId: BACKUP_ID,
      executionId: 'execution-1',
      startedAt: START_TIME,
      bucket: 'example-backups',
      connectString: '10.0.0.10:1186',
      prefix: 'example/restores/execution-1',
      metadataPrefix: 'example/backups/263261030',
      heads: [HEAD],
      rondbInstances: [instanceOf(1), instanceOf(2)],
      requiredBytes: String(receipt(1).files.reduce((sum, { bytes }) => sum + bytes, 0)),
      stepSeconds: STEP_SECONDS,
      assignments: `${instanceOf(1)}=1;${instanceOf(2)}=2`,
      schemaInstance: instanceOf(1),
      backupNodeId: '1',
      usersSha256: sha256('users.sql'),
      objectsSha256: sha256('objects.sql'),
    });
    expect(restorePlanSchema.parse(plan)).toEqual(plan);
  });

  it('gives parameters that the documents accept', async () => {
    const plan = await planRestore(plannerInput(confirmed), plannerFor());

    for (const name of ['assignments', 'backupNodeId', 'prefix', 'metadataPrefix', 'requiredBytes', 'usersSha256'] as const) {
      expect(plan[name]).toMatch(new RegExp(parameters[name].pattern));
    }
  });

  it('stores the plan and, for each backup node, the list of what is to be downloaded', async () => {
    const bucket = memoryBucket(stored());

    const plan = await planRestore(plannerInput(confirmed), plannerFor(bucket));

    expect(written(bucket).sort()).toEqual([PLAN, ...[1, 2].map((id) => layout.downloadList(CLUSTER, 'execution-1', id))].sort());
    expect(JSON.parse(bucket.objects.get(PLAN) ?? '')).toEqual(plan);
  });

  it('lists sha256, bytes, encoding, key and path of each file, under the key it is stored as', async () => {
    const [path = '', ...others] = backupPaths(1, 2);
    const packed = receipt(1, {
      files: [storedFile(path, { encoding: 'zstd', bytes: 4711 }), ...others.map((other) => storedFile(other))],
    });
    const bucket = memoryBucket(stored(manifest({ receipts: [packed, receipt(2)] })));

    await planRestore(plannerInput(confirmed), plannerFor(bucket));

    const lines = (bucket.objects.get(layout.downloadList(CLUSTER, 'execution-1', 1)) ?? '').split('\n');
    expect(lines).toHaveLength(packed.files.length + 1);
    expect(lines[0]).toBe(`${sha256(path)} 4711 zstd ${layout.rondbNode(CLUSTER, BACKUP_ID, 1)}/${path}.zst ${path}`);
    expect(lines[1]).toContain(` identity ${layout.rondbNode(CLUSTER, BACKUP_ID, 1)}/${others[0]} ${others[0]}`);
    expect(lines.at(-1)).toBe('');
  });

  it('without confirm is only a plan, and writes nothing that a node would follow', async () => {
    const bucket = memoryBucket(stored());

    const plan = await planRestore(plannerInput({ backup: BACKUP_ID }), plannerFor(bucket));

    expect(plan.confirmed).toBe(false);
    expect(written(bucket)).toEqual([PLAN]);
  });

  it('takes the newest complete backup for "latest"', async () => {
    const newer = manifest({ plan: backupPlan({ backupId: '263270000' }) });
    const begun = { [layout.plan(CLUSTER, '263270100')]: '{}' };

    const plan = await planRestore(
      plannerInput({ backup: 'latest' }),
      plannerFor(memoryBucket({ ...stored(), ...stored(newer), ...begun })),
    );

    expect(plan.backupId).toBe('263270000');
  });

  it('restores into a newer RonDB than the backup was taken with', async () => {
    const nodes = [dataNode(1, { version: 'RonDB-24.10.1' }), dataNode(2, { version: 'RonDB-24.10.1' })];

    await expect(planRestore(plannerInput(confirmed, inspection(nodes)), plannerFor())).resolves.toMatchObject({ backupId: BACKUP_ID });
  });

  it('gives an instance that hosts two data nodes both directories, and wants space for both', async () => {
    const nodes = [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })];
    const both = [...receipt(1).files, ...receipt(2).files].reduce((sum, { bytes }) => sum + bytes, 0);

    const plan = await planRestore(plannerInput(confirmed, inspection(nodes)), plannerFor());

    expect(plan).toMatchObject({ assignments: `${instanceOf(1)}=1+2`, rondbInstances: [instanceOf(1)], requiredBytes: String(both) });
  });
});

describe('planning a restore that was begun before', () => {
  it('goes on although the target holds tables, with the schema where it was begun', async () => {
    const plan = await planRestore(plannerInput(confirmed, begunOn(instanceOf(2), BACKUP_ID)), plannerFor());

    expect(plan).toMatchObject({ schemaInstance: instanceOf(2), backupNodeId: '2' });
  });

  it('refuses when the tables are those of another backup', async () => {
    const plan = planRestore(plannerInput(confirmed, begunOn(instanceOf(2), '263251200')), plannerFor());

    await expect(plan).rejects.toMatchObject({ name: 'TargetNotEmpty' });
  });

  it('refuses when the instance where it was begun has no part in it any more', async () => {
    const nodes = [dataNode(1), dataNode(2), dataNode(3)];

    const plan = planRestore(plannerInput(confirmed, begunOn(instanceOf(3), BACKUP_ID, nodes)), plannerFor());

    await expect(plan).rejects.toMatchObject({ name: 'TargetNotEmpty', message: expect.stringContaining(instanceOf(3)) });
  });
});

const objectKey = `${layout.rondbNode(CLUSTER, BACKUP_ID, 2)}/${backupPaths(2, 2)[0]}`;
const altered = (change: (objects: Map<string, string>) => void) => {
  const bucket = memoryBucket(stored());
  change(bucket.objects);
  return bucket;
};
const withManifest = (text: string) => altered((objects) => objects.set(layout.manifest(CLUSTER, BACKUP_ID), text));
const old = [dataNode(1), dataNode(2, { version: 'RonDB-22.10.3' })];

describe('planning a restore that cannot be', () => {
  it.each([
    ['UnknownCluster', 'of another cluster', { ...confirmed, cluster: 'other' }, memoryBucket(stored()), inspection()],
    ['UnknownCluster', 'confirmed with another name', { ...confirmed, confirm: 'other' }, memoryBucket(stored()), inspection()],
    ['RequestInvalid', 'with an unknown field', { ...confirmed, replace: true }, memoryBucket(stored()), inspection()],
    ['RequestInvalid', 'of an id that is no minute', { backup: '263671030' }, memoryBucket(stored()), inspection()],
    ['ManifestMissing', 'of an id without a manifest', { backup: '263251200' }, memoryBucket(stored()), inspection()],
    ['ManifestMissing', 'of the latest of none', { backup: 'latest' }, memoryBucket(), inspection()],
    [
      'ManifestUnsupported',
      'of another format',
      confirmed,
      withManifest(JSON.stringify({ ...manifest(), formatVersion: 2 })),
      inspection(),
    ],
    ['ManifestUnsupported', 'of a damaged manifest', confirmed, withManifest(JSON.stringify(manifest()).slice(1)), inspection()],
    [
      'ManifestUnsupported',
      "whose manifest lacks a node's receipt",
      confirmed,
      withManifest(JSON.stringify(manifest({ receipts: [receipt(1)] }))),
      inspection(),
    ],
    [
      'ManifestUnsupported',
      'whose manifest is of another backup',
      confirmed,
      withManifest(JSON.stringify(manifest({ plan: backupPlan({ backupId: '263261031' }) }))),
      inspection(),
    ],
    ['ObjectMissing', 'without an object', confirmed, altered((objects) => objects.delete(objectKey)), inspection()],
    ['ObjectAltered', 'with an altered object', confirmed, altered((objects) => objects.set(objectKey, 'x')), inspection()],
    ['TargetNotEmpty', 'into a cluster that still holds data', confirmed, memoryBucket(stored()), inspection(undefined, ['shop.orders'])],
    ['VersionTooOld', 'into an older RonDB', confirmed, memoryBucket(stored()), inspection(old)],
    ['NodeUnaccounted', 'with a data node on no instance', confirmed, memoryBucket(stored()), inspection().slice(0, 2)],
    ['NoNodes', 'without a head', confirmed, memoryBucket(stored()), inspection().slice(1)],
  ])('fails as %s %s, and writes nothing', async (name, _what, request, bucket, nodes) => {
    await expect(planRestore(plannerInput(request, nodes), plannerFor(bucket))).rejects.toMatchObject({ name });

    expect(written(bucket)).toEqual([]);
  });

  it('names the objects that have another size, without reading any', async () => {
    const { objects, list, listFolders, put, read } = altered((all) => all.set(objectKey, 'x'));
    const readManifests = (key: string) => (key.endsWith('/manifest.json') ? read(key) : Promise.reject(new Error(`${key} was read`)));

    const plan = planRestore(plannerInput(confirmed), { ...plannerFor(), bucket: { list, listFolders, put, read: readManifests } });

    const [path = ''] = backupPaths(2, 2);
    await expect(plan).rejects.toThrow(`${objectKey} has 1 bytes; ${path.length} were stored.`);
    expect(objects.has(PLAN)).toBe(false);
  });

  it('names the objects that are not there', async () => {
    const bucket = altered((objects) => objects.delete(objectKey));

    await expect(planRestore(plannerInput(confirmed), plannerFor(bucket))).rejects.toThrow(`Not in the bucket: ${objectKey}.`);
  });

  it('names the tables that are in the way', async () => {
    const tables = ['a.a', 'a.b', 'a.c', 'a.d', 'a.e', 'a.f'];

    const plan = planRestore(plannerInput(confirmed, inspection(undefined, tables)), plannerFor());

    await expect(plan).rejects.toThrow('RonDB holds 6 user tables: a.a, a.b, a.c, a.d, a.e, ….');
  });

  it('compares versions with the newest data node of the backup', async () => {
    const dataNodes = [dataNode(1, { version: 'RonDB-22.10.3' }), dataNode(2, { version: 'RonDB-22.10.5' })];
    const bucket = memoryBucket(stored(manifest({ plan: backupPlan({ dataNodes }) })));

    const plan = planRestore(plannerInput(confirmed), plannerFor(bucket));

    await expect(plan).rejects.toThrow('runs RonDB-22.10.4; the backup was taken with RonDB-22.10.5');
  });
});
