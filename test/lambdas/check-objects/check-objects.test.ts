import { describe, expect, it } from 'vitest';
import { checkObjects } from '../../../lambdas/check-objects/check-objects.ts';
import { layout } from '../../../model/layout.ts';
import { BACKUP_ID, backupPlan, CLUSTER, manifest, objectsOfBackup, onDisks, START_TIME, storageId } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const FOUND = layout.damageList(CLUSTER, 'v-1', 'objects');
const node = layout.rondbNode(CLUSTER, BACKUP_ID, 2);
const data = `${node}/BACKUP-${BACKUP_ID}-PART-1-OF-2/BACKUP-${BACKUP_ID}-0.2.Data`;
const request = { cluster: CLUSTER, backup: BACKUP_ID, depth: 'objects' };
const inputOf = (given: unknown) => ({ request: given, execution: { name: 'v-1', startTime: START_TIME } });

function givenBackup(sealed = manifest()) {
  const bucket = memoryBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(sealed), ...objectsOfBackup(sealed) });
  return {
    ...bucket,
    check: (given: object = {}) => checkObjects(inputOf({ ...request, ...given }), { cluster: CLUSTER, bucket }),
    found: () => bucket.objects.get(FOUND)?.split('\n').filter(Boolean),
  };
}

describe('checking the objects of a backup', () => {
  it('finds nothing wrong with one that is as it was sealed, and says what it amounts to', async () => {
    const { check, found } = givenBackup();

    const checked = await check();

    const { receipts, metadata } = manifest();
    const bytes = [...metadata, ...receipts.flatMap(({ files }) => files)].reduce((sum, file) => sum + file.bytes, 0);
    expect(checked).toEqual({ backupId: BACKUP_ID, depth: 'objects', objects: 17, bytes, damaged: 0, storages: 0 });
    expect(found()).toEqual([]);
  });

  it('takes the newest backup for "latest"', async () => {
    expect(await givenBackup().check({ backup: 'latest' })).toMatchObject({ backupId: BACKUP_ID });
  });

  it('looks at what HopsFS storages consist of, too', async () => {
    const { check, objects, found } = givenBackup(manifest({ plan: backupPlan(onDisks()) }));
    const list = `${layout.storage(CLUSTER, BACKUP_ID, storageId(1))}/blocks.list.zst`;
    objects.delete(list);

    expect(await check()).toMatchObject({ objects: 23, damaged: 1, storages: 2 });
    expect(found()).toEqual([`ObjectMissing\t${list}\tnot in the bucket`]);
  });

  it('lists every object that is wrong, not only the first, and fails nothing yet', async () => {
    const { check, objects, found } = givenBackup();
    const users = `${layout.metadata(CLUSTER, BACKUP_ID)}/users.sql`;
    const text = objects.get(data) ?? '';
    objects.delete(users);
    objects.set(data, text.slice(1));
    objects.set(`${node}/BACKUP-${BACKUP_ID}-PART-1-OF-2/BACKUP-${BACKUP_ID}.2.ctl`, 'another');

    expect(await check()).toMatchObject({ damaged: 3 });
    expect(found()).toEqual([
      `ObjectMissing\t${users}\tnot in the bucket`,
      expect.stringMatching(
        `^ObjectAltered\t${data}\thas ${text.length - 1} bytes and checksum \\S+=; ${text.length} and \\S+= were stored$`,
      ),
      expect.stringMatching(/^ObjectAltered\t\S+\.2\.ctl\thas 7 bytes/),
    ]);
  });

  it('finds a part of a directory that is gone', async () => {
    const { check, objects, found } = givenBackup();
    for (const key of objects.keys()) if (key.startsWith(`${node}/`) && key.includes('-PART-2-')) objects.delete(key);

    expect(await check()).toMatchObject({ damaged: 3 });
    expect(found()?.map((line) => line.split('\t')[0])).toEqual(Array(3).fill('ObjectMissing'));
  });

  it.each([
    ['is gone', undefined, 'ObjectMissing'],
    ['says something else', JSON.stringify({ ...manifest().receipts[1], stopGcp: 1 }), 'ObjectAltered'],
    ['is no receipt', '{', 'ObjectAltered'],
  ])('finds a receipt that %s', async (_, text, error) => {
    const { check, objects, found } = givenBackup();
    const key = layout.receipt(CLUSTER, BACKUP_ID, 2);
    objects.delete(key);
    if (text !== undefined) objects.set(key, text);

    expect(await check()).toMatchObject({ damaged: 1 });
    expect(found()).toEqual([expect.stringContaining(`${error}\t${key}\t`)]);
  });

  it.each([
    ['without a depth', { cluster: CLUSTER, backup: 'latest' }, 'RequestInvalid', 'depth: expected "objects"'],
    ['of a depth that there is not', { ...request, depth: 'deep' }, 'RequestInvalid', '(found "deep")'],
    ['of a backup that is no id', { ...request, backup: '../1' }, 'RequestInvalid', 'backup: expected "latest" or a backup id'],
    ['with what it does not know', { ...request, confirm: CLUSTER }, 'RequestInvalid', 'Unrecognized key: confirm'],
    ['for another cluster', { ...request, cluster: 'other' }, 'UnknownCluster', '"example", not of "other"'],
    ['of a backup that there is not', { ...request, backup: '263261031' }, 'ManifestMissing', '263261031'],
    ['that is none', 'prod', 'RequestInvalid', 'The request'],
  ])('refuses a request %s, and writes nothing', async (_, given, name, message) => {
    const bucket = memoryBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(manifest()) });

    const refused = checkObjects(inputOf(given), { cluster: CLUSTER, bucket });

    await expect(refused).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
    expect([...bucket.objects.keys()]).toEqual([layout.manifest(CLUSTER, BACKUP_ID)]);
  });
});
