import { describe, expect, it } from 'vitest';
import { planHopsfs } from '../../../lambdas/plan-restore/hopsfs.ts';
import type { Hopsfs } from '../../../model/hopsfs.ts';
import type { Receipt } from '../../../model/receipt.ts';
import type { Survey } from '../../../model/rewind.ts';
import { backupPlan, datanodeInstance, HEAD, instanceOf, manifest, onDisks, storage } from '../../fixtures/backup.ts';
import { inspectedDatanode, inspectedDirectory, inspectedHopsfs } from '../../fixtures/inspection.ts';
import { backupOnDisks, disks, notebook, s3, s3Survey } from './given.ts';

const head = (instanceId = HEAD, overrides = {}) => ({ instanceId, tools: ['hdfs' as const], deletionDelaySeconds: 86_400, ...overrides });
const SECOND = 'i-0000000000000000b';

function plan(hopsfs: Hopsfs | null, overrides: Partial<Parameters<typeof planHopsfs>[1]> = {}) {
  const { notes, refused, warned } = notebook();
  const survey: Survey = hopsfs?.storage === 's3' ? s3Survey() : { done: true, kind: 'none' };
  const backup = hopsfs?.storage === 'disks' ? backupOnDisks() : manifest();
  const datanodes = hopsfs?.storage === 'disks' ? inspectedHopsfs() : [];
  const planned = planHopsfs(hopsfs, { manifest: backup, heads: [head()], datanodes, survey, ...overrides }, notes);
  return { planned, refused, names: refused.map(({ name }) => name), warned };
}

describe('planning how HopsFS comes back', () => {
  it('starts one NameNode first, then the others and the datanodes', () => {
    const { planned, refused } = plan(disks, { heads: [head(), head(SECOND)] });

    expect(planned).toMatchObject({
      nameNode: HEAD,
      hopsfsStarters: [SECOND, datanodeInstance(1), datanodeInstance(2)],
      unitAssignments: `${SECOND}=namenode;${datanodeInstance(1)}=datanode;${datanodeInstance(2)}=datanode`,
    });
    expect(refused).toEqual([]);
  });

  it('starts both on an instance that is NameNode and datanode, under the names of the cluster file', () => {
    const named = { ...disks, nameNodeUnit: 'nn', nameNodeNeeds: ['crl'], dataNodeUnit: 'dn' };
    const backup = backupOnDisks(onDisks([storage(1)]).storages);
    const datanodes = [{ ...inspectedDatanode(1), instanceId: SECOND }];

    const { planned } = plan(named, { manifest: backup, heads: [head(), head(SECOND)], datanodes });

    expect(planned).toMatchObject({ nameNodeUnits: 'crl+nn', unitAssignments: `${SECOND}=crl+nn+dn` });
  });

  it('takes a head with hdfs for the NameNode', () => {
    expect(plan(disks, { heads: [head(HEAD, { tools: [] }), head(SECOND)] }).planned.nameNode).toBe(SECOND);
  });

  it('does not start a datanode that takes nothing and belongs to the new deployment, and one that is empty', () => {
    const idle = inspectedDatanode(3, [inspectedDirectory(3, 0, { blocks: 0 })]);
    const empty = inspectedDatanode(4, [inspectedDirectory(4, 0, { blocks: 0, storageId: null, datanodeUuid: null })]);

    const { planned } = plan(disks, { datanodes: [...inspectedHopsfs(), idle, empty] });

    expect(planned.idleDatanodes).toEqual([datanodeInstance(3)]);
    expect(planned.hopsfsStarters).toEqual([1, 2, 4].map(datanodeInstance));
    expect(planned.hopsfsInstances).toEqual([1, 2].map(datanodeInstance));
  });

  it('has an instance for every step when nothing else is to be started', () => {
    expect(plan(s3).planned).toMatchObject({ hopsfsStarters: [HEAD], unitAssignments: `${HEAD}=namenode` });
  });

  it('leaves HopsFS out, with no obstacle, when the cluster file does', () => {
    const { planned, refused, warned } = plan(null, { heads: [head(HEAD, { tools: [], deletionDelaySeconds: null })] });

    expect(planned).toMatchObject({ blocks: 'none', storages: '', rewindPages: 0, blockForecast: null, storagePlacement: [] });
    expect([refused, warned]).toEqual([[], []]);
  });

  it.each([
    ['DeletionGuardMissing', 'deletes at once', [head(HEAD, { deletionDelaySeconds: 0 })]],
    ['DeletionGuardMissing', 'deletes within the hour', [head(), head(SECOND, { deletionDelaySeconds: 3599 })]],
    ['DeletionGuardMissing', 'does not say when it deletes', [head(HEAD, { deletionDelaySeconds: null })]],
    ['ToolMissing', 'is on no head', [head(HEAD, { tools: ['epipe'] })]],
  ])('refuses as %s a NameNode that %s, wherever the blocks are', (name, _what, heads) => {
    expect(plan(disks, { heads }).names).toEqual([name]);
    expect(plan(s3, { heads }).names).toEqual([name]);
  });

  it.each([
    ['disks', 'a backup without blocks', disks, manifest()],
    ['S3', 'a backup of blocks on disks', s3, backupOnDisks()],
  ])('refuses, when the cluster file says %s, %s', (_where, _what, hopsfs, backup) => {
    expect(plan(hopsfs, { manifest: backup }).names).toEqual(['BlocksLost']);
  });

  it('restores a backup of blocks in S3, also one that does not say where they were', () => {
    for (const blocks of ['none', 's3'] as const)
      expect(plan(s3, { manifest: manifest({ plan: backupPlan({ blocks }) }) }).refused).toEqual([]);
  });
});

describe('the forecast of blocks in S3', () => {
  it('is what was surveyed, and how many pages are to be rewound', () => {
    const { planned, refused, warned } = plan(s3);

    expect(planned).toMatchObject({
      blocks: 's3',
      rewindPages: 3,
      blockForecast: { present: 5000, returnable: 40, returnableBytes: 4_000, overwritten: 0, lost: 0, foundShare: 1 },
    });
    expect([refused, warned]).toEqual([[], []]);
  });

  it.each([
    [5, [], 1],
    [6, ['BlocksLost'], 0],
  ])('of %d lost among 5,000 and a bit is judged by the threshold at which HopsFS leaves safe mode', (lost, names, warnings) => {
    const found = plan(s3, { survey: s3Survey({ present: 4990, returnable: { objects: 5, bytes: 0 }, lost }) });

    expect(found.names).toEqual(names);
    expect(found.warned).toHaveLength(warnings);
  });

  it.each([
    [5000, []],
    [6000, ['BlocksLost']],
  ])('is held against the %d blocks that the backup has recorded: some may have left no trace in the bucket', (rows, names) => {
    const [first, ...others] = manifest().receipts;
    const receipts = [{ ...(first as Receipt), tables: [{ table: 'hops.hdfs_block_infos', rows }] }, ...others];

    const { names: refused } = plan(s3, { manifest: manifest({ receipts }), survey: s3Survey({ present: 5000, blocks: 5000 }) });

    expect(refused).toEqual(names);
  });

  it('warns of objects that were replaced since', () => {
    expect(plan(s3, { survey: s3Survey({ overwritten: 2 }) }).warned).toEqual([expect.stringContaining('2 objects were replaced')]);
  });

  it.each([
    ['another backup', s3Survey({ backupId: '263270000' })],
    ['no backup', { done: true, kind: 'none' } as const],
  ])('is refused when it is of %s', (_what, survey) => {
    expect(plan(s3, { survey })).toMatchObject({ names: ['RewindFailed'], planned: { blockForecast: null, rewindPages: 0 } });
  });
});

describe('instances of data nodes', () => {
  it('are no datanodes of HopsFS', () => {
    expect(plan(disks).planned.hopsfsStarters).not.toContain(instanceOf(1));
  });
});
