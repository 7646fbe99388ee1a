import { describe, expect, it } from 'vitest';
import { candidateIds, newestManifest, readManifest } from '../../lambdas/catalogue.ts';
import { layout } from '../../model/layout.ts';
import { backupPlan, CLUSTER, manifest } from '../fixtures/backup.ts';
import { memoryBucket } from '../fixtures/bucket.ts';

const sealed = (backupId: string): [string, string] => [
  layout.manifest(CLUSTER, backupId),
  JSON.stringify(manifest({ plan: backupPlan({ backupId }) })),
];
const begun = (backupId: string): [string, string] => [layout.plan(CLUSTER, backupId), '{}'];
const bucketOf = (...objects: [string, string][]) => memoryBucket(Object.fromEntries(objects));

describe('the newest backup', () => {
  it('is the newest that has a manifest, also across the end of a year', async () => {
    const bucket = bucketOf(sealed('260010005'), sealed('253652359'), begun('260010007'));

    expect((await newestManifest(bucket, CLUSTER))?.plan.backupId).toBe('260010005');
  });

  it('is none when backups were only begun', async () => {
    expect(await newestManifest(bucketOf(begun('260010005')), CLUSTER)).toBeUndefined();
  });

  it('is none of another cluster', async () => {
    const [key, text] = sealed('260010005');

    expect(await newestManifest(bucketOf([key.replace(CLUSTER, `${CLUSTER}-2`), text]), CLUSTER)).toBeUndefined();
  });

  it('is not silently an older one when the newest cannot be read', async () => {
    const bucket = bucketOf(sealed('260010005'), [layout.manifest(CLUSTER, '260010006'), '{"formatVersion":2}']);

    await expect(newestManifest(bucket, CLUSTER)).rejects.toMatchObject({ name: 'ManifestUnsupported' });
  });
});

describe('a backup by its id', () => {
  it('is read from its manifest', async () => {
    expect((await readManifest(bucketOf(sealed('260010005')), CLUSTER, '260010005'))?.plan.backupId).toBe('260010005');
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
