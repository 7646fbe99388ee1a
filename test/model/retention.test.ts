import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DatedBackup, longestKeptDays, pinOf, retentionSchema, type Tiers, toKeep } from '../../model/retention.ts';

const retention = (overrides: Partial<Tiers> = {}): Tiers => ({ daily: 0, weekly: 0, monthly: 0, minimum: 1, ...overrides });
/** A backup of each time; its id is its time, unless a test says otherwise. */
const backupsAt = (...times: string[]): DatedBackup[] => times.map((startedAt) => ({ backupId: startedAt, startedAt }));
const prune = (backups: readonly DatedBackup[], policy: Tiers) => {
  const keep = toKeep(backups, policy);
  return backups.filter(({ backupId }) => keep.has(backupId));
};
const keptOf = (backups: readonly DatedBackup[], policy: Tiers) => [...toKeep(backups, policy).keys()];

describe('retention', () => {
  it('names what it keeps newest first, whichever rule keeps it', () => {
    const backups = backupsAt('2026-06-01T00:00:00Z', '2027-08-30T00:00:00Z', '2027-09-01T00:00:00Z');

    expect(keptOf(backups, retention({ weekly: 2, monthly: 2, minimum: 1 }))).toEqual([
      '2027-09-01T00:00:00Z',
      '2027-08-30T00:00:00Z',
      '2026-06-01T00:00:00Z',
    ]);
  });

  it('keeps the newest backups, as many as the minimum says', () => {
    const backups = backupsAt('2027-01-01T02:00:00Z', '2027-01-01T03:00:00Z', '2027-01-01T04:00:00Z');

    expect(keptOf(backups, retention({ minimum: 2 }))).toEqual(['2027-01-01T04:00:00Z', '2027-01-01T03:00:00Z']);
  });

  it('keeps the newest backup of each of the last days that have one', () => {
    const backups = backupsAt('2027-01-01T02:00:00Z', '2027-01-02T01:00:00Z', '2027-01-02T23:59:59Z', '2027-01-09T00:00:00Z');

    expect(keptOf(backups, retention({ daily: 2 }))).toEqual(['2027-01-09T00:00:00Z', '2027-01-02T23:59:59Z']);
  });

  it('keeps the newest backup of each of the last weeks, which begin on Monday', () => {
    const [sunday, monday, nextSunday] = ['2027-01-03T23:59:59Z', '2027-01-04T00:00:00Z', '2027-01-10T12:00:00Z'] as const;

    expect(keptOf(backupsAt(sunday, monday, nextSunday), retention({ weekly: 2 }))).toEqual([nextSunday, sunday]);
  });

  it('keeps the newest backup of each of the last months', () => {
    const backups = backupsAt('2026-11-30T23:59:59Z', '2026-12-01T00:00:00Z', '2026-12-31T23:59:59Z', '2027-01-01T00:00:00Z');

    const kept = keptOf(backups, retention({ monthly: 3 }));

    expect(kept).toEqual(['2027-01-01T00:00:00Z', '2026-12-31T23:59:59Z', '2026-11-30T23:59:59Z']);
  });

  it('says why it keeps a backup', () => {
    const [older, newer] = ['2026-12-31T02:00:00Z', '2027-01-01T02:00:00Z'] as const;

    const kept = toKeep(backupsAt(older, newer), retention({ daily: 7, weekly: 4, monthly: 12 }));

    expect(kept).toEqual(
      new Map([
        [newer, ['minimum', 'daily', 'weekly', 'monthly']],
        [older, ['daily', 'monthly']],
      ]),
    );
  });

  it('goes by the recorded time, whatever the ids say', () => {
    const backups = [
      { backupId: '270010200', startedAt: '2027-01-02T02:00:00Z' },
      { backupId: '270020200', startedAt: '2027-01-01T02:00:00Z' },
    ];

    expect(keptOf(backups, retention())).toEqual(['270010200']);
  });

  it('of a cluster file keeps at least one backup', () => {
    expect(retentionSchema.safeParse({ minimum: 0 }).success).toBe(false);
    expect(retentionSchema.parse({ daily: 0, weekly: 0, monthly: 0, minimum: 1 })).toEqual({ ...retention(), keep: [], release: [] });
  });
});

describe('a pinned backup', () => {
  const [id, reason] = ['263261030', 'before the upgrade to 4.2'];

  it.each([
    ['by the cluster file', null, { keep: [{ backupId: id, reason }], release: [] }, reason],
    ['by the request that took it', reason, { keep: [], release: [] }, reason],
    ['by both: the cluster file tells why', 'another reason', { keep: [{ backupId: id, reason }], release: [] }, reason],
    ['no longer, once the cluster file releases it', reason, { keep: [], release: [id] }, undefined],
    ['not by a pin of another one', null, { keep: [{ backupId: '263261031', reason }], release: [] }, undefined],
  ])('is one %s', (_what, requested, pins, expected) => {
    expect(pinOf(id, requested, pins)).toBe(expected);
  });

  it('is kept whatever its age, takes no place of another one, and says that it is pinned', () => {
    const [ancient, old, newer, newest] = ['2001-01-01T00:00:00Z', '2027-01-01T02:00:00Z', '2027-01-02T02:00:00Z', '2027-01-03T02:00:00Z'];
    const pinned = ['2001-01-01T00:00:00Z', '2027-01-03T02:00:00Z'];
    const backups = backupsAt(ancient as string, old as string, newer as string, newest as string).map((backup) =>
      pinned.includes(backup.backupId) ? { ...backup, pin: 'why' } : backup,
    );

    expect([...toKeep(backups, retention())]).toEqual([
      [newest, ['pinned']],
      [newer, ['minimum']],
      [ancient, ['pinned']],
    ]);
  });

  it.each([
    ['without a reason', { keep: [{ backupId: id }] }],
    ['with an empty reason', { keep: [{ backupId: id, reason: ' ' }] }],
    ['with a reason of several lines', { keep: [{ backupId: id, reason: 'one\ntwo' }] }],
    ['that is no backup id', { keep: [{ backupId: '../../x', reason }] }],
    [
      'twice',
      {
        keep: [
          { backupId: id, reason },
          { backupId: id, reason },
        ],
      },
    ],
    ['and released at once', { keep: [{ backupId: id, reason }], release: [id] }],
  ])('is refused %s', (_what, pins) => {
    expect(retentionSchema.safeParse(pins).success).toBe(false);
  });
});

const START = Date.parse('2026-06-01T00:00:00Z');
const HOUR = 3_600_000;
const count = fc.integer({ min: 0, max: 6 });
const policies = fc.record({ daily: count, weekly: count, monthly: count, minimum: fc.integer({ min: 1, max: 6 }) });
const history = fc
  .uniqueArray(fc.integer({ min: 0, max: 500 * 24 }), { minLength: 1, maxLength: 80 })
  .map((hours) => hours.sort((a, b) => a - b).map((hour) => new Date(START + hour * HOUR).toISOString()))
  .chain((times) =>
    fc.array(fc.boolean(), { minLength: times.length, maxLength: times.length }).map((pins) =>
      // Every other history has pinned backups.
      backupsAt(...times).map((backup, index) => (pins[0] && pins[index] ? { ...backup, pin: 'why' } : backup)),
    ),
  );

describe('any retention of any history', () => {
  it('never keeps fewer than the minimum, nor fewer than there are', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        expect(toKeep(backups, policy).size).toBeGreaterThanOrEqual(Math.min(policy.minimum, backups.length));
      }),
    );
  });

  it('keeps the newest', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        expect(keptOf(backups, policy)[0]).toBe(backups.at(-1)?.backupId);
      }),
    );
  });

  it('keeps what is pinned, and of the others what it would keep without them', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        const kept = toKeep(backups, policy);
        const pinned = backups.filter(({ pin }) => pin !== undefined).map(({ backupId }) => backupId);
        const others = backups.filter(({ pin }) => pin === undefined);

        expect(pinned.every((backupId) => kept.has(backupId))).toBe(true);
        expect([...kept.keys()].filter((backupId) => !pinned.includes(backupId))).toEqual(keptOf(others, policy));
      }),
    );
  });

  it('keeps the same in whatever order the backups are listed, equal times included', () => {
    const equalTimes = history.map((backups) =>
      backups.map((backup) => ({ ...backup, startedAt: `${backup.startedAt.slice(0, 7)}-01T00:00:00Z` })),
    );
    const shuffled = fc
      .oneof(history, equalTimes)
      .chain((backups) => fc.tuple(fc.constant(backups), fc.shuffledSubarray(backups, { minLength: backups.length })));
    fc.assert(
      fc.property(shuffled, policies, ([backups, others], policy) => {
        expect([...toKeep(others, policy)]).toEqual([...toKeep(backups, policy)]);
      }),
    );
  });

  it('keeps, pruned twice, what it keeps pruned once', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        const once = prune(backups, policy);

        expect(prune(once, policy)).toEqual(once);
      }),
    );
  });

  it('keeps no backup for a newer one that it gave up before', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        const before = new Set(keptOf(backups.slice(0, -1), policy));

        expect(
          keptOf(backups, policy)
            .slice(1)
            .filter((backupId) => !before.has(backupId)),
        ).toEqual([]);
      }),
    );
  });

  it('keeps, pruned after every backup, what it keeps pruned once at the end', () => {
    fc.assert(
      fc.property(history, policies, (backups, policy) => {
        let everyTime: DatedBackup[] = [];
        for (const backup of backups) everyTime = prune([...everyTime, backup], policy);

        expect(everyTime.map(({ backupId }) => backupId).reverse()).toEqual(keptOf(backups, policy));
      }),
    );
  });

  /** About once a month is where months with none and with two of them meet. */
  const hoursBetweenBackups = fc.oneof(fc.integer({ min: 4, max: 45 * 24 }), fc.integer({ min: 27 * 24, max: 32 * 24 }));
  /** Between one backup and the next: always the most there is, or now and then only a part of it. */
  const partsOf = fc.oneof(fc.constant([1]), fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }));

  it('keeps no backup longer than it says, however often and irregularly backups are taken', () => {
    fc.assert(
      fc.property(policies, hoursBetweenBackups, partsOf, fc.integer({ min: 0, max: 366 * 24 }), (policy, hoursBetween, parts, offset) => {
        const longest = longestKeptDays(policy, hoursBetween / 24) * 24 * HOUR;
        let kept: DatedBackup[] = [];
        let now = START + offset * HOUR;
        for (let run = 0; run < 150; run += 1) {
          // The oldest lives until now, when this run prunes.
          expect(now - Date.parse(kept[0]?.startedAt ?? new Date(now).toISOString())).toBeLessThanOrEqual(longest);
          kept = prune([...kept, ...backupsAt(new Date(now).toISOString())], policy);
          now += Math.ceil(hoursBetween * (parts[run % parts.length] ?? 1)) * HOUR;
        }
      }),
      {
        numRuns: 60,
        examples: [
          [{ daily: 0, weekly: 0, monthly: 3, minimum: 1 }, 688, [1], 0],
          // Every short month has none, and every long one two.
          [{ daily: 0, weekly: 0, monthly: 4, minimum: 1 }, 731, [1], 0],
          // Two on one day, none on the next, and the same with weeks.
          [{ daily: 6, weekly: 0, monthly: 0, minimum: 1 }, 26, [0.85, 1], 1],
          [{ daily: 0, weekly: 6, monthly: 0, minimum: 1 }, 8 * 24, [0.75, 1], 1],
        ],
      },
    );
  });
});

describe('the days that a backup can be kept', () => {
  it.each([
    ['days', retention({ daily: 7 }), 1, 8],
    ['weeks', retention({ daily: 7, weekly: 4 }), 1, 29],
    ['months', retention({ daily: 7, weekly: 4, monthly: 12 }), 1, 373],
    ['the minimum', retention({ minimum: 3 }), 1, 4],
    ['the minimum of weekly backups', retention({ minimum: 3 }), 7, 28],
    ['days of weekly backups', retention({ daily: 7 }), 7, 56],
    ['days without a backup', retention({ daily: 7 }), 25 / 24, 16],
    ['short months without a backup', retention({ monthly: 7 }), 31, 12 * 31 + 31],
    ['months without a backup', retention({ monthly: 7 }), 32, 14 * 31 + 32],
  ])('follow from %s', (_what, policy, daysBetween, days) => {
    expect(longestKeptDays(policy, daysBetween)).toBe(days);
  });
});
