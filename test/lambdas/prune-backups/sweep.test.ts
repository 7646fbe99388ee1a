import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pruner, pruneBackups } from '../../../lambdas/prune-backups/prune-backups.ts';
import { layout } from '../../../model/layout.ts';
import { backupPlan, CLUSTER, manifest, onDisks, sha256, storage, storageId } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const NOW = new Date('2027-06-01T00:00:00Z');
const now = () => NOW;
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000);
const RUN = 'sweep-1';
const STORAGE = storageId(1);
const INSTANCE = 'i-0000000000000000a';
const idOf = (day: number) => `27${String(day).padStart(3, '0')}0200`;
/** Its list is what `manifest` records: the content of a list is its name. */
const listSha256 = sha256(`unpacked blocks.list.zst of ${STORAGE}`);
const block = (number: number) => `${STORAGE}/BP-1/subdir0/subdir${number}/blk_${number}_1001_1790000000`;
const blockKey = (number: number) => `${layout.blocks(CLUSTER, STORAGE)}${block(number).slice(STORAGE.length)}`;

const complete = (day: number) => {
  const plan = backupPlan({ backupId: idOf(day), startedAt: daysAgo(day).toISOString(), ...onDisks([storage(1)]) });
  return { [layout.plan(CLUSTER, idOf(day))]: '{}', [layout.manifest(CLUSTER, idOf(day))]: JSON.stringify(manifest({ plan })) };
};
const unsealed = (day: number) => ({ [layout.plan(CLUSTER, idOf(day))]: '{}', [`${layout.metadata(CLUSTER, idOf(day))}/users.sql`]: 'x' });

interface Given {
  readonly objects?: Record<string, string>;
  /** Blocks that the node has found in no list, and what it has read. */
  readonly orphans?: readonly number[];
  readonly lists?: readonly string[];
}

function givenSweep({ objects = {}, orphans = [], lists = [] }: Given = {}) {
  const files = {
    [layout.orphans(CLUSTER, RUN)]: orphans.map((number) => `${block(number)} 5\n`).join(''),
    [layout.sweptLists(CLUSTER, RUN)]: lists.map((line) => `${line}\n`).join(''),
  };
  const blocks = Object.fromEntries(orphans.map((number) => [blockKey(number), 'block']));
  const bucket = memoryBucket({ ...objects, ...blocks, ...files });
  const pruner: Pruner = { cluster: CLUSTER, retention: { daily: 0, weekly: 0, monthly: 0, minimum: 1, keep: [], release: [] }, bucket };
  const answer = {
    ...{ storages: 1, files: 9, orphans: orphans.length, bytes: 5 * orphans.length },
    listsSha256: sha256(files[layout.sweptLists(CLUSTER, RUN)] ?? ''),
    orphansSha256: sha256(files[layout.orphans(CLUSTER, RUN)] ?? ''),
  };
  const node = { storages: 1, found: 2, going: 1, bytes: 100, entries: [] };
  const input = (sweep: object = {}) => ({
    sweep: {
      ...{ executionId: RUN, remove: true, graceDays: 21 },
      nodes: [{ instanceId: INSTANCE, answer: node }],
      orphans: [{ instanceId: INSTANCE, answer }],
      ...sweep,
    },
  });
  const left = () => [...bucket.objects.keys()].filter((key) => !key.includes('/sweeps/')).sort();
  const report = () => JSON.parse(bucket.objects.get(layout.sweepReport(CLUSTER, RUN)) ?? 'null');
  return { bucket, pruner, input, left, report };
}

describe('sweeping prefixes', () => {
  it('only tells what would go, with bytes and why, until it is told to remove', async () => {
    const { pruner, input, left, report } = givenSweep({ objects: { ...complete(5), ...unsealed(50) } });
    const before = left();

    const { debris } = await pruneBackups(input({ remove: false, graceDays: 5 }), pruner, now);

    expect(left()).toEqual(before);
    expect(debris).toEqual({
      ...{ removed: false, report: layout.sweepReport(CLUSTER, RUN) },
      ...{ prefixes: 1, uploads: 0, blockFiles: 0, onNodes: 1, bytes: 103 },
    });
    const days = Math.floor((NOW.getTime() - Date.parse('2026-11-22T10:30:00Z')) / 86_400_000);
    const why = `begun, never sealed, and untouched for ${days} days`;
    expect(report()).toMatchObject({
      removed: false,
      prefixes: [{ backupId: idOf(50), objects: 2, bytes: 3, why }],
      nodes: [{ instanceId: INSTANCE }],
    });
  });

  it('removes what was begun and never sealed when its last object is as old as the grace, and keeps the rest', async () => {
    const objects = { ...complete(5), ...unsealed(50), ...unsealed(40), [`${layout.backup(CLUSTER, idOf(30))}/rondb/x`]: '' };
    const { bucket, pruner, input, left, report } = givenSweep({ objects });
    bucket.times.set(`${layout.metadata(CLUSTER, idOf(40))}/users.sql`, daysAgo(20.9));

    await pruneBackups(input(), pruner, now);

    const kept = { ...complete(5), ...unsealed(40), [`${layout.backup(CLUSTER, idOf(30))}/rondb/x`]: '' };
    expect(left()).toEqual(Object.keys(kept).sort());
    expect(report().keptPrefixes).toEqual([
      { backupId: idOf(30), why: 'it has no plan.json: nobody knows whose it is' },
      { backupId: idOf(40), why: 'its last object is 20 days old: its execution may be redriven' },
    ]);
  });

  it('never takes a backup whose manifest cannot be read for one that was never sealed', async () => {
    const { pruner, input, left } = givenSweep({ objects: { ...unsealed(50), [layout.manifest(CLUSTER, idOf(50))]: '{' } });
    const before = left();

    await pruneBackups(input(), pruner, now);

    expect(left()).toEqual(before);
  });

  it('ends uploads that nobody will complete, and leaves those that a redrive continues', async () => {
    const { bucket, pruner, input } = givenSweep({ objects: { ...complete(5), ...unsealed(40), ...unsealed(50) } });
    for (const key of Object.keys(unsealed(40))) bucket.times.set(key, daysAgo(3));
    const file = (day: number) => `${layout.rondbNode(CLUSTER, idOf(day), 1)}/x`;
    const uploads = [
      ['of a sealed backup', file(5), 2],
      ['of a sealed backup, begun just now', file(5), 0.5],
      ['of one that may be redriven', file(40), 20],
      ['of one that goes', file(50), 22],
      ['of a block', blockKey(1), 22],
      ['of a young block', blockKey(2), 20],
    ] as const;
    bucket.uploads.push(...uploads.map(([uploadId, key, days]) => ({ key, uploadId, initiated: daysAgo(days) })));

    await pruneBackups(input(), pruner, now);

    const left = bucket.uploads.map(({ uploadId }) => uploadId);
    expect(left).toEqual(['of a sealed backup, begun just now', 'of one that may be redriven', 'of a young block']);
  });

  it('finishes a removal that was cut off, and leaves retention to the next backup, of which it tells', async () => {
    const objects = { ...complete(5), ...complete(9), ...unsealed(50), [layout.prune(CLUSTER, idOf(50))]: '{}' };
    const { pruner, input, left } = givenSweep({ objects });

    const { removed, outdated } = await pruneBackups(input(), pruner, now);

    expect({ removed, outdated }).toMatchObject({ removed: [{ backupId: idOf(50) }], outdated: [idOf(9)] });
    expect(left()).toEqual(Object.keys({ ...complete(5), ...complete(9) }).sort());
  });

  it('finishes nothing and removes no mark while it only tells', async () => {
    const objects = { ...complete(5), [layout.prune(CLUSTER, idOf(5))]: '{}', ...unsealed(50), [layout.prune(CLUSTER, idOf(50))]: '{}' };
    const { pruner, input, left } = givenSweep({ objects });
    const before = left();

    await pruneBackups(input({ remove: false }), pruner, now);

    expect(left()).toEqual(before);
  });
});

describe('sweeping blocks', () => {
  const read = [`${STORAGE} ${idOf(5)} ${listSha256}`];

  it('removes what a node found in no list, when every manifest is read and every list is as recorded', async () => {
    const { pruner, input, left, report } = givenSweep({ objects: complete(5), orphans: [1, 2], lists: read });

    const { debris } = await pruneBackups(input(), pruner, now);

    expect(debris).toMatchObject({ removed: true, blockFiles: 2, bytes: 110 });
    expect(left()).toEqual(Object.keys(complete(5)).sort());
    expect(report().orphans).toEqual({ found: 2, bytes: 10, files: 2, refused: null });
  });

  it('removes none that is younger than the grace by the word of S3, whatever the node says', async () => {
    const { bucket, pruner, input } = givenSweep({ objects: complete(5), orphans: [1, 2], lists: read });
    bucket.times.set(blockKey(2), daysAgo(20));

    await pruneBackups(input(), pruner, now);

    expect([bucket.objects.has(blockKey(1)), bucket.objects.has(blockKey(2))]).toEqual([false, true]);
  });

  it.each<[string, Given, RegExp]>([
    [
      'a manifest cannot be read',
      { objects: { ...complete(5), [layout.manifest(CLUSTER, idOf(7))]: '{' }, lists: read },
      /the manifest of 270070200/,
    ],
    ['a list cannot be read', { objects: complete(5), lists: [...read, `${STORAGE} ${idOf(50)} -`] }, /the list DS-\S+ 270500200/],
    [
      'a list was not read',
      { objects: { ...complete(5), ...complete(9) }, lists: read },
      /the list DS-\S+ 270090200 as its manifest records it/,
    ],
    [
      'a list is another than the manifest records',
      { objects: complete(5), lists: [`${STORAGE} ${idOf(5)} ${sha256('other')}`] },
      /270050200 as its/,
    ],
  ])('removes none, and fails after all else is done, when %s', async (_what, given, why) => {
    const { bucket, pruner, input } = givenSweep({ ...given, objects: { ...given.objects, ...unsealed(50) }, orphans: [1] });

    const swept = pruneBackups(input(), pruner, now);

    await expect(swept).rejects.toMatchObject({ name: 'SweepRefused', message: expect.stringMatching(why) });
    expect(bucket.objects.has(blockKey(1))).toBe(true);
    expect(bucket.objects.has(layout.plan(CLUSTER, idOf(50)))).toBe(false);
  });

  it('says why none would be removed, without failing, while it only tells', async () => {
    const { pruner, input, report } = givenSweep({ objects: complete(5), orphans: [1] });

    await pruneBackups(input({ remove: false }), pruner, now);

    expect(report().orphans).toMatchObject({ found: 1, files: 0, refused: expect.stringContaining('not read: the list') });
  });

  it.each([
    ['a line that is no block', 'orphans', `${STORAGE}/../../backups/${idOf(5)}/manifest.json 5\n`],
    ['another text than the node has stored', 'altered', 'x'],
  ])('removes nothing for %s', async (_what, kind, text) => {
    const { bucket, pruner, input } = givenSweep({ objects: complete(5), orphans: [1], lists: read });
    bucket.objects.set(layout.orphans(CLUSTER, RUN), text);
    const answer = { storages: 1, files: 1, orphans: 1, bytes: 5, listsSha256: sha256(`${read[0]}\n`), orphansSha256: sha256(text) };
    const orphans = kind === 'orphans' ? { orphans: [{ instanceId: INSTANCE, answer }] } : {};

    await expect(pruneBackups(input(orphans), pruner, now)).rejects.toMatchObject({ name: 'NodeOutputInvalid' });

    expect(bucket.objects.has(blockKey(1)) && bucket.objects.has(layout.manifest(CLUSTER, idOf(5)))).toBe(true);
  });

  it('removes nothing when a word of the request is not understood', async () => {
    const { pruner, input, left } = givenSweep({ objects: unsealed(50) });
    const before = left();

    await expect(pruneBackups(input({ remove: 'true' }), pruner, now)).rejects.toMatchObject({ name: 'RequestInvalid' });

    expect(left()).toEqual(before);
  });
});

describe('sweeping anything', () => {
  const day = fc.integer({ min: 1, max: 60 });
  const situations = fc.record({
    sealed: fc.uniqueArray(day, { maxLength: 5 }),
    begun: fc.uniqueArray(fc.record({ day, age: day }), { selector: (each) => each.day, maxLength: 5 }),
    /** Which lists the node says it has read, of those that manifests name. */
    readAll: fc.boolean(),
    orphans: fc.uniqueArray(fc.record({ number: fc.integer({ min: 1, max: 20 }), age: day }), {
      selector: ({ number }) => number,
      maxLength: 5,
    }),
    remove: fc.boolean(),
    graceDays: fc.integer({ min: 0, max: 40 }),
  });

  it('removes only what is old and nobody’s, never without being told to, and the second time nothing', async () => {
    await fc.assert(
      fc.asyncProperty(situations, async ({ sealed, begun, readAll, orphans, remove, graceDays }) => {
        const own = begun.filter((each) => !sealed.includes(each.day));
        const objects = Object.assign({}, ...sealed.map(complete), ...own.map((each) => unsealed(each.day))) as Record<string, string>;
        const lists = sealed.slice(readAll ? 0 : 1).map((each) => `${STORAGE} ${idOf(each)} ${listSha256}`);
        const given = givenSweep({ objects, orphans: orphans.map(({ number }) => number), lists });
        for (const each of own) for (const key of Object.keys(unsealed(each.day))) given.bucket.times.set(key, daysAgo(each.age));
        for (const { number, age } of orphans) given.bucket.times.set(blockKey(number), daysAgo(age));
        const before = given.left();
        const sweep = () =>
          pruneBackups(given.input({ remove, graceDays }), given.pruner, now).then(
            () => '',
            ({ name }: Error) => name,
          );

        const failure = await sweep();

        const judged = readAll || sealed.length === 0;
        expect(failure).toBe(remove && !judged && orphans.length > 0 ? 'SweepRefused' : '');
        const going = [
          ...own.filter(({ age }) => age >= graceDays).flatMap((each) => Object.keys(unsealed(each.day))),
          ...orphans.filter(({ age }) => judged && age >= graceDays).map(({ number }) => blockKey(number)),
        ];
        expect(given.left()).toEqual(remove ? before.filter((key) => !going.includes(key)) : before);
        const after = given.left();
        expect(await sweep()).toBe(failure);
        expect(given.left()).toEqual(after);
      }),
      { numRuns: 150 },
    );
  });
});
