import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { DataNode, ImpossibleRestore, RestorePlan } from '../../model/plan.ts';
import type { Receipt, StoredFile } from '../../model/receipt.ts';
import type { RestoreRequest } from '../../model/request.ts';
import type { Planner } from '../plan-backup/plan-backup.ts';
import { bytesOf } from './assign.ts';
import type { Findings } from './findings.ts';
import { afterwards, leftOut, overwrittenWith, stepsOf } from './procedure.ts';

/** How many of the target's user tables a plan names. */
const TABLES = 20;

/** What a restore would do, from what was found out: possible only without an obstacle. */
export function draftPlan(
  { cluster, bucketName, connectString, stepSeconds }: Omit<Planner<never>, 'bucket'>,
  request: RestoreRequest,
  execution: { readonly name: string; readonly startTime: string },
  { manifest, target, begun, assignments, schemaInstance, obstacles, warnings }: Findings,
): RestorePlan | ImpossibleRestore {
  const startedAt = new Date(execution.startTime).toISOString();
  const rondbInstances = [...assignments.keys()];
  const looked = {
    formatVersion: 1 as const,
    kind: 'restore' as const,
    cluster,
    executionId: execution.name,
    startedAt,
    bucket: bucketName,
    connectString,
    stepSeconds,
    prefix: layout.restore(cluster, execution.name),
    confirmed: request.confirm !== undefined,
    requested: request.backup ?? `before ${request.before}`,
    obstacles: obstacles.map(({ name, message }) => ({ error: name, message })),
    warnings: [...warnings],
    recoveryPoint: manifest ? recoveryPointOf(manifest, startedAt) : null,
    versions: {
      backup: manifest ? { rondb: versionsOf(manifest.plan.dataNodes), mysql: manifest.plan.sqlVersion } : null,
      target: { rondb: versionsOf(target.dataNodes), mysql: target.sqlVersion },
    },
    placement: assignments.size > 0 ? placementOf(assignments, target.dataNodes) : [],
    userTables: { count: target.userTables.count, names: target.userTables.names.slice(0, TABLES) },
    steps: assignments.size > 0 ? stepsOf(stepSeconds, target.heads, rondbInstances) : [],
    overwritten: overwrittenWith(target.userTables.count, begun),
    leftOut: [...leftOut],
    afterwards: afterwards(manifest?.plan.startedAt),
  };
  if (!manifest || !schemaInstance || obstacles.length > 0) return { ...looked, possible: false };
  return {
    ...looked,
    possible: true,
    backupId: manifest.plan.backupId,
    metadataPrefix: layout.backup(cluster, manifest.plan.backupId),
    heads: [...target.heads],
    rondbInstances,
    requiredBytes: String(Math.max(...[...assignments.values()].map(bytesOf))),
    assignments: rondbInstances.map((instanceId) => `${instanceId}=${nodeIdsOf(assignments.get(instanceId)).join('+')}`).join(';'),
    schemaInstance,
    backupNodeId: String(nodeIdsOf(assignments.get(schemaInstance))[0]),
    usersSha256: metadataSha256(manifest, 'users.sql'),
    objectsSha256: metadataSha256(manifest, 'objects.sql'),
  };
}

function recoveryPointOf({ plan, sealedAt, completion, receipts, metadata }: Manifest, now: string): RestorePlan['recoveryPoint'] {
  const files = [...metadata, ...receipts.flatMap((receipt) => receipt.files)];
  return {
    backupId: plan.backupId,
    startedAt: plan.startedAt,
    sealedAt,
    ageSeconds: Math.round((Date.parse(now) - Date.parse(plan.startedAt)) / 1000),
    rows: completion.records,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    storedBytes: files.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

function versionsOf(dataNodes: readonly DataNode[]): string[] {
  return [...new Set(dataNodes.map(({ version }) => version))].sort();
}

/** Instances that restore nothing are named, too. */
function placementOf(assignments: Findings['assignments'], dataNodes: readonly DataNode[]): RestorePlan['placement'] {
  return [...new Set(dataNodes.map(({ instanceId }) => instanceId))].sort().map((instanceId) => ({
    instanceId,
    nodeIds: nodeIdsOf(dataNodes.filter((node) => node.instanceId === instanceId)),
    backupNodeIds: nodeIdsOf(assignments.get(instanceId)),
    bytes: bytesOf(assignments.get(instanceId) ?? []),
  }));
}

function nodeIdsOf(nodes: readonly (Receipt | DataNode)[] = []): number[] {
  return nodes.map(({ nodeId }) => nodeId);
}

function metadataSha256({ metadata }: Manifest, path: string): string {
  return (metadata.find((file) => file.path === path) as StoredFile).sha256;
}
