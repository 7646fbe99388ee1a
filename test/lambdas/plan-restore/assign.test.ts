import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assign } from '../../../lambdas/plan-restore/assign.ts';
import { backupPaths, dataNode, instanceOf, receipt, storedFile } from '../../fixtures/backup.ts';

const receiptsOf = (...nodeIds: number[]) => nodeIds.map((nodeId) => receipt(nodeId));
const nodesOf = (...nodeIds: number[]) => nodeIds.map((nodeId) => dataNode(nodeId));
const ids = (assignments: ReturnType<typeof assign>) =>
  Object.fromEntries([...assignments].map(([instanceId, receipts]) => [instanceId, receipts.map(({ nodeId }) => nodeId)]));

describe('assigning backup nodes to instances', () => {
  it.each([
    ['as many nodes', [1, 2], [1, 2], { [instanceOf(1)]: [1], [instanceOf(2)]: [2] }],
    ['half as many', [1, 2, 3, 4], [1, 2], { [instanceOf(1)]: [1, 3], [instanceOf(2)]: [2, 4] }],
    ['twice as many', [1, 2], [1, 2, 3, 4], { [instanceOf(1)]: [1], [instanceOf(2)]: [2] }],
    ['one', [1, 2], [1], { [instanceOf(1)]: [1, 2] }],
    ['one with another id', [1, 2], [5], { [instanceOf(5)]: [1, 2] }],
    ['other ids', [1, 2], [3, 4], { [instanceOf(3)]: [1], [instanceOf(4)]: [2] }],
  ])('restores two or more nodes into %s', (_what, backup, target, expected) => {
    expect(ids(assign(receiptsOf(...backup), nodesOf(...target)))).toEqual(expected);
  });

  it('gives what has no home to the instance with the least to restore', () => {
    const large = receipt(1, { files: backupPaths(1, 2).map((path) => storedFile(path, 1_000_000)) });

    expect(ids(assign([large, ...receiptsOf(2, 3, 4)], nodesOf(1, 2)))).toEqual({ [instanceOf(1)]: [1], [instanceOf(2)]: [2, 3, 4] });
  });

  it('restores every backup node exactly once, on instances of the target only', () => {
    const nodeIds = fc.uniqueArray(fc.integer({ min: 1, max: 144 }), { minLength: 1, maxLength: 24 });
    const targets = fc.uniqueArray(fc.record({ nodeId: fc.integer({ min: 1, max: 144 }), host: fc.integer({ min: 1, max: 8 }) }), {
      minLength: 1,
      maxLength: 24,
      selector: ({ nodeId }) => nodeId,
    });

    fc.assert(
      fc.property(nodeIds, targets, (backup, nodes) => {
        const target = nodes.map(({ nodeId, host }) => dataNode(nodeId, { instanceId: instanceOf(host) }));

        const assignments = assign(receiptsOf(...backup), target);

        const restored = [...assignments.values()].flat().map(({ nodeId }) => nodeId);
        expect(restored.toSorted()).toEqual(backup.toSorted());
        expect(target.map(({ instanceId }) => instanceId)).toEqual(expect.arrayContaining([...assignments.keys()]));
        expect([...assignments.values()].every((receipts) => receipts.length > 0)).toBe(true);
      }),
    );
  });
});
