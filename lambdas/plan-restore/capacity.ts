import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RestorePlan } from '../../model/plan.ts';
import type { NodeMemory } from '../../model/rondb/memory.ts';
import { readSelection } from '../../model/selected.ts';
import type { Inspection } from '../inspection.ts';
import { number } from '../quantities.ts';
import { size } from './markdown.ts';
import type { Notes } from './notes.ts';
import { recordedTables } from './selection.ts';

/** The share of DataMemory from which on a restore is worth a warning: transactions and growth need some, too. */
const TIGHT = 0.8;

/** Refuses as `DiskFull` an instance whose data nodes' volumes are known to hold less than CheckNodes will ask for. */
export function checkDisks(placement: RestorePlan['placement'], requiredBytes: number, { refuse }: Notes): void {
  const full = placement.filter(({ bytes, freeBytes }) => bytes > 0 && freeBytes !== null && freeBytes < requiredBytes);
  if (full.length === 0) return;
  const found = full.map(({ instanceId, freeBytes }) => `${instanceId} has ${size(freeBytes ?? 0)}`);
  refuse(new DrError('DiskFull', `Where data nodes restore, ${size(requiredBytes)} must be free; ${found.join(', ')}.`));
}

/**
 * Compares what the backup's tables took with the target's DataMemory: a node group holds its share of the rows, once on each of its
 * nodes. Only the whole of a backup is refused, as `CapacityTooSmall`: a part's share is estimated by its rows.
 */
export function checkMemory(manifest: Manifest, target: Inspection, selection: string, { refuse, warn }: Notes): RestorePlan['memory'] {
  const { plan } = manifest;
  const known = target.dataNodes.every(({ nodeId }) => target.memory.some((node) => node.nodeId === nodeId));
  if (plan.memory.length === 0 || target.dataNodes.length === 0 || !known) {
    warn(
      `DataMemory was not compared: ${plan.memory.length === 0 ? 'the backup does not record' : 'RonDB does not say'} how much is used.`,
    );
    return null;
  }
  const { isPart, restoredAs } = readSelection(selection);
  const tables = recordedTables(manifest);
  const rowsIn = (some: typeof tables) => some.reduce((sum, { rows }) => sum + rows, 0);
  const all = rowsIn(tables);
  const share = selection === 'all' || all === 0 ? 1 : rowsIn(tables.filter(({ table }) => restoredAs(table) !== undefined)) / all;
  const used = perGroup(plan.dataNodes, plan.memory, ({ usedBytes }) => usedBytes, Math.max);
  const available = perGroup(
    target.dataNodes,
    target.memory,
    ({ usedBytes, totalBytes }) => totalBytes - (isPart ? usedBytes : 0),
    Math.min,
  );
  const memory = { neededBytes: Math.ceil(used * share), availableBytes: available };
  if (memory.neededBytes > available * TIGHT) {
    const found = `RonDB needs ${size(memory.neededBytes)} of DataMemory for what is restored, and has ${size(available)}`;
    if (selection === 'all' && memory.neededBytes > available) refuse(new DrError('CapacityTooSmall', `${found}.`));
    else warn(`${found}${selection === 'all' ? '' : ', estimated by the rows of the chosen tables'}.`);
  }
  return memory;
}

/** A value of each node group, over its nodes, and the sum of these. */
function perGroup(
  nodes: readonly { readonly nodeId: number; readonly nodeGroup: number }[],
  memory: readonly NodeMemory[],
  value: (node: NodeMemory) => number,
  of: (...values: number[]) => number,
): number {
  const groups = [...new Set(nodes.map(({ nodeGroup }) => nodeGroup))];
  const ofGroup = (group: number) => {
    const ids = nodes.filter(({ nodeGroup }) => nodeGroup === group).map(({ nodeId }) => nodeId);
    return of(...memory.filter(({ nodeId }) => ids.includes(nodeId)).map(value));
  };
  return groups.reduce((sum, group) => sum + Math.max(0, ofGroup(group)), 0);
}

/**
 * Every instance runs one ndb_restore at a time, which takes an API slot. Slots that services use are free once these have stopped
 * (`mayStop`), but for one of each mysqld. Refuses as `CapacityTooSmall` what surely does not suffice.
 */
export function checkApiSlots(
  { apiSlots, dataNodes, heads }: Inspection,
  instances: readonly string[],
  mayStop: boolean,
  { refuse, warn }: Notes,
): RestorePlan['apiSlots'] {
  if (!apiSlots) {
    warn('API slots of RonDB were not counted: SHOW does not list them.');
    return null;
  }
  const addresses = dataNodes.filter(({ instanceId }) => instances.includes(instanceId)).map(({ host }) => host);
  const hosts = apiSlots.flatMap((slot) => (slot.isFree ? [slot.acceptsFrom] : []));
  const open = hosts.filter((host) => host === 'any host').length;
  const own = new Set(hosts.filter((host) => addresses.includes(host))).size;
  // A name may be that of any instance.
  const named = hosts.filter((host) => host !== 'any host' && !/^[0-9.]+$|:/.test(host)).length;
  const inUse = apiSlots.filter(({ isFree }) => !isFree).length;
  const [needed, free] = [instances.length, open + own];
  const possible = free + named + (mayStop ? Math.max(0, inUse - heads.length) : 0);
  const found = `${number(needed)} API slots of RonDB are needed for as many ndb_restore at once, and ${number(free)} are free`;
  if (possible < needed) refuse(new DrError('CapacityTooSmall', `${found}, of ${number(apiSlots.length)}.`));
  else if (free < needed) warn(`${found} now: the others must become free when services stop, or be those of hosts that are named.`);
  return { needed, free, inUse };
}
