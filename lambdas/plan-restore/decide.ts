import type { DataNode, RestorePlan } from '../../model/plan.ts';
import type { Receipt } from '../../model/receipt.ts';
import type { RestoreRequest } from '../../model/request.ts';
import { formatSelection } from '../../model/selection.ts';
import { bytesOf } from './assign.ts';
import { checkApiSlots, checkDisks, checkMemory } from './capacity.ts';
import { planDerived } from './derived.ts';
import type { Findings } from './findings.ts';
import { type HopsfsPlan, planHopsfs } from './hopsfs.ts';
import type { Notes } from './notes.ts';
import { resolvePhases } from './phases.ts';
import type { RestorePlanner } from './planner.ts';

/** All that a restore would do, as far as it depends on what was found; the states of the machine read it. */
export type Decisions = Pick<RestorePlan, 'scope' | 'selection' | 'accounts' | 'replace' | 'tablesSha256' | 'stops' | 'starts'> &
  Pick<RestorePlan, 'heads' | 'rondbInstances' | 'requiredBytes' | 'placement' | 'memory' | 'apiSlots'> &
  ReturnType<typeof planDerived> &
  HopsfsPlan;

/** Decides what is restored where, and notes what it does not fit into. Undefined without a backup. */
export function decide(
  planner: Pick<RestorePlanner, 'hopsfs' | 'services' | 'openSearch' | 'kafka'>,
  request: RestoreRequest,
  { manifest, target, datanodes, survey, begun, assignments }: Findings,
  notes: Notes,
): Decisions | undefined {
  if (!manifest) return undefined;
  const scope = request.include ? 'part' : 'cluster';
  // A part is restored beside what lives there, and nothing but RonDB is touched.
  const { hopsfs, services, openSearch, kafka } =
    scope === 'cluster' ? planner : { hopsfs: null, services: { stop: [], start: [] }, openSearch: null, kafka: false };
  const selection = formatSelection(request);
  const heads = target.heads.map(({ instanceId }) => instanceId);
  const instances = { head: heads, rondb: instancesOf(target.dataNodes), hopsfs: datanodes.map(({ instanceId }) => instanceId) };
  // In this order: a datanode without its NameNode does no harm.
  const ofHopsfs = hopsfs
    ? [
        { role: 'hopsfs' as const, units: [hopsfs.dataNodeUnit] },
        { role: 'head' as const, units: [hopsfs.nameNodeUnit] },
      ]
    : [];
  const stops = resolvePhases([...services.stop, ...ofHopsfs], instances);
  const placement = assignments.size > 0 ? placementOf(assignments, target) : [];
  const requiredBytes = Math.max(0, ...placement.map(({ bytes }) => bytes));
  const rondbInstances = [...assignments.keys()];
  // What was downloaded before it was cut off takes its space already.
  if (!begun) checkDisks(placement, requiredBytes, notes);
  return {
    scope,
    selection,
    accounts: request.users ?? (scope === 'part' ? 'none' : 'keep'),
    replace: request.replace === true,
    tablesSha256: target.userTables.sha256,
    heads,
    rondbInstances,
    requiredBytes: String(requiredBytes),
    placement,
    memory: checkMemory(manifest, target, selection, notes),
    apiSlots: checkApiSlots(target, rondbInstances, stops.length > 0, notes),
    stops,
    starts: resolvePhases(services.start, instances),
    ...planHopsfs(hopsfs, { manifest, heads: target.heads, datanodes, survey }, notes),
    ...planDerived({ openSearch, kafka }, target.heads, notes),
  };
}

/** Instances that restore nothing are named, too. */
function placementOf(assignments: Findings['assignments'], { dataNodes, freeBytes }: Findings['target']): RestorePlan['placement'] {
  return instancesOf(dataNodes).map((instanceId) => ({
    instanceId,
    nodeIds: nodeIdsOf(dataNodes.filter((node) => node.instanceId === instanceId)),
    backupNodeIds: nodeIdsOf(assignments.get(instanceId)),
    bytes: bytesOf(assignments.get(instanceId) ?? []),
    freeBytes: freeBytes.get(instanceId) ?? null,
  }));
}

function instancesOf(dataNodes: readonly DataNode[]): string[] {
  return [...new Set(dataNodes.map(({ instanceId }) => instanceId))].sort();
}

/** The RonDB node ids of receipts or of data nodes. */
export function nodeIdsOf(nodes: readonly (Receipt | DataNode)[] = []): number[] {
  return nodes.map(({ nodeId }) => nodeId);
}
