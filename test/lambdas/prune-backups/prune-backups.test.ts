import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Pruner, pruneBackups } from '../../../lambdas/prune-backups/prune-backups.ts';
import { layout } from '../../../model/layout.ts';
import { backupPlan, CLUSTER, manifest } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const now = () => new Date('2027-02-01T03:00:00Z');
/** Days of January 2027 as backup ids; the higher the newer. */
const idOf = (day: number) => `27${String(day).padStart(3, '0')}0200`;
const timeOf = (day: number) => new Date(Date.UTC(2027, 0, day, 2)).toISOString();
const [OLD, OLDER_DAY, NEW] = [idOf(1), idOf(2), idOf(3)] as const;
const manifestOf = (backupId: string, startedAt: string, keep: string | null = null) =>
  JSON.stringify(manifest({ plan: backupPlan({ backupId, startedAt, keep }) }));

/** The objects of a complete backup: a plan, two files and the manifest. */
function backupOf(backupId: string, startedAt: string): Record<string, string> {
  return {
    [layout.plan(CLUSTER, backupId)]: '{}',
    [`${layout.metadata(CLUSTER, backupId)}/users.sql`]: 'users',
    [`${layout.rondbNode(CLUSTER, backupId, 1)}/file`]: 'rows',
    [layout.manifest(CLUSTER, backupId)]: manifestOf(backupId, startedAt),
  };
}

/** A bucket that holds complete backups of these days, and keeps the two newest; what it is asked to write and remove is recorded. */
function givenPruner({ days = [1, 2, 3], objects = {} }: { days?: number[]; objects?: Record<string, string> } = {}) {
  const bucket = memoryBucket({ ...Object.assign({}, ...days.map((day) => backupOf(idOf(day), timeOf(day)))), ...objects });
  const changes: string[][] = [];
  const pruner: Pruner = {
    cluster: CLUSTER,
    retention: { daily: 0, weekly: 0, monthly: 0, minimum: 2, keep: [], release: [] },
    bucket: {
      ...bucket,
      putIfAbsent: (key, body) => {
        changes.push(['+', key]);
        return bucket.putIfAbsent(key, body);
      },
      remove: (keys) => {
        changes.push(['-', ...keys]);
        return bucket.remove(keys);
      },
    },
  };
  return { pruner, changes, objects: bucket.objects, locks: bucket.locks };
}

const sealed = (backupId: string) => ({ sealed: { backupId, records: 7 } });
const keysOf = (objects: ReadonlyMap<string, string>, backupId: string) => [...objects.keys()].filter((key) => key.includes(backupId));

describe('pruning', () => {
  it('removes what retention gives up, keeps the rest, and says so', async () => {
    const { pruner, objects } = givenPruner();
    const bytes = [...objects].filter(([key]) => key.includes(OLD)).reduce((sum, [, body]) => sum + body.length, 0);

    const pruned = await pruneBackups(sealed(NEW), pruner, now);

    expect(pruned).toEqual({
      kept: [
        { backupId: NEW, reasons: ['minimum'] },
        { backupId: OLDER_DAY, reasons: ['minimum'] },
      ],
      removed: [{ backupId: OLD, objects: 4, bytes }],
      locked: [],
      outdated: [],
      unreadable: [],
      pinnedInVain: [],
    });
    expect([...objects.keys()].sort()).toEqual([...Object.keys(backupOf(OLDER_DAY, '')), ...Object.keys(backupOf(NEW, ''))].sort());
  });

  it('marks a backup before it removes the manifest, the manifest before the rest, and the mark at the end', async () => {
    const { pruner, changes } = givenPruner();
    const mark = layout.prune(CLUSTER, OLD);

    await pruneBackups(sealed(NEW), pruner, now);

    expect(changes[0]).toEqual(['+', mark]);
    expect(changes[1]).toEqual(['-', layout.manifest(CLUSTER, OLD)]);
    expect(changes[2]).toHaveLength(4);
    expect(changes.slice(3)).toEqual([['-', mark]]);
  });

  it('removes at most 1000 objects in one request', async () => {
    const many = Array.from({ length: 2500 }, (_, index) => [`${layout.backup(CLUSTER, OLD)}/rondb/${index}`, '']);
    const { pruner, changes, objects } = givenPruner({ objects: Object.fromEntries(many) });

    await pruneBackups(sealed(NEW), pruner, now);

    expect(changes.map((change) => change.length - 1)).toEqual([1, 1, 1000, 1000, 503, 1]);
    expect(keysOf(objects, OLD)).toEqual([]);
  });

  it('goes by the times in the manifests, not by the ids', async () => {
    const objects = { [layout.manifest(CLUSTER, OLD)]: manifestOf(OLD, timeOf(9)) };
    const { pruner } = givenPruner({ objects });

    const { removed } = await pruneBackups(sealed(NEW), pruner, now);

    expect(removed).toMatchObject([{ backupId: OLDER_DAY }]);
  });

  it('removes nothing when all is kept', async () => {
    const { pruner, changes } = givenPruner({ days: [2, 3] });

    expect(await pruneBackups(sealed(NEW), pruner, now)).toMatchObject({ removed: [] });

    expect(changes).toEqual([]);
  });

  it('removes nothing more when it runs again', async () => {
    const { pruner, objects } = givenPruner({ days: [1, 2, 3, 4, 5] });
    const first = await pruneBackups(sealed(idOf(5)), pruner, now);
    const left = [...objects.keys()];

    const second = await pruneBackups(sealed(idOf(5)), pruner, now);

    expect(second).toEqual({ ...first, removed: [] });
    expect([...objects.keys()]).toEqual(left);
  });
});

describe('pruning never touches', () => {
  const others: [string, Record<string, string>][] = [
    ['a backup without manifest: it may be under way', { [layout.plan(CLUSTER, idOf(30))]: '{}' }],
    ['another cluster', { [`north/backups/${OLD}/manifest.json`]: manifestOf(OLD, timeOf(1)) }],
    ['restores', { [layout.restorePlan(CLUSTER, 'execution-1')]: '{}' }],
    ['a folder that is no backup', { [`${CLUSTER}/backups/archive/manifest.json`]: manifestOf(OLD, timeOf(1)) }],
    ['a folder whose name begins like a backup', { [`${CLUSTER}/backups/${OLD}-copy/file`]: '' }],
  ];
  it.each(others)('%s', async (_what, more) => {
    const { pruner, objects } = givenPruner({ objects: more });

    const { removed } = await pruneBackups(sealed(NEW), pruner, now);

    expect(removed).toMatchObject([{ backupId: OLD }]);
    expect(Object.fromEntries(objects)).toMatchObject(more);
  });

  it.each([
    ['cannot be read', '{'],
    ['is of a later format', JSON.stringify({ ...JSON.parse(manifestOf(OLD, timeOf(1))), formatVersion: 2 })],
    ['is of another backup', manifestOf(NEW, timeOf(1))],
    ['is of another cluster', JSON.stringify(manifest({ plan: backupPlan({ backupId: OLD, cluster: 'north', startedAt: timeOf(1) }) }))],
  ])('a backup whose manifest %s, and names it', async (_what, text) => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    const { pruner, changes } = givenPruner({ objects: { [layout.manifest(CLUSTER, OLD)]: text } });

    const pruned = await pruneBackups(sealed(NEW), pruner, now);

    expect(pruned).toMatchObject({ removed: [], unreadable: [OLD] });
    expect(changes).toEqual([]);
  });
});

describe('pinned backups', () => {
  const PIN = 'before the upgrade';
  const pinnedBy = (retention: Partial<Pruner['retention']>, given: Pruner) => ({
    ...given,
    retention: { ...given.retention, ...retention },
  });

  it('are kept, and named with their reason, whoever pinned them', async () => {
    const objects = { [layout.manifest(CLUSTER, idOf(2))]: manifestOf(idOf(2), timeOf(2), PIN) };
    const { pruner, changes } = givenPruner({ days: [1, 2, 3, 4, 5], objects });

    const { kept, removed } = await pruneBackups(sealed(idOf(5)), pinnedBy({ keep: [{ backupId: OLD, reason: 'audit' }] }, pruner), now);

    expect(kept).toEqual([
      { backupId: idOf(5), reasons: ['minimum'] },
      { backupId: idOf(4), reasons: ['minimum'] },
      { backupId: idOf(2), reasons: ['pinned'], pin: PIN },
      { backupId: OLD, reasons: ['pinned'], pin: 'audit' },
    ]);
    expect(removed).toMatchObject([{ backupId: idOf(3) }]);
    expect(changes.flat().filter((key) => key.includes(idOf(2)) || key.includes(OLD))).toEqual([]);
  });

  it('go like others when the cluster file releases them', async () => {
    const { pruner } = givenPruner({ objects: { [layout.manifest(CLUSTER, OLD)]: manifestOf(OLD, timeOf(1), PIN) } });

    const { removed } = await pruneBackups(sealed(NEW), pinnedBy({ release: [OLD] }, pruner), now);

    expect(removed).toMatchObject([{ backupId: OLD }]);
  });

  it('that are not there are named', async () => {
    const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
    onTestFinished(() => log.mockRestore());
    const { pruner } = givenPruner();

    const { pinnedInVain } = await pruneBackups(sealed(NEW), pinnedBy({ keep: [{ backupId: idOf(77), reason: 'audit' }] }, pruner), now);

    expect(pinnedInVain).toEqual([idOf(77)]);
    expect(log).toHaveBeenCalledWith(expect.stringContaining(idOf(77)));
  });
});

describe('backups under Object Lock', () => {
  const later = new Date('2027-02-01T03:00:01Z');
  const hold = { legalHold: true };
  it.each([
    ['until a time to come', { until: later, legalHold: false }, later.toISOString()],
    ['by a legal hold', { until: undefined, ...hold }, null],
    ['by a legal hold beyond their retention', { until: new Date('2027-01-31T00:00:00Z'), ...hold }, '2027-01-31T00:00:00.000Z'],
  ])('stay as they are %s, and are named with it', async (_what, lock, until) => {
    const { pruner, changes, locks } = givenPruner();
    locks.set(layout.manifest(CLUSTER, OLD), lock);

    const { locked, removed } = await pruneBackups(sealed(NEW), pruner, now);

    expect({ locked, removed }).toEqual({ locked: [{ backupId: OLD, until, legalHold: lock.legalHold }], removed: [] });
    expect(changes).toEqual([]);
  });

  it('go when their time is over', async () => {
    const { pruner, locks } = givenPruner();
    locks.set(layout.manifest(CLUSTER, OLD), { until: now(), legalHold: false });

    const { locked, removed } = await pruneBackups(sealed(NEW), pruner, now);

    expect({ locked, removed }).toMatchObject({ locked: [], removed: [{ backupId: OLD }] });
  });

  it('stay whole, and without a mark, when a removal was cut off before they were locked', async () => {
    const { pruner, objects, locks } = givenPruner({ objects: { [layout.prune(CLUSTER, OLD)]: '{}' } });
    locks.set(layout.manifest(CLUSTER, OLD), { until: later, legalHold: false });

    await pruneBackups(sealed(NEW), pruner, now);

    expect(keysOf(objects, OLD).sort()).toEqual(Object.keys(backupOf(OLD, '')).sort());
  });

  it('are not asked for while they are kept', async () => {
    const { pruner } = givenPruner({ days: [2, 3] });
    const readLock = () => Promise.reject(new Error('was asked'));

    await pruneBackups(sealed(NEW), { ...pruner, bucket: { ...pruner.bucket, readLock } }, now);
  });
});

describe('pruning any history', () => {
  interface History {
    readonly days: readonly { readonly day: number; readonly pinned: boolean; readonly locked: boolean }[];
    readonly minimum: number;
    readonly daily: number;
    readonly monthly: number;
  }
  const flag = fc.integer({ min: 0, max: 4 }).map((number) => number === 0);
  const histories: fc.Arbitrary<History> = fc.record({
    days: fc.uniqueArray(fc.record({ day: fc.integer({ min: 1, max: 360 }), pinned: flag, locked: flag }), {
      selector: ({ day }) => day,
      minLength: 1,
      maxLength: 12,
    }),
    minimum: fc.integer({ min: 1, max: 4 }),
    daily: fc.integer({ min: 0, max: 4 }),
    monthly: fc.integer({ min: 0, max: 4 }),
  });

  /** Ids that sort against their times, so that whoever went by names would be found out. */
  const nameOf = (day: number) => idOf(365 - day);

  function given({ days, minimum, daily, monthly }: History) {
    const content = Object.assign({}, ...days.map(({ day }) => backupOf(nameOf(day), timeOf(day)))) as Record<string, string>;
    const { pruner, objects, locks } = givenPruner({ days: [], objects: content });
    const keep = days.filter(({ pinned }) => pinned).map(({ day }) => ({ backupId: nameOf(day), reason: 'audit' }));
    for (const { day, locked } of days) {
      if (locked) locks.set(layout.manifest(CLUSTER, nameOf(day)), { until: new Date('2099-01-01T00:00:00Z'), legalHold: false });
    }
    const newest = Math.max(...days.map(({ day }) => day));
    return {
      pruner: { ...pruner, retention: { daily, weekly: 0, monthly, minimum, keep, release: [] } },
      objects,
      input: sealed(nameOf(newest)),
    };
  }

  it('leaves the newest, the minimum, what is pinned and what is locked, each whole, and nothing of any other', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { pruner, objects, input } = given(history);

        const { kept, locked, removed } = await pruneBackups(input, pruner, now);

        const staying = [...kept, ...locked].map(({ backupId }) => backupId);
        const whole = staying.flatMap((backupId) => Object.keys(backupOf(backupId, '')));
        expect([...objects.keys()].sort()).toEqual(whole.sort());
        const names = (chosen: History['days']) => chosen.map(({ day }) => nameOf(day));
        expect(staying).toEqual(expect.arrayContaining(names(history.days.filter(({ pinned, locked: is }) => pinned || is))));
        expect(staying).toEqual(expect.arrayContaining(names(history.days.toSorted((a, b) => b.day - a.day).slice(0, history.minimum))));
        expect([...staying, ...removed.map(({ backupId }) => backupId)].sort()).toEqual(names(history.days).sort());
      }),
      { numRuns: 60 },
    );
  });

  it('is done when it is done, and ends the same wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(histories, fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 }), async (history, cuts) => {
        const once = given(history);
        await pruneBackups(once.input, once.pruner, now);
        const { pruner, objects, input } = given(history);

        for (const number of cuts) {
          await pruneBackups(input, failingAt(number, pruner), now).catch(expectCutOff);
          // Whatever has a manifest is whole.
          const ids = history.days.map(({ day }) => nameOf(day)).filter((id) => objects.has(layout.manifest(CLUSTER, id)));
          expect([...objects.keys()]).toEqual(expect.arrayContaining(ids.flatMap((id) => Object.keys(backupOf(id, '')))));
        }
        await pruneBackups(input, pruner, now);

        expect([...objects.keys()].sort()).toEqual([...once.objects.keys()].sort());
        expect(await pruneBackups(input, pruner, now)).toMatchObject({ removed: [] });
      }),
      { numRuns: 60 },
    );
  });
});

/** Fails at the change with this number; the objects of that request may be gone half. */
function failingAt(number: number, pruner: Pruner): Pruner {
  let count = 0;
  const { bucket } = pruner;
  const failing = () => {
    count += 1;
    return count === number;
  };
  return {
    ...pruner,
    bucket: {
      ...bucket,
      putIfAbsent: async (key, body) => {
        if (failing()) throw new Error('cut off');
        return await bucket.putIfAbsent(key, body);
      },
      remove: async (keys) => {
        if (!failing()) return await bucket.remove(keys);
        await bucket.remove(keys.slice(0, keys.length / 2));
        throw new Error('cut off');
      },
    },
  };
}

const expectCutOff = (error: Error) => expect(error.message).toBe('cut off');

describe('pruning that was cut off', () => {
  it.each([1, 2, 3, 4])('at change %i is finished by the next, which leaves nothing', async (number) => {
    const { pruner, objects } = givenPruner();
    await expect(pruneBackups(sealed(NEW), failingAt(number, pruner), now)).rejects.toThrow('cut off');

    const { removed } = await pruneBackups(sealed(NEW), pruner, now);

    expect(removed).toMatchObject([{ backupId: OLD }]);
    expect(keysOf(objects, OLD)).toEqual([]);
  });

  it('before the manifest went, of a backup that is kept by now, leaves the backup and no mark', async () => {
    const { pruner, objects } = givenPruner();
    await expect(pruneBackups(sealed(NEW), failingAt(2, pruner), now)).rejects.toThrow('cut off');

    const { removed } = await pruneBackups(sealed(NEW), { ...pruner, retention: { ...pruner.retention, minimum: 3 } }, now);

    expect(removed).toEqual([]);
    expect(keysOf(objects, OLD).sort()).toEqual(Object.keys(backupOf(OLD, '')).sort());
  });

  it('anywhere and any number of times ends as pruning once does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 }), async (cuts) => {
        const { pruner, objects } = givenPruner({ days: [1, 2, 3, 4, 5] });
        const once = givenPruner({ days: [1, 2, 3, 4, 5] });
        await pruneBackups(sealed(idOf(5)), once.pruner, now);

        for (const number of cuts) await pruneBackups(sealed(idOf(5)), failingAt(number, pruner), now).catch(expectCutOff);
        await pruneBackups(sealed(idOf(5)), pruner, now);

        expect([...objects.keys()].sort()).toEqual([...once.objects.keys()].sort());
      }),
      { numRuns: 40 },
    );
  });
});

describe('pruning is refused, and removes nothing,', () => {
  it.each([
    ['PruneRefused', 'when the sealed backup has no manifest', sealed(idOf(20))],
    ['PruneRefused', 'when the sealed backup would not be kept', sealed(OLD)],
    ['RequestInvalid', 'without the sealed backup and without what a sweep has found', {}],
    ['RequestInvalid', 'with what is no backup id', sealed('../..')],
  ])('as %s %s', async (name, _what, input) => {
    const { pruner, changes } = givenPruner();

    await expect(pruneBackups(input, pruner, now)).rejects.toMatchObject({ name });

    expect(changes).toEqual([]);
  });

  it('when the bucket cannot be read', async () => {
    const { pruner, changes } = givenPruner();
    const bucket = { ...pruner.bucket, read: () => Promise.reject(new Error('SlowDown')) };

    await expect(pruneBackups(sealed(NEW), { ...pruner, bucket }, now)).rejects.toThrow('SlowDown');

    expect(changes).toEqual([]);
  });
});
