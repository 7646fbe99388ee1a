import { describe, expect, it } from 'vitest';
import { candidateIds, findNewest, readManifest } from '../../lambdas/catalogue.ts';
import { timeOfBackupId } from '../../model/backup-id.ts';
import { layout } from '../../model/layout.ts';
import { backupPlan, CLUSTER, manifest } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';

const sealed = (backupId: string, startedAt = timeOfBackupId(backupId).toISOString()): [string, string] => [
  layout.manifest(CLUSTER, backupId),
  JSON.stringify(manifest({ plan: backupPlan({ backupId, startedAt }) })),
];
const begun = (backupId: string): [string, string] => [layout.plan(CLUSTER, backupId), '{}'];
const bucketOf = (...objects: [string, string][]) => memoryBucket(Object.fromEntries(objects));

describe('finding the newest backup', () => {
  const broken = (backupId: string): [string, string] => [layout.manifest(CLUSTER, backupId), '{"formatVersion":2}'];
  const find = async (before: string | undefined, ...objects: [string, string][]) => {
    const {
      manifest: found,
      unreadable,
      unsealed,
    } = await findNewest(bucketOf(...objects), CLUSTER, before ? new Date(before) : undefined);
    return { found: found?.plan.backupId, unreadable: unreadable.map(({ backupId }) => backupId), unsealed };
  };

  it('finds the newest that has a manifest, also across the end of a year', async () => {
    expect((await find(undefined, sealed('260010005'), sealed('253652359'), begun('260010007'))).found).toBe('260010005');
  });

  it('finds none of another cluster', async () => {
    const [key, text] = sealed('260010005');

    expect((await find(undefined, [key.replace(CLUSTER, `${CLUSTER}-2`), text])).found).toBeUndefined();
  });

  it('tells what is newer and cannot be read or is not complete', async () => {
    const found = await find(
      undefined,
      sealed('260010005'),
      broken('260010006'),
      begun('260010007'),
      broken('260010004'),
      begun('260010003'),
    );

    expect(found).toEqual({ found: '260010005', unreadable: ['260010006'], unsealed: ['260010007'] });
  });

  it('tells of all when none can be read', async () => {
    expect(await find(undefined, broken('260010006'), begun('260010007'))).toEqual({
      found: undefined,
      unreadable: ['260010006'],
      unsealed: ['260010007'],
    });
  });

  it('passes over what is no backup id', async () => {
    expect(await find(undefined, sealed('260010005'), begun('tmp'), begun('269990000'))).toMatchObject({
      found: '260010005',
      unsealed: [],
    });
  });

  it.each([
    ['at', '2026-01-01T00:05:00.000Z', '260010006'],
    ['just before', '2026-01-01T00:04:59.999Z', '253652359'],
    ['after', '2026-01-01T00:06:00.000Z', '260010006'],
    ['long before', '2025-01-01T00:00:00.000Z', undefined],
  ])('goes by the recorded time, %s it', async (_what, before, id) => {
    // The id of the second minute after it was begun: the first one was taken.
    expect((await find(before, sealed('260010006', '2026-01-01T00:05:00.000Z'), sealed('253652359'))).found).toBe(id);
  });

  it('does not ask for what was surely begun later, and counts what may have been begun before', async () => {
    const bucket = bucketOf(sealed('253652359'), broken('260010015'), broken('260010016'), begun('260010017'));
    const asked: string[] = [];
    const read = (key: string) => bucket.read(asked[asked.push(key) - 1] as string);

    const { unreadable, unsealed } = await findNewest({ ...bucket, read }, CLUSTER, new Date('2026-01-01T00:05:00.000Z'));

    expect(unreadable.map(({ backupId }) => backupId)).toEqual(['260010015']);
    expect(unsealed).toEqual([]);
    expect(asked).toEqual(['260010015', '253652359'].map((backupId) => layout.manifest(CLUSTER, backupId)));
  });

  it('is not in doubt about what is newer than a backup that was begun too late', async () => {
    const found = await find('2026-01-01T00:05:00.000Z', sealed('253652359'), sealed('260010007'), broken('260010008'), begun('260010009'));

    expect(found).toEqual({ found: '253652359', unreadable: [], unsealed: [] });
  });
});

describe('a backup by its id', () => {
  it('is read from its manifest', async () => {
    expect((await readManifest(bucketOf(sealed('260010005')), CLUSTER, '260010005'))?.plan.backupId).toBe('260010005');
  });

  it.each([
    ['another id', backupPlan({ backupId: '260010006' })],
    ['another cluster', backupPlan({ backupId: '260010005', cluster: 'other', prefix: 'other/backups/260010005' })],
  ])('is refused when its manifest is of %s', async (_what, plan) => {
    const bucket = bucketOf([layout.manifest(CLUSTER, '260010005'), JSON.stringify(manifest({ plan }))]);

    await expect(readManifest(bucket, CLUSTER, '260010005')).rejects.toMatchObject({
      name: 'ManifestUnsupported',
      message: expect.stringContaining(`The manifest of backup 260010005 describes ${plan.prefix}.`),
    });
  });

  it('is none without a manifest', async () => {
    expect(await readManifest(bucketOf(begun('260010005')), CLUSTER, '260010005')).toBeUndefined();
  });
});

describe('the ids that a backup may get', () => {
  it('are those of its minute and the nine that follow, also across the end of a year', () => {
    expect(candidateIds(new Date('2026-12-31T23:58:59.999Z'))).toEqual([
      '263652358',
      '263652359',
      ...Array.from({ length: 8 }, (_, minute) => `27001000${minute}`),
    ]);
  });
});
