import { describe, expect, it } from 'vitest';
import { clusterSchemaAt, keptDays } from '../../model/consistency.ts';
import { parseOr } from '../../model/parse.ts';

const minimal = { name: 'north', rondb: { connectString: 'mgmd:1186' } };
const from = new Date('2027-01-01T00:00:00Z');
const cluster = (part: object) => parseOr('ClusterFileInvalid', 'north.json', clusterSchemaAt(from), { ...minimal, ...part });
const scheduled = (...expressions: string[]) => expressions.map((expression, index) => ({ name: `s${index}`, expression }));
const weekly = { name: 'weekly', expression: 'cron(0 6 ? * SUN *)', flexibleMinutes: 0, depth: 'bytes' };
const stockholm = (expression: string) => [{ name: 'a', expression, timeZone: 'Europe/Stockholm', flexibleMinutes: 30 }];

describe('a cluster whose parts fit together', () => {
  it.each([
    ['the defaults', {}],
    ['no schedules and no objective', { schedules: [], objectives: { recoveryPointHours: null } }],
    [
      'only paused schedules and no objective',
      { schedules: [{ name: 'a', expression: 'rate(1 day)', enabled: false }], objectives: { recoveryPointHours: null } },
    ],
    [
      'an objective that is met exactly',
      {
        schedules: [{ name: 'a', expression: 'cron(0 4 * * ? *)', timeZone: 'Europe/Stockholm', flexibleMinutes: 60 }],
        objectives: { recoveryPointHours: 26 },
        limits: { backupHours: 26 },
      },
    ],
    [
      'two schedules that meet it together',
      {
        schedules: scheduled('cron(0 2 * * ? *)', 'cron(0 14 * * ? *)'),
        objectives: { recoveryPointHours: 13 },
        limits: { backupHours: 13 },
      },
    ],
    ['an objective for verifications that are started by hand', { objectives: { verificationDays: 31 } }],
    ['paused verifications and no objective', { verifications: [{ ...weekly, enabled: false }] }],
    [
      'verifications that meet their objective together, to the minute',
      {
        verifications: [weekly, { ...weekly, name: 'midweek', expression: 'cron(0 6 ? * WED *)', flexibleMinutes: 1440, depth: 'objects' }],
        objectives: { verificationDays: 5 },
      },
    ],
    ['uploads that are given up after twice the limit', { limits: { backupHours: 11 }, bucket: { abortUploadsAfterDays: 1 } }],
    ['a lock as long as backups are kept', { bucket: { objectLock: { mode: 'COMPLIANCE', days: 403 } } }],
    ['a transition that is paid off', { bucket: { transitions: [{ storageClass: 'GLACIER_IR', afterDays: 283 }] } }],
  ])('may have %s', (_what, part) => {
    expect(cluster(part)).toMatchObject(minimal);
  });
});

describe('a cluster whose parts contradict each other', () => {
  it.each([
    [
      'an objective that summer time breaks',
      { schedules: stockholm('cron(30 2 * * ? *)') },
      [
        'objectives.recoveryPointHours: 26 hours cannot be met',
        '47.5 hours',
        '47 after the one of 2027-03-27T01:30Z',
        'flexibleMinutes of 30',
        'at least 48',
      ],
    ],
    ['an objective that weekends break', { schedules: scheduled('cron(0 2 ? * MON-FRI *)') }, ['72.25 hours', 'at least 73']],
    [
      'an objective without schedules',
      { schedules: [] },
      ['objectives.recoveryPointHours: 26 hours cannot be met while no schedule is enabled', 'set the objective to null'],
    ],
    [
      'schedules without an objective',
      { objectives: { recoveryPointHours: null } },
      ['objectives.recoveryPointHours: null would leave 1 enabled schedule(s) unwatched'],
    ],
    [
      'a schedule of the past',
      { schedules: scheduled('rate(1 day)', 'cron(0 2 * * ? 2026)') },
      ['schedules.1.expression: cron(0 2 * * ? 2026) never runs after 2027-01-01T00:00Z'],
    ],
    ['schedules that end', { schedules: scheduled('cron(0 2 * 1-6 ? 2027)') }, ['schedules: no schedule runs after 2027-06-30T02:00Z']],
    [
      'a schedule that never rests',
      { schedules: scheduled('cron(0/5 * * * ? *)') },
      ['schedules.0.expression: cron(0/5 * * * ? *) runs more often than every 15 minutes'],
    ],
    [
      'verifications that nobody watches',
      { verifications: [weekly] },
      ['objectives.verificationDays: null would leave 1 enabled verification(s) unwatched; set days, or verifications to []'],
    ],
    [
      'an objective that verifications cannot meet, although backups are more frequent',
      { verifications: [{ ...weekly, flexibleMinutes: 720 }], objectives: { verificationDays: 7 } },
      ['objectives.verificationDays: 7 days cannot be met: up to 7.5 days lie between two verifications', 'at least 8'],
    ],
    [
      'a verification of the past',
      { verifications: [{ ...weekly, expression: 'cron(0 2 * * ? 2026)' }], objectives: { verificationDays: 8 } },
      ['verifications.0.expression: cron(0 2 * * ? 2026) never runs after 2027-01-01T00:00Z'],
    ],
    [
      'verifications that end',
      { verifications: [{ ...weekly, expression: 'cron(0 2 * 1-6 ? 2027)' }], objectives: { verificationDays: 8 } },
      ['verifications: no verification runs after 2027-06-30T02:00Z'],
    ],
    [
      'a verification that is named as a backup',
      { verifications: [{ ...weekly, name: 'nightly' }], objectives: { verificationDays: 8 } },
      ['verifications.0.name: expected another name than "nightly", which is taken'],
    ],
    [
      'two verifications of one name',
      { verifications: [weekly, weekly], objectives: { verificationDays: 8 } },
      ['verifications.1.name: expected another name than "weekly"'],
    ],
    [
      'a limit beyond the objective',
      { schedules: scheduled('rate(6 hours)'), objectives: { recoveryPointHours: 12 } },
      ['limits.backupHours: a step may take 24 hours, longer than objectives.recoveryPointHours of 12; lower it to at most 12'],
    ],
    [
      'uploads given up too early',
      { bucket: { abortUploadsAfterDays: 2 } },
      ['bucket.abortUploadsAfterDays: after 2 days', 'limits.backupHours of 24 allows 48 hours', 'at least 3'],
    ],
    [
      'a lock beyond retention',
      { bucket: { objectLock: { mode: 'COMPLIANCE', days: 404 } } },
      ['bucket.objectLock.days: 404 days', '373 days', 'bucket.noncurrentDays of 30', 'at most 403'],
    ],
    [
      'a transition that is not paid off',
      { bucket: { transitions: [{ storageClass: 'GLACIER_IR', afterDays: 284 }] } },
      ['bucket.transitions.0.afterDays: GLACIER_IR after 284 days, paid for at least 90', '373 days', 'at most 283'],
    ],
    [
      'a transition of what is kept for days',
      { retention: { weekly: 0, monthly: 0 }, bucket: { transitions: [{ storageClass: 'GLACIER_IR', afterDays: 0 }] } },
      ['bucket.transitions.0.afterDays', '8 days', 'leave it out'],
    ],
  ])('is refused with %s', (_what, part, parts) => {
    const parse = () => cluster(part);

    expect(parse).toThrow(expect.objectContaining({ name: 'ClusterFileInvalid' }));
    for (const text of parts) expect(parse).toThrow(text);
  });

  it('is told every contradiction at once', () => {
    const parse = () => cluster({ schedules: [], bucket: { abortUploadsAfterDays: 1 } });

    expect(parse).toThrow(/objectives\.recoveryPointHours: .*; bucket\.abortUploadsAfterDays: /);
  });
});

describe('the days that a backup is kept', () => {
  it.each([
    ['nightly backups', {}, 373],
    [
      'weekly backups without tiers',
      { schedules: scheduled('rate(7 days)'), retention: { daily: 0, weekly: 0, monthly: 0 }, objectives: { recoveryPointHours: 200 } },
      28,
    ],
    [
      'backups taken by hand, once a day',
      { schedules: [], retention: { weekly: 0, monthly: 0 }, objectives: { recoveryPointHours: null } },
      8,
    ],
    [
      'Object Lock beyond what retention keeps',
      { retention: { weekly: 0, monthly: 0 }, bucket: { objectLock: { mode: 'COMPLIANCE', days: 30 } } },
      31,
    ],
    ['pinned backups, which have no end', { retention: { weekly: 0, monthly: 0, keep: [{ backupId: '263261030', reason: 'audit' }] } }, 8],
  ])('follow from retention and schedules: %s', (_what, part, days) => {
    expect(keptDays(cluster(part), from)).toBe(days);
  });
});
