import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { ImpossibleRestore, RestorePlan } from '../../model/plan.ts';
import type { RestoreRequest } from '../../model/request.ts';
import type { Lists } from '../lists.ts';
import { afterwards, leftOut, overwritten } from './consequences.ts';
import { type Decisions, nodeIdsOf } from './decide.ts';
import type { Findings } from './findings.ts';
import type { RestorePlanner } from './planner.ts';
import { stepsOf } from './procedure.ts';
import { versionsOf } from './versions.ts';

/** How many of the target's user tables a plan names. */
const TABLES = 20;

/** What a restore would do, from what was found out and decided: possible only without an obstacle. */
export function draftPlan(
  { cluster, bucketName, connectString, stepSeconds }: Omit<RestorePlanner, 'bucket'>,
  request: RestoreRequest,
  execution: { readonly name: string; readonly startTime: string },
  findings: Findings,
  decisions: Decisions | undefined,
  { obstacles, warnings }: { readonly obstacles: readonly Error[]; readonly warnings: readonly string[] },
  lists: Lists | undefined,
): RestorePlan | ImpossibleRestore {
  const { manifest, target, assignments, schemaInstance } = findings;
  const startedAt = new Date(execution.startTime).toISOString();
  const consequences = decisions && { ...decisions, findings };
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
    versions: versionsOf(manifest, target),
    placement: decisions?.placement ?? [],
    memory: decisions?.memory ?? null,
    apiSlots: decisions?.apiSlots ?? null,
    storagePlacement: decisions?.storagePlacement ?? [],
    blockForecast: decisions?.blockForecast ?? null,
    userTables: { count: target.userTables.count, names: target.userTables.names.slice(0, TABLES) },
    steps: decisions && assignments.size > 0 ? stepsOf({ ...decisions, stepSeconds }, findings.lastSeconds) : [],
    overwritten: consequences ? overwritten(consequences) : [],
    leftOut: consequences ? leftOut(consequences) : [],
    afterwards: consequences ? afterwards(consequences) : [],
  };
  if (!manifest || !decisions || !schemaInstance || !lists || obstacles.length > 0) return { ...looked, possible: false };
  const { idleDatanodes: _, ...decided } = decisions;
  return {
    ...looked,
    ...decided,
    possible: true,
    backupId: manifest.plan.backupId,
    metadataPrefix: layout.backup(cluster, manifest.plan.backupId),
    assignments: [...assignments].map(([instanceId, receipts]) => `${instanceId}=${nodeIdsOf(receipts).join('+')}`).join(';'),
    listsSha256: lists.sha256,
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
  };
}

function metadataSha256({ metadata }: Manifest, path: string): string {
  return (metadata.find((file) => file.path === path) as Manifest['metadata'][number]).sha256;
}
