import { describe, expect, it } from 'vitest';
import { planRestore } from '../../../lambdas/plan-restore/plan-restore.ts';
import { parameters } from '../../../model/actions.ts';
import type { NodeAnswers } from '../../../model/answers.ts';
import { layout } from '../../../model/layout.ts';
import { impossibleRestoreSchema, type RestorePlan, restorePlanSchema } from '../../../model/plan.ts';
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
const WORDS = layout.restorePlanInWords(CLUSTER, 'execution-1');
const stored = (of = manifest()) => ({ ...objectsOfBackup(of), [layout.manifest(CLUSTER, of.plan.backupId)]: JSON.stringify(of) });
const plannerFor = (bucket = memoryBucket(stored())) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: STEP_SECONDS,
  bucket,
});
const written = (bucket: ReturnType<typeof memoryBucket>) => [...bucket.objects.keys()].filter((key) => key.includes('/restores/'));

const bytesIn = (...nodeIds: number[]) => nodeIds.flatMap((nodeId) => receipt(nodeId).files).reduce((sum, { bytes }) => sum + bytes, 0);

/** What the nodes answer when a restore of the backup was begun on an instance and cut off. */
function begunOn(instanceId: string, backupId: string, nodes = [dataNode(1), dataNode(2)]): NodeAnswers<'InspectCluster'> {
  return inspection(nodes, ['shop.orders']).map((node) =>
    node.instanceId === instanceId ? { ...node, answer: { ...node.answer, restoring: [backupId] } } : node,
  );
}

describe('planning a restore', () => {
  it('names everything that the steps need', async () => {
    const plan = await planRestore(plannerInput(confirmed), plannerFor());

    expect(plan).toMatchObject({
      formatVersion: 1,
      kind: 'restore',
      confirmed: true,
      possible: true,
      obstacles: [],
      warnings: [],
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
      requiredBytes: String(bytesIn(1)),
      stepSeconds: STEP_SECONDS,
      assignments: `${instanceOf(1)}=1;${instanceOf(2)}=2`,
      schemaInstance: instanceOf(1),
      backupNodeId: '1',
      usersSha256: sha256('users.sql'),
      objectsSha256: sha256('objects.sql'),
    });
    expect(restorePlanSchema.parse(plan)).toEqual(plan);
  });

  it('says which backup it is, how old, how large, and what goes where', async () => {
    const nodes = [dataNode(1), dataNode(5, { version: 'RonDB-24.10.1' }), dataNode(6)];
    const input = plannerInput({ backup: 'latest' }, inspection(nodes));
    const later = { ...input, execution: { ...input.execution, startTime: '2026-11-24T13:30:00+01:00' } };

    const plan = await planRestore(later, plannerFor());

    const bytes = 'objects.sql'.length + 'users.sql'.length + bytesIn(1, 2);
    expect(plan.recoveryPoint).toEqual({
      backupId: BACKUP_ID,
      startedAt: START_TIME,
      sealedAt: '2026-11-22T10:45:00.000Z',
      ageSeconds: 50 * 3600,
      rows: 140_002,
      bytes,
      storedBytes: bytes,
    });
    expect(plan.placement).toEqual([
      { instanceId: instanceOf(1), nodeIds: [1], backupNodeIds: [1], bytes: bytesIn(1) },
      { instanceId: instanceOf(5), nodeIds: [5], backupNodeIds: [2], bytes: bytesIn(2) },
      { instanceId: instanceOf(6), nodeIds: [6], backupNodeIds: [], bytes: 0 },
    ]);
    expect(plan.versions).toEqual({
      backup: { rondb: ['RonDB-22.10.4'], mysql: '8.0.35' },
      target: { rondb: ['RonDB-22.10.4', 'RonDB-24.10.1'], mysql: '8.0.35' },
    });
    expect(plan.steps.map(({ name, instances }) => [name, instances])).toContainEqual(['CheckNodes', 3]);
  });

  it('gives parameters that the documents accept', async () => {
    const plan = (await planRestore(plannerInput(confirmed), plannerFor())) as RestorePlan;

    for (const name of ['assignments', 'backupNodeId', 'prefix', 'metadataPrefix', 'requiredBytes', 'usersSha256'] as const) {
      expect(plan[name]).toMatch(new RegExp(parameters[name].pattern));
    }
  });

  it('stores the plan and, for each backup node, the list of what is to be downloaded', async () => {
    const bucket = memoryBucket(stored());

    const plan = await planRestore(plannerInput(confirmed), plannerFor(bucket));

    expect(written(bucket).sort()).toEqual([PLAN, WORDS, ...[1, 2].map((id) => layout.downloadList(CLUSTER, 'execution-1', id))].sort());
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

    expect(plan).toMatchObject({ confirmed: false, possible: true });
    expect(written(bucket).sort()).toEqual([PLAN, WORDS]);
  });

  it('takes the newest complete backup for "latest"', async () => {
    const newer = manifest({ plan: backupPlan({ backupId: '263270000' }) });
    const begun = { [layout.plan(CLUSTER, '263270100')]: '{}' };

    const plan = await planRestore(
      plannerInput({ backup: 'latest' }),
      plannerFor(memoryBucket({ ...stored(), ...stored(newer), ...begun })),
    );

    expect(plan).toMatchObject({
      backupId: '263270000',
      warnings: ['Begun, not complete and therefore passed over: 263270100.'],
    });
  });

  it.each([
    ['263261030', '2026-11-22T10:30:00Z'],
    ['263261030', '2026-11-23T00:59:59.999+01:00'],
    ['263270000', '2026-11-23T00:00:00Z'],
    ['263270000', '2030-01-01T00:00:00Z'],
  ])('takes %s, the newest that was begun at or before %s', async (backupId, before) => {
    const newer = manifest({ plan: backupPlan({ backupId: '263270000', startedAt: '2026-11-23T00:00:00.000Z' }) });

    const plan = await planRestore(plannerInput({ before }), plannerFor(memoryBucket({ ...stored(), ...stored(newer) })));

    expect(plan).toMatchObject({ possible: true, backupId, requested: `before ${before}` });
  });

  it('restores into a newer RonDB than the backup was taken with', async () => {
    const nodes = [dataNode(1, { version: 'RonDB-24.10.1' }), dataNode(2, { version: 'RonDB-24.10.1' })];

    await expect(planRestore(plannerInput(confirmed, inspection(nodes)), plannerFor())).resolves.toMatchObject({ backupId: BACKUP_ID });
  });

  it('gives an instance that hosts two data nodes both directories, and wants space for both', async () => {
    const nodes = [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })];
    const plan = await planRestore(plannerInput(confirmed, inspection(nodes)), plannerFor());

    expect(plan).toMatchObject({
      assignments: `${instanceOf(1)}=1+2`,
      rondbInstances: [instanceOf(1)],
      requiredBytes: String(bytesIn(1, 2)),
    });
  });
});

describe('planning a restore that was begun before', () => {
  it('goes on although the target holds tables, with the schema where it was begun', async () => {
    const plan = await planRestore(plannerInput(confirmed, begunOn(instanceOf(2), BACKUP_ID)), plannerFor());

    expect(plan).toMatchObject({ possible: true, schemaInstance: instanceOf(2), backupNodeId: '2' });
    expect(plan.overwritten[0]).toContain(`The 1 user tables that a restore of this backup, begun on ${instanceOf(2)} and cut off`);
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
const inTheWay = inspection(undefined, ['shop.orders']);

describe('planning a restore that cannot be', () => {
  it.each([
    ['UnknownCluster', 'of another cluster', { ...confirmed, cluster: 'other' }],
    ['UnknownCluster', 'confirmed with another name', { ...confirmed, confirm: 'other' }],
    ['RequestInvalid', 'with an unknown field', { ...confirmed, replace: true }],
    ['RequestInvalid', 'of an id that is no minute', { backup: '263671030' }],
    ['RequestInvalid', 'by id and by time', { ...confirmed, before: START_TIME }],
  ])('fails as %s %s, and writes nothing', async (name, _what, request) => {
    const bucket = memoryBucket(stored());

    await expect(planRestore(plannerInput(request), plannerFor(bucket))).rejects.toMatchObject({ name });

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

    const plan = await planRestore(plannerInput(requestOf(request), nodes), plannerFor(bucket));

    expect(plan).toMatchObject({ possible: false, obstacles: [{ error, message: expect.stringMatching(/\. \S/) }] });
    expect(impossibleRestoreSchema.parse(plan)).toEqual(plan);
    expect(JSON.parse(bucket.objects.get(PLAN) ?? '')).toEqual(plan);
    expect(bucket.objects.get(WORDS)).toContain(`1. **${error}**: `);
  });

  it.each(obstacles)(
    'fails as %s %s when it is confirmed, and writes nothing but the plan',
    async (name, _what, request, bucket, nodes) => {
      const plan = planRestore(plannerInput({ ...requestOf(request), confirm: CLUSTER }, nodes), plannerFor(bucket));

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

    const plan = await planRestore(plannerInput({ backup: BACKUP_ID }, nodes), plannerFor(bucket));
    const failure = await planRestore(plannerInput(confirmed, nodes), plannerFor(bucket)).catch((error: Error) => error);

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

    const plan = await planRestore(plannerInput(request), plannerFor(bucket));

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

    await expect(planRestore(plannerInput({ backup: 'latest' }, nodes), plannerFor())).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
  });

  it('does not take a failing bucket for an obstacle', async () => {
    const { list, listFolders, put } = memoryBucket(stored());
    const bucket = { list, listFolders, put, read: () => Promise.reject(new Error('SlowDown')) };

    await expect(planRestore(plannerInput(confirmed), { ...plannerFor(), bucket })).rejects.toThrow('SlowDown');
    await expect(planRestore(plannerInput({ backup: 'latest' }), { ...plannerFor(), bucket })).rejects.toThrow('SlowDown');
  });

  it('names the objects that have another size, without reading any', async () => {
    const { list, listFolders, put, read } = altered((all) => all.set(objectKey, 'x'));
    const readManifests = (key: string) => (key.endsWith('/manifest.json') ? read(key) : Promise.reject(new Error(`${key} was read`)));

    const plan = planRestore(plannerInput(confirmed), { ...plannerFor(), bucket: { list, listFolders, put, read: readManifests } });

    const [path = ''] = backupPaths(2, 2);
    await expect(plan).rejects.toThrow(`${objectKey} has 1 bytes; ${path.length} were stored.`);
  });

  it('names ten objects that are not there, and counts the others', async () => {
    const bucket = altered((objects) =>
      [...objects.keys()].filter((key) => key.includes('/BACKUP-')).forEach((key) => void objects.delete(key)),
    );

    await expect(planRestore(plannerInput(confirmed), plannerFor(bucket))).rejects.toThrow(
      /^Not in the bucket: (\S+, ){9}\S+ and 2 more\. /,
    );
  });

  it('names ten tables that are in the way, and counts the others', async () => {
    const tables = Array.from({ length: 12 }, (_, index) => `shop.t${index}`);

    const plan = planRestore(plannerInput(confirmed, inspection(undefined, tables)), plannerFor());

    await expect(plan).rejects.toThrow(`RonDB holds 12 user tables: ${tables.slice(0, 10).join(', ')} and 2 more. `);
  });

  it('compares versions with the newest data node of the backup, and names every node that is older', async () => {
    const dataNodes = [dataNode(1, { version: 'RonDB-22.10.3' }), dataNode(2, { version: 'RonDB-22.10.5' })];
    const bucket = memoryBucket(stored(manifest({ plan: backupPlan({ dataNodes }) })));

    const plan = planRestore(plannerInput(confirmed, inspection([...old, dataNode(3, { version: 'RonDB-24.10.1' })])), plannerFor(bucket));

    await expect(plan).rejects.toThrow(
      'RonDB data node 1 runs RonDB-22.10.4, RonDB data node 2 runs RonDB-22.10.3; the backup was taken with RonDB-22.10.5. ',
    );
  });

  it('leaves open what goes where while a data node is unaccounted for, also after a restore that was cut off', async () => {
    const nodes = begunOn(instanceOf(1), BACKUP_ID).slice(0, 2);

    const plan = await planRestore(plannerInput({ backup: BACKUP_ID }, nodes), plannerFor());

    expect(plan.obstacles.map(({ error }) => error)).toEqual(['NodeUnaccounted']);
    expect(plan).toMatchObject({ placement: [], steps: [], recoveryPoint: { backupId: BACKUP_ID } });
  });
});
