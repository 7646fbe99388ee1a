import { describe, expect, it } from 'vitest';
import { readInspection } from '../../../lambdas/inspection.ts';
import { checkApiSlots, checkDisks, checkMemory } from '../../../lambdas/plan-restore/capacity.ts';
import type { DataNode } from '../../../model/plan.ts';
import { backupPlan, dataNode, instanceOf, manifest, pack } from '../../fixtures/backup.ts';
import { inspection, memoryText, showText } from '../../fixtures/inspection.ts';
import { notebook, withTables } from './given.ts';

const PAGE = 32_768;
const inGroups = (...groups: number[]): DataNode[] => groups.map((nodeGroup, index) => dataNode(index + 1, { nodeGroup }));
/** A target whose data nodes each have so many pages. */
const targetOf = (dataNodes: DataNode[], totalPages: number, usedPages = 20) =>
  readInspection(
    inspection(dataNodes, [], { memory: pack(memoryText(dataNodes, { usedBytes: usedPages * PAGE, totalBytes: totalPages * PAGE })) }),
  );
/** A backup whose data nodes each used so many pages. */
const backupOf = (dataNodes: DataNode[], usedPages: number, recorded = manifest()) => {
  const memory = dataNodes.map(({ nodeId }) => ({ nodeId, usedBytes: usedPages * PAGE, totalBytes: 10_000 * PAGE }));
  return { ...recorded, plan: backupPlan({ dataNodes, memory }) };
};

describe('DataMemory', () => {
  it.each([
    ['as many node groups', [0, 1], [0, 1], 1000, [], []],
    ['half as many', [0, 1], [0], 1999, ['CapacityTooSmall'], []],
    ['half as many, with enough', [0, 1], [0], 2600, [], []],
    ['twice as many', [0], [0, 1], 650, [], []],
    ['twice as many, each too small', [0], [0, 1], 499, ['CapacityTooSmall'], []],
    ['as many replicas, which hold the same', [0, 0], [0], 1300, [], []],
    ['one that is nearly full', [0], [0], 1249, [], ['has']],
  ])('of %s suffices or does not', (_what, before, after, totalPages, names, warnings) => {
    const { notes, refused, warned } = notebook();
    const backup = backupOf(inGroups(...before), totalPages === 1000 ? 700 : 1000);

    checkMemory(backup, targetOf(inGroups(...after), totalPages), 'all', notes);

    expect(refused.map(({ name }) => name)).toEqual(names);
    expect(warned).toEqual(warnings.map((text) => expect.stringContaining(text)));
  });

  it('goes by the smallest node of a group, and says what is needed and there', () => {
    const nodes = inGroups(0, 0);
    const { notes, refused } = notebook();
    const small = memoryText(nodes, { usedBytes: 20 * PAGE, totalBytes: 2000 * PAGE }).replaceAll(
      'Node 2: Data usage is 3%(10 32K pages of total 1990)',
      'Node 2: Data usage is 3%(10 32K pages of total 90)',
    );

    const memory = checkMemory(backupOf(nodes, 1000), readInspection(inspection(nodes, [], { memory: pack(small) })), 'all', notes);

    expect(memory).toEqual({ neededBytes: 1000 * PAGE, availableBytes: 100 * PAGE });
    expect(refused[0]?.message).toContain('31.3 MiB (32,768,000 bytes) of DataMemory for what is restored, and has 3.1 MiB');
  });

  it('is estimated by rows for a part, which gets what the living tables leave, and only warns', () => {
    const nodes = inGroups(0);
    const { notes, refused, warned } = notebook();
    const backup = backupOf(nodes, 1000, withTables('shop.a', 'shop.b', 'hops.a', 'hops.b'));

    const memory = checkMemory(backup, targetOf(nodes, 1000, 600), 'include-databases=shop', notes);

    expect(memory).toEqual({ neededBytes: 500 * PAGE, availableBytes: 400 * PAGE });
    expect(refused).toEqual([]);
    expect(warned).toEqual([expect.stringContaining('estimated by the rows')]);
  });

  it.each([
    ['the backup', manifest({ plan: backupPlan({ memory: [] }) }), targetOf(inGroups(0), 100), 'the backup does not record'],
    ['the target', manifest(), readInspection(inspection(undefined, [], { memory: pack('') })), 'RonDB does not say'],
  ])('is not compared, and that is said, when %s does not tell it', (_what, backup, target, sentence) => {
    const { notes, refused, warned } = notebook();

    expect(checkMemory(backup, target, 'all', notes)).toBeNull();

    expect(refused).toEqual([]);
    expect(warned).toEqual([expect.stringContaining(sentence)]);
  });
});

describe('API slots', () => {
  const nodes = inGroups(0, 0, 0);
  const instances = nodes.map(({ instanceId }) => instanceId);
  const check = (mayStop: boolean, slots: string[], connected = 1) => {
    const { notes, refused, warned } = notebook();
    const more = Array.from({ length: connected - 1 }, (_, index) => `id=${90 + index}\t@10.0.0.10  (RonDB-22.10.4)`);
    const show = showText(nodes, slots)
      .replace(/(\[mysqld\(API\)\]\t)\d+/, `$1${slots.length + connected}`)
      .replace(/^(id=50\t.*)$/m, ['$1', ...more].join('\n'));
    const found = checkApiSlots(readInspection(inspection(nodes, [], { show: pack(show) })), instances, mayStop, notes);
    return { found, refused: refused.map(({ name }) => name), warnings: warned.length };
  };

  it.each([
    ['one free for each instance', false, ['any host', 'any host', 'any host'], 1, [], 0],
    ['one of its own for each', false, ['10.0.0.1', '10.0.0.2', '10.0.0.3'], 1, [], 0],
    ['two of the same host', false, ['10.0.0.1', '10.0.0.1', 'any host'], 1, ['CapacityTooSmall'], 0],
    ['one of a host without data nodes', false, ['10.0.0.99', 'any host', 'any host'], 1, ['CapacityTooSmall'], 0],
    ['one of a name that may be anybody', false, ['head.internal', 'any host', 'any host'], 1, [], 1],
    ['too few', false, ['any host'], 1, ['CapacityTooSmall'], 0],
    ['too few, and services that stay', false, ['any host'], 5, ['CapacityTooSmall'], 0],
    ['too few, and services that stop', true, ['any host'], 3, [], 1],
    ['too few, even when all services have stopped', true, ['any host'], 2, ['CapacityTooSmall'], 0],
  ])('with %s suffice or do not', (_what, mayStop, slots, connected, names, warnings) => {
    expect(check(mayStop, slots, connected)).toMatchObject({ refused: names, warnings });
  });

  it('are counted: needed, free, and in use', () => {
    expect(check(false, ['any host', '10.0.0.2', '10.0.0.99', 'any host'], 2).found).toEqual({ needed: 3, free: 3, inUse: 2 });
  });
});

describe('disks', () => {
  const placed = (nodeId: number, bytes: number, freeBytes: number | null) => ({
    instanceId: instanceOf(nodeId),
    nodeIds: [nodeId],
    backupNodeIds: [nodeId],
    bytes,
    freeBytes,
  });

  it('are refused where less is free than CheckNodes asks for, naming each', () => {
    const { notes, refused } = notebook();

    checkDisks([placed(1, 1000, 999), placed(2, 10, 999), placed(3, 10, 1000), placed(4, 10, null), placed(5, 0, 0)], 1000, notes);

    expect(refused).toMatchObject([{ name: 'DiskFull' }]);
    expect(refused[0]?.message).toContain(`${instanceOf(1)} has 999 bytes, ${instanceOf(2)} has 999 bytes.`);
  });
});
