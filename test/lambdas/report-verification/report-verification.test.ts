import { describe, expect, it } from 'vitest';
import { reportVerification } from '../../../lambdas/report-verification/report-verification.ts';
import { layout } from '../../../model/layout.ts';
import { formatDamages, NAMED_DAMAGES, verificationReportSchema } from '../../../model/verification.ts';
import { BACKUP_ID, CLUSTER, manifest, START_TIME } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const REPORT = layout.verificationReport(CLUSTER, 'v-1');
const LAST = layout.lastVerification(CLUSTER, 'objects');
const ENDED = '2026-11-22T11:00:00.000Z';
const missing = (object: string) => ({ error: 'ObjectMissing' as const, object, found: 'not in the bucket' });

/** A bucket with a backup and the lists of damages that the parts of a verification left. */
function givenChecked(damage: Parameters<typeof formatDamages>[0] = []) {
  const bucket = memoryBucket({
    [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(manifest()),
    [layout.damageList(CLUSTER, 'v-1', 'objects')]: formatDamages(damage),
  });
  const checked = { backupId: BACKUP_ID, depth: 'objects', objects: 17, bytes: 1000, damaged: damage.length, storages: 0 };
  const input = { execution: { name: 'v-1', startTime: START_TIME }, checked };
  const reporter = { cluster: CLUSTER, bucketName: 'the-bucket', bucket, now: () => new Date(ENDED) };
  return {
    ...bucket,
    report: () => reportVerification(input, reporter),
    written: () => verificationReportSchema.parse(JSON.parse(bucket.objects.get(REPORT) ?? 'null')),
  };
}

describe('the report of a verification', () => {
  it('says of a backup that is whole what was looked at, and that this was the last verification of its depth', async () => {
    const { report, written, objects } = givenChecked();

    expect(await report()).toEqual({
      ...{ backupId: BACKUP_ID, depth: 'objects', verdict: 'intact', objects: 17, bytes: 1000 },
      report: REPORT,
    });
    expect(written()).toMatchObject({ verdict: 'intact', damaged: 0, damage: [], startedAt: START_TIME, endedAt: ENDED });
    expect(objects.get(LAST)).toBe(objects.get(REPORT));
  });

  it('fails by the name of the first damage, names the first ones with a count, and is written before', async () => {
    const damage = [missing('a'), { error: 'ObjectAltered' as const, object: 'b', found: 'has 1 bytes' }];
    const { report, written, objects } = givenChecked([...damage, ...Array.from({ length: 20 }, (_, index) => missing(`c${index}`))]);

    await expect(report()).rejects.toMatchObject({
      name: 'ObjectMissing',
      message: expect.stringMatching(
        /^Backup 263261030 is damaged: a not in the bucket, ObjectAltered: b has 1 bytes, .* and 12 more\. .*s3:\/\/the-bucket\/\S+report\.json/,
      ),
    });
    expect(written()).toMatchObject({ verdict: 'damaged', damaged: 22, damage: expect.arrayContaining(damage) });
    expect(objects.has(LAST)).toBe(false);
  });

  it('counts what is too much to be named', async () => {
    const { report, written } = givenChecked(Array.from({ length: NAMED_DAMAGES + 5 }, (_, index) => missing(`c${index}`)));

    await expect(report()).rejects.toThrow(`and ${NAMED_DAMAGES - 5} more`);
    expect(written().damaged).toBe(NAMED_DAMAGES + 5);
    expect(written().damage).toHaveLength(NAMED_DAMAGES);
  });

  it('does not call damaged what was removed meanwhile', async () => {
    const { report, objects } = givenChecked([missing('a')]);
    objects.delete(layout.manifest(CLUSTER, BACKUP_ID));

    await expect(report()).rejects.toMatchObject({ name: 'BackupRemoved', message: expect.stringContaining(BACKUP_ID) });
    expect(objects.has(REPORT)).toBe(false);
  });

  it.each(['ObjectMissing\ta', 'NoSuchName\ta\tb', 'x\n', 'ObjectMissing\ta\tb\tc'])(
    'refuses a list of damages with the line %j',
    async (line) => {
      const { report, objects } = givenChecked();
      objects.set(layout.damageList(CLUSTER, 'v-1', 'objects'), line);

      await expect(report()).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
    },
  );

  it('is not written without the list of damages', async () => {
    const { report, objects } = givenChecked();
    objects.delete(layout.damageList(CLUSTER, 'v-1', 'objects'));

    await expect(report()).rejects.toMatchObject({ name: 'ObjectMissing' });
    expect(objects.has(LAST)).toBe(false);
  });
});
