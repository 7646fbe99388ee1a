import type { DataNode } from '../../model/plan.ts';
import type { Receipt } from '../../model/receipt.ts';

/**
 * Which instance restores which backup nodes: the node of the same id where there is one, the others in turn; every
 * backup directory exactly once. Only instances that have something to do appear.
 */
export function assign(receipts: readonly Receipt[], targets: readonly DataNode[]): Map<string, Receipt[]> {
  const instances = [...new Set(targets.map(({ instanceId }) => instanceId))].sort();
  const assignments = new Map<string, Receipt[]>();
  const homeless: Receipt[] = [];
  const give = (instanceId: string, receipt: Receipt) => assignments.set(instanceId, [...(assignments.get(instanceId) ?? []), receipt]);
  for (const receipt of receipts) {
    const home = targets.find(({ nodeId }) => nodeId === receipt.nodeId);
    if (home) give(home.instanceId, receipt);
    else homeless.push(receipt);
  }
  for (const receipt of homeless) {
    const load = (instanceId: string) => bytesOf(assignments.get(instanceId) ?? []);
    give(
      instances.reduce((a, b) => (load(b) < load(a) ? b : a)),
      receipt,
    );
  }
  return assignments;
}

/** The bytes that the backup directories take on a disk. */
export function bytesOf(receipts: readonly Receipt[]): number {
  return receipts.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
}
