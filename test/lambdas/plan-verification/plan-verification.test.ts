import { describe, expect, it } from 'vitest';
import { planVerification } from '../../../lambdas/plan-verification/plan-verification.ts';
import { layout } from '../../../model/layout.ts';
import { verificationPlanSchema } from '../../../model/verification.ts';
import {
  BACKUP_ID,
  backupPlan,
  CLUSTER,
  dataNode,
  datanodeInstance,
  instanceOf,
  manifest,
  onDisks,
  receipt,
  START_TIME,
  sha256,
  storage,
  storageId,
  storedFile,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspectedDatanode, inspectedDirectory, inspectedHopsfs, inspection } from '../../fixtures/inspection.ts';

/** Plans the verification of a backup; resolves with the plan and with what was written. */
async function planned(sealed = manifest(), given: object = {}, depth = 'bytes') {
  const bucket = memoryBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(sealed) });
  const checked = { backupId: BACKUP_ID, depth, objects: 1, bytes: 1, damaged: 0, storages: sealed.storages.length };
  const execution = { name: 'v-1', startTime: START_TIME };
  const input = { execution, checked, inspection: inspection(), hopsfs: [], ...given };
  const place = { cluster: CLUSTER, bucketName: 'the-bucket', connectString: 'mgmd:1186', stepSeconds: 3600 };
  const plan = await planVerification(input, { ...place, bucket });
  return { plan, objects: bucket.objects };
}
const keyOf = (name: string) => `${layout.verification(CLUSTER, 'v-1')}/${name}`;
const linesOf = (text = '') => text.split('\n').filter(Boolean);

describe('the plan of a verification', () => {
  it('lets each data node read its own directory, and is written for who cleans up', async () => {
    const { plan, objects } = await planned();

    expect(plan).toMatchObject({
      prefix: layout.verification(CLUSTER, 'v-1'),
      backupId: BACKUP_ID,
      depth: 'bytes',
      rondbInstances: [instanceOf(1), instanceOf(2)],
      assignments: `${instanceOf(1)}=1;${instanceOf(2)}=2`,
      requiredBytes: '0',
      hopsfsInstances: [],
      storages: '',
    });
    expect(verificationPlanSchema.parse(JSON.parse(objects.get(layout.verificationPlan(CLUSTER, 'v-1')) ?? ''))).toEqual(plan);
  });

  it('lists every object of a directory once, and those of metadata with one of them', async () => {
    const { objects } = await planned();

    const lists = [1, 2].map((nodeId) => linesOf(objects.get(keyOf(layout.nodeList(nodeId)))));

    expect(lists.map((list) => list.length)).toEqual([9, 6]);
    const [first] = receipt(2).files;
    expect(lists[1]?.[0]).toBe(
      `${first?.checksum} ${first?.bytes} ${layout.rondbNode(CLUSTER, BACKUP_ID, 2)}/${first?.path} ${first?.path}`,
    );
    expect(lists[0]?.slice(6).map((line) => line.split(' ').slice(2))).toEqual(
      ['users.sql', 'objects.sql', 'versions.json'].map((name) => [`${layout.metadata(CLUSTER, BACKUP_ID)}/${name}`, `metadata/${name}`]),
    );
  });

  it('spreads the directories over the data nodes that are there, whatever is wrong with others', async () => {
    const nodes = [dataNode(1), dataNode(2)];
    const one = inspection(nodes).filter(({ instanceId }) => instanceId !== instanceOf(2));

    const { plan } = await planned(manifest(), { inspection: one });

    expect(plan.assignments).toBe(`${instanceOf(1)}=1+2`);
  });

  it('asks for the space of the largest directory and half of it, where directories are fetched', async () => {
    const files = receipt(2).files.map((file) => storedFile(file.path, 1000));
    const { plan } = await planned(manifest({ receipts: [receipt(1), receipt(2, { files })] }), {}, 'database');

    expect(plan.requiredBytes).toBe('9000');
  });

  it('pins every list by one SHA-256', async () => {
    const { plan, objects } = await planned(manifest({ plan: backupPlan(onDisks([storage(1)])) }), { hopsfs: inspectedHopsfs() });

    const digests = objects.get(layout.listDigests(plan.prefix)) ?? '';
    expect(plan.listsSha256).toBe(sha256(digests));
    const names = [layout.nodeList(1), layout.nodeList(2), layout.storageList(storageId(1))];
    expect(linesOf(digests)).toEqual(names.map((name) => `${sha256(objects.get(keyOf(name)) ?? '')}  ${name}`));
  });

  it('needs no data node to look at objects', async () => {
    const { plan, objects } = await planned(
      manifest({ plan: backupPlan(onDisks()) }),
      { inspection: [], hopsfs: inspectedHopsfs() },
      'objects',
    );

    expect(plan).toMatchObject({ rondbInstances: [], assignments: '' });
    expect(objects.has(keyOf(layout.nodeList(1)))).toBe(false);
  });

  it('lets each datanode read the storages that it holds, and the others in turn', async () => {
    const storages = [storage(1), storage(2), storage(3), storage(4)];
    const hopsfs = [inspectedDatanode(2, [inspectedDirectory(2), inspectedDirectory(1)]), inspectedDatanode(5)];

    const { plan, objects } = await planned(manifest({ plan: backupPlan(onDisks(storages)) }), { hopsfs });

    const [a, b, c, d] = [1, 2, 3, 4].map((number) => storageId(number));
    expect(plan.storages).toBe(`${datanodeInstance(2)}=${a}+${b};${datanodeInstance(5)}=${c}+${d}`);
    expect(plan.hopsfsInstances).toEqual([datanodeInstance(2), datanodeInstance(5)]);
    expect(linesOf(objects.get(keyOf(layout.storageList(storageId(3))))).map((line) => line.split(' ').slice(2))).toEqual(
      ['blocks.list.zst', 'files.tar.zst'].map((name) => [`${layout.storage(CLUSTER, BACKUP_ID, storageId(3))}/${name}`, name]),
    );
  });

  it.each([
    ['no data node', { inspection: inspection().filter(({ answer }) => answer.cluster) }, 'NodeUnaccounted'],
    ['no datanode', { hopsfs: [] }, 'NoNodes'],
  ])('says why there is %s that could read', async (_, given, name) => {
    await expect(planned(manifest({ plan: backupPlan(onDisks()) }), { hopsfs: inspectedHopsfs(), ...given })).rejects.toMatchObject({
      name,
    });
  });

  it('ends when the backup has been removed meanwhile', async () => {
    const checked = { backupId: '263261031', depth: 'bytes', objects: 1, bytes: 1, damaged: 0, storages: 0 };

    await expect(planned(manifest(), { checked })).rejects.toMatchObject({ name: 'BackupRemoved' });
  });
});
