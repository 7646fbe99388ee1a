import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeStorages } from '../../../lambdas/plan-restore/storages.ts';
import { datanodeInstance, datanodeUuid, storage, storageId, storageReceipt } from '../../fixtures/backup.ts';
import { inspectedDatanode, inspectedDirectory } from '../../fixtures/inspection.ts';
import { backupOnDisks, notebook } from './given.ts';

const GIGABYTE = 1_000_000_000;
/** A data directory of a new deployment: no block, and a storage of its own unless none was made yet. */
const fresh = (directory = 0, freeBytes = GIGABYTE, id: string | null = `DS-new-${directory}`) =>
  inspectedDirectory(9, directory, { storageId: id, blocks: 0, bytes: 0, freeBytes });
const freshDatanode = (datanode: number, directories = [fresh()]) => inspectedDatanode(datanode, directories);
/** A backup of datanodes with so many bytes in each of their storages. */
function backupOf(...datanodes: number[][]) {
  const storages = datanodes.flatMap((sizes, index) => sizes.map((_, directory) => storage(index + 1, directory)));
  const backup = backupOnDisks(storages);
  const bytes = datanodes.flat();
  return { ...backup, storages: storages.map((of, index) => storageReceipt(of, { bytes: bytes[index] ?? 0 })) };
}
function place(backup: ReturnType<typeof backupOf>, targets: ReturnType<typeof inspectedDatanode>[]) {
  const { refused, notes } = notebook();
  const placed = placeStorages(backup, targets, notes);
  return { placed: Object.fromEntries(placed.map(({ storageId: id, to }) => [id, to])), refused };
}

describe('placing HopsFS storages', () => {
  it.each([
    ['the instance that it ran on', [1, 2], { 1: 1, 2: 2 }],
    ['other instances, the biggest first, when those are new', [3, 4], { 1: 4, 2: 3 }],
    ['its own, the other to a new one', [2, 5], { 1: 5, 2: 2 }],
    ['two of many', [5, 2, 1, 7], { 1: 1, 2: 2 }],
  ])('gives each datanode to %s', (_what, instances, expected) => {
    const { placed, refused } = place(
      backupOf([100], [200]),
      instances.map((instance) => freshDatanode(instance)),
    );

    expect(placed).toEqual(
      Object.fromEntries(Object.entries(expected).map(([from, to]) => [storageId(Number(from)), datanodeInstance(to)])),
    );
    expect(refused).toEqual([]);
  });

  it('gives all storages of a datanode to one instance, and leaves one with few directories to one with few storages', () => {
    const targets = [freshDatanode(5, [fresh(0), fresh(1)]), freshDatanode(6)];

    const { placed } = place(backupOf([10], [1, 1]), targets);

    expect(placed).toEqual({
      [storageId(1)]: datanodeInstance(6),
      [storageId(2, 0)]: datanodeInstance(5),
      [storageId(2, 1)]: datanodeInstance(5),
    });
  });

  it('places the biggest first, so that it gets the space', () => {
    const { placed, refused } = place(backupOf([100], [900]), [freshDatanode(5, [fresh(0, 1000)]), freshDatanode(6, [fresh(0, 500)])]);

    expect(placed).toEqual({ [storageId(1)]: datanodeInstance(6), [storageId(2)]: datanodeInstance(5) });
    expect(refused).toEqual([]);
  });

  it.each([
    ['too few instances', [freshDatanode(1)]],
    ['too little space', [freshDatanode(1), freshDatanode(2, [fresh(0, 199)])]],
    ['too few directories', [freshDatanode(1), { ...freshDatanode(2), answer: { directories: [] } }]],
    ['none', []],
  ])('refuses %s, naming the datanode, its storages and their size', (_what, targets) => {
    const { placed, refused } = place(backupOf([100], [200]), targets);

    expect(placed[storageId(2)]).toBeNull();
    expect(refused).toMatchObject([{ name: 'StorageUnplaced' }]);
    expect(refused[0]?.message).toContain(`datanode ${datanodeUuid(2)} of ${datanodeInstance(2)} (${storageId(2)}; 200 bytes)`);
  });

  it('takes directories with the same free bytes for one volume', () => {
    const two = (...free: number[]) => [
      freshDatanode(
        1,
        free.map((bytes, directory) => fresh(directory, bytes)),
      ),
    ];

    expect(place(backupOf([60, 60]), two(100, 100)).refused).toMatchObject([{ name: 'StorageUnplaced' }]);
    expect(place(backupOf([60, 60]), two(100, 101)).refused).toEqual([]);
    expect(place(backupOf([60, 60]), two(120, 120)).refused).toEqual([]);
  });

  it('needs no space for a storage that is there already, and leaves it where it is', () => {
    const kept = inspectedDirectory(1, 0, { blocks: 7, bytes: 100, freeBytes: 0 });

    expect(place(backupOf([100]), [inspectedDatanode(1, [kept])])).toEqual({
      placed: { [storageId(1)]: datanodeInstance(1) },
      refused: [],
    });
  });

  it('goes on where a restore was cut off, although another instance has more space', () => {
    const halfDone = inspectedDirectory(1, 0, { blocks: 3, bytes: 50, freeBytes: 500 });

    const { placed, refused } = place(backupOf([100], [100]), [inspectedDatanode(5, [halfDone]), freshDatanode(6)]);

    expect(placed).toEqual({ [storageId(1)]: datanodeInstance(5), [storageId(2)]: datanodeInstance(6) });
    expect(refused).toEqual([]);
  });

  it('refuses directories that hold blocks of other storages, whichever directory it is', () => {
    const foreign = inspectedDirectory(8, 1, { blocks: 4 });

    const { refused } = place(backupOf([100]), [freshDatanode(1, [fresh(0), foreign])]);

    expect(refused).toMatchObject([{ name: 'StorageOccupied' }]);
    expect(refused[0]?.message).toContain(`${datanodeInstance(1)}:${foreign.path} holds 4 blocks of ${foreign.storageId}`);
  });

  it('gives no instance two datanodes, and every storage to an instance with its whole datanode or to nobody', () => {
    const sizes = fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 });
    const targets = fc.uniqueArray(
      fc.record({ datanode: fc.integer({ min: 1, max: 9 }), free: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 3 }) }),
      { selector: ({ datanode }) => datanode, maxLength: 8 },
    );

    fc.assert(
      fc.property(sizes, targets, (datanodes, instances) => {
        const backup = backupOf(...datanodes);
        const { notes, refused } = notebook();
        const answers = instances.map(({ datanode, free }) =>
          freshDatanode(
            datanode,
            free.map((bytes, index) => fresh(index, bytes)),
          ),
        );

        const placed = placeStorages(backup, answers, notes);

        const homes = backup.plan.storages.map(({ datanodeUuid: uuid, storageId: id }) => [
          uuid,
          placed.find((one) => one.storageId === id)?.to,
        ]);
        const pairs = [...new Set(homes.map((pair) => JSON.stringify(pair)))].map((pair) => JSON.parse(pair) as [string, string | null]);
        expect(placed).toHaveLength(backup.storages.length);
        expect(pairs.map(([uuid]) => uuid)).toEqual([...new Set(backup.plan.storages.map(({ datanodeUuid: uuid }) => uuid))]);
        const used = pairs.flatMap(([, to]) => to ?? []);
        expect(new Set(used).size).toBe(used.length);
        expect(refused.map(({ name }) => name)).toEqual(used.length < pairs.length ? ['StorageUnplaced'] : []);
      }),
    );
  });
});
