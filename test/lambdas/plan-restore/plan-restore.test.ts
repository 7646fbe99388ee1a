import { describe, expect, it, vi } from 'vitest';
import { planRestore } from '../../../lambdas/plan-restore/plan-restore.ts';
import { parameters } from '../../../model/actions.ts';
import { layout } from '../../../model/layout.ts';
import { type RestorePlan, restorePlanSchema } from '../../../model/plan.ts';
import {
  BACKUP_ID,
  backupPaths,
  backupPlan,
  CLUSTER,
  dataDirectory,
  dataNode,
  datanodeInstance,
  HEAD,
  instanceOf,
  manifest,
  receipt,
  START_TIME,
  STEP_SECONDS,
  sha256,
  storageId,
  storedFile,
  versions,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { FREE_BYTES, inspectedHopsfs, inspection } from '../../fixtures/inspection.ts';

import {
  backupOnDisks,
  begunOn,
  bytesIn,
  confirmed,
  disks,
  everything,
  PLAN,
  plannerFor,
  restoreInput,
  stored,
  WORDS,
  withTables,
  written,
} from './given.ts';

const RUN = layout.restore(CLUSTER, 'execution-1');

describe('planning a restore', () => {
  it('names everything that the steps need', async () => {
    const plan = await planRestore(restoreInput(confirmed), plannerFor());

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
    const input = restoreInput({ backup: 'latest' }, inspection(nodes));
    const later = { ...input, execution: { ...input.execution, startTime: '2026-11-24T13:30:00+01:00' } };

    const plan = await planRestore(later, plannerFor());

    const bytes = manifest().metadata.reduce((sum, file) => sum + file.bytes, 0) + bytesIn(1, 2);
    expect(plan.recoveryPoint).toEqual({
      backupId: BACKUP_ID,
      startedAt: START_TIME,
      sealedAt: '2026-11-22T10:45:00.000Z',
      ageSeconds: 50 * 3600,
      rows: 140_002,
      bytes,
    });
    expect(plan.placement).toEqual([
      { instanceId: instanceOf(1), nodeIds: [1], backupNodeIds: [1], bytes: bytesIn(1), freeBytes: FREE_BYTES },
      { instanceId: instanceOf(5), nodeIds: [5], backupNodeIds: [2], bytes: bytesIn(2), freeBytes: FREE_BYTES },
      { instanceId: instanceOf(6), nodeIds: [6], backupNodeIds: [], bytes: 0, freeBytes: FREE_BYTES },
    ]);
    expect(plan.versions).toEqual({
      backup: { rondb: ['RonDB-22.10.4'], ...versions() },
      target: { rondb: ['RonDB-22.10.4', 'RonDB-24.10.1'], ...versions() },
    });
    expect(plan.steps.map(({ name, instances }) => [name, instances])).toContainEqual(['CheckNodes', 3]);
  });

  it('gives parameters that the documents accept', async () => {
    const plan = (await planRestore(restoreInput(confirmed), plannerFor())) as RestorePlan;

    for (const name of ['assignments', 'backupNodeId', 'prefix', 'metadataPrefix', 'requiredBytes', 'usersSha256'] as const) {
      expect(plan[name]).toMatch(new RegExp(parameters[name].pattern));
    }
    for (const name of ['selection', 'accounts', 'tablesSha256'] as const) expect(plan[name]).toMatch(new RegExp(parameters[name].pattern));
  });

  it('stores the plan and, for each backup node, the list of what is to be downloaded', async () => {
    const bucket = memoryBucket(stored());

    const plan = await planRestore(restoreInput(confirmed), plannerFor(bucket));

    expect(written(bucket).sort()).toEqual(
      [PLAN, WORDS, ...[1, 2].map((id) => `${RUN}/${layout.nodeList(id)}`), layout.listDigests(RUN)].sort(),
    );
    expect(JSON.parse(bucket.objects.get(PLAN) ?? '')).toEqual(plan);
  });

  it('lists checksum, bytes, key and path of each file', async () => {
    const [path = '', ...others] = backupPaths(1, 2);
    const files = [storedFile(path, 4711), ...others.map((other) => storedFile(other))];
    const bucket = memoryBucket(stored(manifest({ receipts: [receipt(1, { files }), receipt(2)] })));

    await planRestore(restoreInput(confirmed), plannerFor(bucket));

    const lines = (bucket.objects.get(`${RUN}/${layout.nodeList(1)}`) ?? '').split('\n');
    const prefix = layout.rondbNode(CLUSTER, BACKUP_ID, 1);
    expect(lines).toHaveLength(files.length + 1);
    expect(lines[0]).toBe(`${files[0]?.checksum} 4711 ${prefix}/${path} ${path}`);
    expect(lines[1]).toBe(`${files[1]?.checksum} ${others[0]?.length} ${prefix}/${others[0]} ${others[0]}`);
    expect(lines.at(-1)).toBe('');
  });

  it('pins by one SHA-256 every list, and what of a storage of HopsFS is unpacked, as the manifest records it', async () => {
    const backup = backupOnDisks();
    const bucket = memoryBucket(stored(backup));

    const plan = await planRestore(
      restoreInput(confirmed, undefined, { hopsfs: inspectedHopsfs() }),
      plannerFor(bucket, { hopsfs: disks }),
    );

    const digests = bucket.objects.get(layout.listDigests(RUN)) ?? '';
    expect(plan).toMatchObject({ listsSha256: sha256(digests) });
    const lists = [1, 2].map((id) => [sha256(bucket.objects.get(`${RUN}/${layout.nodeList(id)}`) ?? ''), layout.nodeList(id)]);
    const unpacked = backup.storages.flatMap(({ storageId, list, files }) => [
      [list.sha256, `hopsfs/${storageId}/blocks.list`],
      [files.sha256, `hopsfs/${storageId}/files.tar`],
    ]);
    expect(
      digests
        .trimEnd()
        .split('\n')
        .map((line) => line.split('  ')),
    ).toEqual([...lists, ...unpacked]);
  });

  it('without confirm is only a plan, and writes nothing that a node would follow', async () => {
    const bucket = memoryBucket(stored());

    const plan = await planRestore(restoreInput({ backup: BACKUP_ID }), plannerFor(bucket));

    expect(plan).toMatchObject({ confirmed: false, possible: true });
    expect(written(bucket).sort()).toEqual([PLAN, WORDS]);
  });

  it('takes the newest complete backup for "latest"', async () => {
    const newer = manifest({ plan: backupPlan({ backupId: '263270000' }) });
    const begun = { [layout.plan(CLUSTER, '263270100')]: '{}' };

    const plan = await planRestore(
      restoreInput({ backup: 'latest' }),
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

    const plan = await planRestore(restoreInput({ before }), plannerFor(memoryBucket({ ...stored(), ...stored(newer) })));

    expect(plan).toMatchObject({ possible: true, backupId, requested: `before ${before}` });
  });

  it('restores into a newer RonDB than the backup was taken with', async () => {
    const nodes = [dataNode(1, { version: 'RonDB-24.10.1' }), dataNode(2, { version: 'RonDB-24.10.1' })];

    await expect(planRestore(restoreInput(confirmed, inspection(nodes)), plannerFor())).resolves.toMatchObject({ backupId: BACKUP_ID });
  });

  it('gives an instance that hosts two data nodes both directories, and wants space for both', async () => {
    const nodes = [dataNode(1), dataNode(2, { instanceId: instanceOf(1) })];
    const plan = await planRestore(restoreInput(confirmed, inspection(nodes)), plannerFor());

    expect(plan).toMatchObject({
      assignments: `${instanceOf(1)}=1+2`,
      rondbInstances: [instanceOf(1)],
      requiredBytes: String(bytesIn(1, 2)),
    });
  });
});

describe('planning the restore of a whole Hopsworks', () => {
  const hopsfs = inspectedHopsfs();
  const bucket = () => memoryBucket(stored(backupOnDisks()));

  it('names who stops and starts what, who takes which storage, and where the rest is built anew', async () => {
    const plan = await planRestore(restoreInput(confirmed, undefined, { hopsfs }), plannerFor(bucket(), everything));

    expect(plan).toMatchObject({
      possible: true,
      warnings: [],
      scope: 'cluster',
      selection: 'all',
      accounts: 'keep',
      replace: false,
      blocks: 'disks',
      hopsfsInstances: [1, 2].map(datanodeInstance),
      storages: `${datanodeInstance(1)}=${storageId(1)};${datanodeInstance(2)}=${storageId(2)}`,
      dataDirectories: dataDirectory(),
      rewindPages: 0,
      nameNode: HEAD,
      nameNodeUnits: 'namenode',
      hopsfsStarters: [1, 2].map(datanodeInstance),
      unitAssignments: `${datanodeInstance(1)}=datanode;${datanodeInstance(2)}=datanode`,
      safeModeSeconds: '7200',
      searchInstance: HEAD,
      searchUrl: 'https://127.0.0.1:9200',
      searchIndex: 'projects',
      searchCredentials: 'none',
      kafkaInstance: HEAD,
      hopsworksUrl: '',
    });
    expect(restorePlanSchema.parse(plan)).toEqual(plan);
    const { stops, starts } = plan as RestorePlan;
    const { stop, start } = everything.services;
    expect([stops, starts].map((phases) => phases.map(({ units }) => units))).toEqual(
      [[...stop, { units: ['datanode'] }, { units: ['namenode'] }], start].map((phases) => phases.map(({ units }) => units.join('+'))),
    );
    expect(new Set(stops.flatMap(({ instanceIds }) => instanceIds))).toEqual(
      new Set([HEAD, ...[1, 2].flatMap((id) => [instanceOf(id), datanodeInstance(id)])]),
    );
  });

  it('gives parameters that the documents accept', async () => {
    const plan = (await planRestore(restoreInput(confirmed, undefined, { hopsfs }), plannerFor(bucket(), everything))) as RestorePlan;

    for (const name of ['storages', 'dataDirectories', 'unitAssignments', 'searchUrl', 'searchIndex'] as const) {
      expect(plan[name]).toMatch(new RegExp(parameters[name].pattern));
    }
    for (const { units } of [...plan.stops, ...plan.starts, { units: plan.nameNodeUnits }])
      expect(units).toMatch(new RegExp(parameters.units.pattern));
    expect(plan.safeModeSeconds).toMatch(new RegExp(parameters.limitSeconds.pattern));
    expect(plan.searchCredentials).toMatch(new RegExp(parameters.credentialsFile.pattern));
  });

  it('of a part touches nothing but RonDB, and no account', async () => {
    const request = { ...confirmed, include: { databases: ['shop'] }, rename: { shop: 'shop_old' } };
    const planner = plannerFor(memoryBucket(stored(withTables('shop.orders', 'hops.inodes'))), everything);

    const plan = await planRestore(restoreInput(request, inspection(undefined, ['shop.orders']), { hopsfs }), planner);

    expect(plan).toMatchObject({
      possible: true,
      scope: 'part',
      selection: 'include-databases=shop;rewrite-database=shop,shop_old',
      accounts: 'none',
      stops: [],
      starts: [],
      blocks: 'none',
      storages: '',
      searchInstance: '',
      kafkaInstance: '',
      hopsworksUrl: '',
    });
    expect(plan.steps.map(({ name }) => name)).toEqual([
      'CheckNodes',
      'DownloadRondbBackup',
      'RestoreRondbSchema',
      'RestoreRondbData',
      'RebuildRondbIndexes',
      'RestoreUsers',
      'VerifyRestore',
      'RemoveLocalBackup',
      'ReportRestore',
    ]);
  });

  it('with replace agrees on the tables that go', async () => {
    const nodes = inspection(undefined, ['shop.orders']);

    const plan = await planRestore(restoreInput({ ...confirmed, replace: true }, nodes), plannerFor());

    expect(plan).toMatchObject({ possible: true, replace: true, tablesSha256: sha256('shop.orders\n'), userTables: { count: 1 } });
    expect(plan.overwritten[0]).toContain('1 user tables, shop.orders');
    expect(plan.steps.map(({ name }) => name)).toContain('EmptyRondb');
  });

  const report = (execution: string, seconds: number, scope = 'cluster') => ({
    [layout.report(CLUSTER, execution)]: JSON.stringify({ scope, steps: [{ name: 'RestoreUsers', seconds }] }),
  });

  it('says how long the steps took in the newest restore of the same scope', async () => {
    const reports = {
      ...report('z', 10),
      ...report('a', 20),
      ...report('c', 30, 'part'),
      [layout.report(CLUSTER, 'd')]: 'damaged',
      [layout.restorePlan(CLUSTER, 'e')]: '{}',
    };

    const plan = await planRestore(restoreInput(), plannerFor(memoryBucket({ ...stored(), ...reports })));

    const last = Object.fromEntries(plan.steps.map(({ name, lastSeconds }) => [name, lastSeconds]));
    expect(last).toMatchObject({ RestoreUsers: 20, CheckNodes: null });
  });

  it('reads no more than the ten newest reports for that', async () => {
    const parts = Array.from({ length: 12 }, (_, index) => report(`part-${index}`, 1, 'part'));
    const bucket = memoryBucket(Object.assign({ ...stored(), ...report('long-ago', 10) }, ...parts));
    const read = vi.fn(bucket.read);

    const plan = await planRestore(restoreInput(), plannerFor({ ...bucket, read }));

    expect(plan.steps.map(({ lastSeconds }) => lastSeconds)).not.toContain(10);
    expect(read.mock.calls.filter(([key]) => key.endsWith('/report.json'))).toHaveLength(10);
  });
});

describe('planning a restore that was begun before', () => {
  it('goes on although the target holds tables, with the schema where it was begun', async () => {
    const plan = await planRestore(restoreInput(confirmed, begunOn(instanceOf(2), BACKUP_ID)), plannerFor());

    expect(plan).toMatchObject({ possible: true, schemaInstance: instanceOf(2), backupNodeId: '2' });
    expect(plan.overwritten[0]).toContain(`The 1 user tables that a restore of this backup, begun on ${instanceOf(2)} and cut off`);
  });

  it('refuses when the tables are those of another backup', async () => {
    const plan = planRestore(restoreInput(confirmed, begunOn(instanceOf(2), '263251200')), plannerFor());

    await expect(plan).rejects.toMatchObject({ name: 'TargetNotEmpty' });
  });

  it('refuses when the instance where it was begun has no part in it any more', async () => {
    const nodes = [dataNode(1), dataNode(2), dataNode(3)];

    const plan = planRestore(restoreInput(confirmed, begunOn(instanceOf(3), BACKUP_ID, nodes)), plannerFor());

    await expect(plan).rejects.toMatchObject({ name: 'TargetNotEmpty', message: expect.stringContaining(instanceOf(3)) });
  });
});
