import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Publish } from '../../../lambdas/metrics.ts';
import { findBackups } from '../../../lambdas/prune-backups/backups.ts';
import { sweepPrefixes } from '../../../lambdas/prune-backups/debris.ts';
import { watchBackups } from '../../../lambdas/watch-backups/watch-backups.ts';
import { backupIdAt } from '../../../model/backup-id.ts';
import { layout } from '../../../model/layout.ts';
import { scheduleSchema } from '../../../model/schedule.ts';
import { backupPlan, CLUSTER, manifest } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const NOW = new Date('2026-11-22T12:00:00Z');
const HOUR = 3_600_000;
const hoursAgo = (hours: number) => new Date(NOW.getTime() - hours * HOUR);
const GRACE_DAYS = 21;
const daysAgo = (days: number) => hoursAgo(24 * days);

const sealed = (startedAt: Date, backupId = backupIdAt(startedAt)): [string, string] => [
  layout.manifest(CLUSTER, backupId),
  JSON.stringify(manifest({ plan: backupPlan({ backupId, startedAt: startedAt.toISOString() }) })),
];
const begun = (startedAt: Date): [string, string] => [layout.plan(CLUSTER, backupIdAt(startedAt)), '{}'];
const nightly = scheduleSchema.parse({ name: 'nightly', expression: 'cron(0 2 * * ? *)' });

function givenBackups(...objects: [string, string][]) {
  const published: Parameters<Publish>[] = [];
  const bucket = memoryBucket(Object.fromEntries(objects));
  const publish: Publish = (...metrics) => void published.push(metrics);
  return { bucket, published, watcher: { cluster: CLUSTER, schedules: [nightly], graceDays: GRACE_DAYS, bucket, publish } };
}

describe('watching backups', () => {
  it('measures how many there are, how old the newest is and when the next is due', async () => {
    const { watcher } = givenBackups(sealed(hoursAgo(34)), sealed(hoursAgo(10)));

    expect(await watchBackups(watcher, NOW)).toEqual({
      backups: 2,
      debris: 0,
      unreadableManifests: 0,
      recoveryPointAge: 10 * 3600,
      nextBackup: 14 * 3600,
      verificationAges: {},
    });
  });

  it('publishes what it measured', async () => {
    const { watcher, published } = givenBackups(sealed(hoursAgo(10)));

    await watchBackups(watcher, NOW);

    expect(published).toEqual([
      [
        {
          Backups: ['Count', 1],
          Debris: ['Count', 0],
          UnreadableManifests: ['Count', 0],
          RecoveryPointAgeSeconds: ['Seconds', 36_000],
          SecondsToNextBackup: ['Seconds', 50_400],
        },
      ],
    ]);
  });

  it('tells no age when there is no backup: the alarm takes that for a breach', async () => {
    const { watcher, published } = givenBackups(begun(hoursAgo(1)));

    await watchBackups(watcher, NOW);

    expect(Object.keys(published[0]?.[0] ?? {})).toEqual(['Backups', 'Debris', 'UnreadableManifests', 'SecondsToNextBackup']);
  });

  it('goes by the time that a manifest records, not by the id', async () => {
    const { watcher } = givenBackups(sealed(hoursAgo(5), '260010005'), sealed(hoursAgo(30)));

    expect((await watchBackups(watcher, NOW)).recoveryPointAge).toBe(5 * 3600);
  });

  it('finds the nearest run of all schedules, and none when all are disabled', async () => {
    const { watcher } = givenBackups();
    const noon = scheduleSchema.parse({ name: 'noon', expression: 'cron(30 12 * * ? *)' });
    const disabled = [nightly, noon].map((schedule) => ({ ...schedule, enabled: false }));

    expect((await watchBackups({ ...watcher, schedules: [nightly, noon] }, NOW)).nextBackup).toBe(1800);
    expect(await watchBackups({ ...watcher, schedules: disabled }, NOW)).not.toHaveProperty('nextBackup');
  });
});

describe('debris', () => {
  it.each([
    ['is not what failed and may still be redriven', [begun(daysAgo(25))], GRACE_DAYS - 1, 0],
    ['is a backup that was begun, never sealed, and untouched for the days of grace', [begun(daysAgo(25))], GRACE_DAYS, 1],
    ['is not a complete backup', [sealed(daysAgo(25))], GRACE_DAYS, 0],
    ['is what nobody knows, without plan and manifest', [[`${layout.backup(CLUSTER, '263001200')}/metadata/users.sql`, '']], GRACE_DAYS, 1],
    ['is not what nobody knows, while it is young', [[`${layout.backup(CLUSTER, '263001200')}/metadata/users.sql`, '']], 1, 0],
    [
      'is not a backup whose removal was cut off',
      [begun(daysAgo(25)), [layout.prune(CLUSTER, backupIdAt(daysAgo(25))), '']],
      GRACE_DAYS,
      0,
    ],
    ['is not what lies beside the backups', [[`${layout.backups(CLUSTER)}notes/readme.txt`, '']], GRACE_DAYS, 0],
    ["is not another cluster's", [[layout.plan(`${CLUSTER}-2`, '263001200'), '']], GRACE_DAYS, 0],
  ] as [string, [string, string][], number, number][])('%s', async (_what, objects, days, debris) => {
    const { bucket, watcher } = givenBackups(...objects);
    for (const [key] of objects) bucket.times.set(key, daysAgo(days));

    expect((await watchBackups(watcher, NOW)).debris).toBe(debris);
  });

  it.each([
    [GRACE_DAYS - 1, 0],
    [GRACE_DAYS, 1],
  ])('that is an upload which nobody completed or aborted, for %i days, counts %i', async (days, debris) => {
    const { bucket, watcher } = givenBackups(sealed(daysAgo(40), '263001200'));
    bucket.uploads.push({ key: `${layout.rondbNode(CLUSTER, '263001200', 1)}/x`, uploadId: '1', initiated: daysAgo(days) });

    expect((await watchBackups(watcher, NOW)).debris).toBe(debris);
  });

  it('is what a sweep with the same grace removes, and what it leaves to people, of any bucket', async () => {
    const ages = fc.integer({ min: 0, max: 40 });
    const backup = fc.record({
      age: ages,
      plan: fc.boolean(),
      manifest: fc.constantFrom('none', 'whole', 'damaged'),
      marked: fc.boolean(),
    });
    const upload = fc.record({ of: fc.nat({ max: 7 }), age: ages });
    const log = [vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')].map((spy) => spy.mockImplementation(() => {}));

    await fc.assert(
      fc.asyncProperty(fc.array(backup, { maxLength: 7 }), fc.array(upload, { maxLength: 4 }), async (backups, uploads) => {
        const { bucket, watcher } = givenBackups();
        const put = (key: string, text: string, age: number) => {
          bucket.objects.set(key, text);
          bucket.times.set(key, daysAgo(age));
        };
        const idOf = (index: number) => `26300120${index}`;
        for (const [index, { age, plan, manifest: held, marked }] of backups.entries()) {
          const backupId = idOf(index);
          put(`${layout.metadata(CLUSTER, backupId)}/users.sql`, 'x', age);
          if (plan) put(layout.plan(CLUSTER, backupId), '{}', age);
          if (held === 'whole') put(...sealed(daysAgo(age), backupId), age);
          if (held === 'damaged') put(layout.manifest(CLUSTER, backupId), '{"formatVersion":9}', age);
          if (marked) put(layout.prune(CLUSTER, backupId), '', age);
        }
        for (const [index, { of, age }] of uploads.entries()) {
          const key = `${layout.rondbNode(CLUSTER, idOf(of), 1)}/x`;
          bucket.uploads.push({ key, uploadId: String(index), initiated: daysAgo(age) });
        }
        const pending = [...bucket.uploads];
        const { debris: before } = await watchBackups(watcher, NOW);
        const begun = await findBackups(bucket, CLUSTER, { keep: [], release: [] });

        const swept = await sweepPrefixes({ bucket, cluster: CLUSTER }, begun, { remove: true, graceDays: GRACE_DAYS }, NOW);

        const { debris: after } = await watchBackups(watcher, NOW);
        const ended = pending.filter((gone) => !bucket.uploads.includes(gone) && gone.initiated <= daysAgo(GRACE_DAYS));
        expect(before - after).toBe(swept.prefixes.length + ended.length);
        const unknown = backups.filter(({ age, plan, manifest: held, marked }) => age >= GRACE_DAYS && !plan && held === 'none' && !marked);
        expect(after).toBe(unknown.length);
      }),
    );
    for (const spy of log) spy.mockRestore();
  });
});

describe('a manifest that cannot be read', () => {
  it('is counted and logged, and does not hide the others', async () => {
    const { watcher } = givenBackups(sealed(hoursAgo(30)), [layout.manifest(CLUSTER, '260010005'), '{"formatVersion":9}']);
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});

    const watched = await watchBackups(watcher, NOW);

    expect(watched).toMatchObject({ backups: 1, unreadableManifests: 1, debris: 0, recoveryPointAge: 30 * 3600 });
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('260010005'));
    log.mockRestore();
  });

  it('is not one that S3 does not hand out: that fails', async () => {
    const { bucket, watcher, published } = givenBackups(sealed(hoursAgo(1)));
    bucket.read = () => Promise.reject(new Error('AccessDenied'));

    await expect(watchBackups(watcher, NOW)).rejects.toThrow('AccessDenied');

    expect(published).toEqual([]);
  });
});

describe('the age of a verification', () => {
  const verified = (depth: string, hours: number, changes = {}): [string, string] => [
    layout.lastVerification(CLUSTER, depth),
    JSON.stringify({ cluster: CLUSTER, depth, verdict: 'intact', startedAt: hoursAgo(hours).toISOString(), ...changes }),
  ];

  it.each([
    ['is that of the newest of the depth', [verified('objects', 1), verified('bytes', 20), verified('database', 300)], [1, 20, 300]],
    ['is that of a deeper one, if it is newer', [verified('objects', 9), verified('bytes', 90), verified('database', 5)], [5, 5, 5]],
    ['is not that of a shallower one', [verified('bytes', 7)], [7, 7, undefined]],
    ['is not there when nobody has verified', [], [undefined, undefined, undefined]],
  ] as [string, [string, string][], (number | undefined)[]][])('%s', async (_what, reports, hours) => {
    const { watcher, published } = givenBackups(...reports);

    await watchBackups(watcher, NOW);

    const age = (depth: string) => published.find(([, dimensions]) => dimensions?.Depth === depth)?.[0].VerificationAgeSeconds;
    expect(['objects', 'bytes', 'database'].map(age)).toEqual(hours.map((each) => each && ['Seconds', each * 3600]));
  });

  it.each([
    ['no JSON', [layout.lastVerification(CLUSTER, 'bytes'), '{"verdict"']],
    ['of another depth', verified('bytes', 1, { depth: 'database' })],
    ['of another cluster', verified('bytes', 1, { cluster: 'other' })],
    ['of damage', verified('bytes', 1, { verdict: 'damaged' })],
    ['without a time', verified('bytes', 1, { startedAt: 'yesterday' })],
  ] as [string, [string, string]][])('is not read from a report that is %s: that is said, and the others count', async (_what, report) => {
    const { watcher } = givenBackups(report, verified('objects', 4));
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});

    const { verificationAges } = await watchBackups(watcher, NOW);

    expect(verificationAges).toEqual({ objects: 4 * 3600 });
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('verifications/last/bytes.json'));
    log.mockRestore();
  });
});
