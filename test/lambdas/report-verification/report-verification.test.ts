import { describe, expect, it } from 'vitest';
import { reportVerification } from '../../../lambdas/report-verification/report-verification.ts';
import { layout } from '../../../model/layout.ts';
import { formatDamages, NAMED_DAMAGES, verificationReportSchema } from '../../../model/verification.ts';
import {
  BACKUP_ID,
  backupPlan,
  CLUSTER,
  datanodeInstance,
  instanceOf,
  manifest,
  onDisks,
  receipt,
  START_TIME,
  storageId,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';

const REPORT = layout.verificationReport(CLUSTER, 'v-1');
const LAST = layout.lastVerification(CLUSTER, 'objects');
const ENDED = '2026-11-22T11:00:00.000Z';
const missing = (object: string) => ({ error: 'ObjectMissing' as const, object, found: 'not in the bucket' });

type Damages = Parameters<typeof formatDamages>[0];

/** A bucket with a backup and the lists of damages that the parts of a verification left. */
function givenChecked(
  damage: Damages = [],
  { depth = 'objects', sealed = manifest(), rondb = [] as object[], blocks = [] as object[] } = {},
) {
  const bucket = memoryBucket({
    [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(sealed),
    [layout.damageList(CLUSTER, 'v-1', 'objects')]: formatDamages(damage),
  });
  const checked = { backupId: BACKUP_ID, depth, objects: 17, bytes: 1000, damaged: damage.length, storages: sealed.storages.length };
  const input = { execution: { name: 'v-1', startTime: START_TIME }, checked, rondb, blocks };
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

/** What data nodes answer that have read everything; the first has read the metadata, too. */
function readBy(records: (number | null)[] = [null, null], damaged = [0, 0]) {
  return records.map((rows, index) => ({
    instanceId: instanceOf(index + 1),
    answer: { nodes: [{ nodeId: index + 1, objects: index === 0 ? 9 : 6, bytes: 500, records: rows }], damaged: damaged[index] },
  }));
}
const foundBy = (nodeId: number, kind = 'rondb') => layout.damageList(CLUSTER, 'v-1', `${instanceOf(nodeId)}.${kind}`);

describe('the report of what nodes have read', () => {
  function givenRead(rondb = readBy(), damages: Damages[] = [[], []], more: Parameters<typeof givenChecked>[1] = {}) {
    const given = givenChecked([], { depth: 'bytes', rondb, ...more });
    damages.forEach((damage, index) => void given.objects.set(foundBy(index + 1), formatDamages(damage)));
    return given;
  }

  it('says how much they have read', async () => {
    const { report, written, objects } = givenRead();

    await report();

    expect(written()).toMatchObject({ depth: 'bytes', verdict: 'intact', readBytes: 1000, rows: null });
    expect(objects.has(layout.lastVerification(CLUSTER, 'bytes'))).toBe(true);
    expect(objects.has(LAST)).toBe(false);
  });

  it('counts once what both S3 and a node did not find', async () => {
    const { objects, written, ...given } = givenChecked([missing('a')], { depth: 'bytes', rondb: readBy([null, null], [2, 0]) });
    objects.set(foundBy(1), formatDamages([missing('a'), { error: 'ChecksumMismatch', object: 'b', found: 'x' }]));
    objects.set(foundBy(2), '');

    await expect(given.report()).rejects.toMatchObject({ name: 'ObjectMissing' });
    expect(written().damaged).toBe(2);
  });

  it('fails by the name of what nodes found alone', async () => {
    const { report } = givenRead(readBy([null, null], [0, 1]), [[], [{ error: 'ChecksumMismatch', object: 'b', found: 'another sum' }]]);

    await expect(report()).rejects.toMatchObject({ name: 'ChecksumMismatch', message: expect.stringContaining('b another sum') });
  });

  it.each([
    ['of a directory that nobody read', readBy().slice(0, 1)],
    ['of a directory that two have read', [...readBy(), ...readBy().slice(1)]],
    [
      'of fewer objects than the backup has',
      readBy().map((node) => ({ ...node, answer: { ...node.answer, nodes: node.answer.nodes.map((own) => ({ ...own, objects: 6 })) } })),
    ],
    ['of no node', []],
  ])('is not written %s', async (_, rondb) => {
    const { report, objects } = givenRead(rondb as ReturnType<typeof readBy>);

    await expect(report()).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
    expect(objects.has(layout.lastVerification(CLUSTER, 'bytes'))).toBe(false);
  });

  it('says how many blocks were looked at, and wants all storages', async () => {
    const sealed = manifest({ plan: backupPlan(onDisks()) });
    const blocks = [1, 2].map((number) => ({
      instanceId: datanodeInstance(number),
      answer: { storages: [{ storageId: storageId(number), objects: 7, bytes: 70 }], damaged: 0 },
    }));
    const given = (some: object[]) => {
      const found = givenChecked([], { sealed, blocks: some });
      for (const number of [1, 2]) found.objects.set(layout.damageList(CLUSTER, 'v-1', `${datanodeInstance(number)}.blocks`), '');
      return found;
    };
    const { report, written } = given(blocks);

    await report();

    expect(written()).toMatchObject({ blocks: 14, blockBytes: 140 });
    await expect(given(blocks.slice(1)).report()).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
  });

  describe('of depth "database"', () => {
    const tables = [
      { table: 'shop.orders', rows: 5 },
      { table: "shop.odd name's", rows: 2 },
      { table: 'shop.empty', rows: 0 },
    ];
    function givenRows(lists: string[], rondb = readBy([5, 2])) {
      const sealed = manifest({ receipts: [receipt(1, { tables }), receipt(2)] });
      const given = givenRead(rondb, [[], []], { depth: 'database', sealed });
      lists.forEach((list, index) => void given.objects.set(layout.verifiedRows(CLUSTER, 'v-1', index + 1), list));
      return given;
    }

    it('compares the rows of each table over all nodes with what RonDB counted', async () => {
      const { report, written } = givenRows(['shop.orders\t3\n', "shop.odd name's\t2\nshop.orders\t2\nmysql.x\t9\n"]);

      await report();

      expect(written()).toMatchObject({ verdict: 'intact', rows: { tables: 3, recorded: 7, found: 7 } });
    });

    it('names every table that lacks rows, or has too many', async () => {
      const { report, written } = givenRows(['shop.orders\t3\n', "shop.odd name's\t3\n"]);

      await expect(report()).rejects.toMatchObject({
        name: 'RowsDiffer',
        message: expect.stringContaining("shop.orders has 3 rows in the files; RonDB counted 5, shop.odd name's has 3 rows in the files"),
      });
      expect(written()).toMatchObject({ damaged: 2, rows: { recorded: 7, found: 6 } });
    });

    it('compares no rows when a directory could not be read: that is the damage', async () => {
      const rondb = readBy([5, null], [0, 1]);
      const { report, objects, written } = givenRows(['shop.orders\t3\n'], rondb);
      objects.set(foundBy(2), formatDamages([{ error: 'BackupDirectoryInvalid', object: 'RonDB node 2', found: 'broken' }]));

      await expect(report()).rejects.toMatchObject({ name: 'BackupDirectoryInvalid' });
      expect(written().rows).toBeNull();
    });

    it.each(['shop.orders', 'shop.orders\tmany', '\t5'])('refuses a list of rows with the line %j', async (line) => {
      await expect(givenRows([line, '']).report()).rejects.toMatchObject({ name: 'NodeOutputInvalid' });
    });
  });
});
