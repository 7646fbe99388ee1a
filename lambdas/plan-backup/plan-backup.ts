import { backupIdAt } from '../../model/backup-id.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import { type BackupPlan, backupPlanSchema } from '../../model/plan.ts';
import { backupRequestSchema } from '../../model/request.ts';
import type { Bucket } from '../aws.ts';
import { newestManifest } from '../catalogue.ts';
import { type Inspection, plannerInputSchema, readInspection } from '../inspection.ts';

/** The cluster that a planner plans for. */
export interface Planner {
  readonly cluster: string;
  readonly bucketName: string;
  readonly connectString: string;
  readonly bucket: Pick<Bucket, 'put' | 'putIfAbsent' | 'read' | 'head' | 'listFolders'>;
}

const MINUTE = 60_000;
/** How many minutes after the start a free backup id may lie: two backups within a minute would share one. */
const ATTEMPTS = 10;
/** Free space wanted on every data node, against the largest node of the newest backup. */
const HEADROOM = 1.5;

/**
 * Decides what a backup will do and reserves its id by writing plan.json, the first object of the backup. Run again for
 * the same execution, or for the id of a backup that was begun and never completed, it returns the stored plan.
 * Errors: `RequestInvalid`, `UnknownCluster`, `BackupExists`, `BackupIdTaken`, those of {@link readInspection}.
 */
export async function planBackup(input: unknown, planner: Planner): Promise<BackupPlan> {
  const { request: rawRequest, execution, inspection } = parseOr('RequestInvalid', 'The input of PlanBackup', plannerInputSchema, input);
  const request = parseOr('RequestInvalid', 'The request', backupRequestSchema, rawRequest);
  if (request.cluster !== planner.cluster) {
    throw new DrError('UnknownCluster', `This state machine backs up "${planner.cluster}", not "${request.cluster}".`);
  }
  const draft = draftPlan(planner, execution, readInspection(inspection), await requiredBytes(planner));
  const startTime = Date.parse(execution.startTime);
  const candidates = request.backupId
    ? [request.backupId]
    : Array.from({ length: ATTEMPTS }, (_, minute) => backupIdAt(new Date(startTime + minute * MINUTE)));
  for (const backupId of candidates) {
    const plan = { ...draft, backupId, prefix: layout.backup(planner.cluster, backupId) };
    const key = layout.plan(planner.cluster, backupId);
    if (await planner.bucket.putIfAbsent(key, JSON.stringify(plan, undefined, 2))) return plan;
    const begun = parseJsonOr('BackupIdTaken', key, backupPlanSchema, (await planner.bucket.read(key)) ?? '');
    if (begun.executionId === execution.name) return begun;
    if (request.backupId) return await continueBackup(planner, begun, plan);
  }
  throw new DrError('BackupIdTaken', `Every backup id from ${candidates[0]} to ${candidates.at(-1)} is taken.`);
}

function draftPlan(
  { cluster, bucketName, connectString }: Planner,
  execution: { name: string; startTime: string },
  { heads, dataNodes, sqlVersion }: Inspection,
  bytes: number,
): Omit<BackupPlan, 'backupId' | 'prefix'> {
  return {
    formatVersion: 1,
    kind: 'backup',
    cluster,
    executionId: execution.name,
    startedAt: new Date(execution.startTime).toISOString(),
    bucket: bucketName,
    connectString,
    head: heads[0] as string,
    rondbInstances: [...new Set(dataNodes.map(({ instanceId }) => instanceId))].sort(),
    sqlVersion,
    dataNodes: [...dataNodes],
    requiredBytes: String(bytes),
  };
}

async function requiredBytes({ bucket, cluster }: Planner): Promise<number> {
  const manifest = await newestManifest(bucket, cluster);
  const perNode = manifest?.receipts.map(({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0)) ?? [0];
  return Math.ceil(Math.max(...perNode) * HEADROOM);
}

/** A backup may be continued by another execution while it is not complete and its data nodes are where they were. */
async function continueBackup({ bucket, cluster }: Planner, begun: BackupPlan, plan: BackupPlan): Promise<BackupPlan> {
  const { backupId } = begun;
  if (await bucket.head(layout.manifest(cluster, backupId))) throw new DrError('BackupExists', `Backup ${backupId} is complete.`);
  if (JSON.stringify(begun.dataNodes) !== JSON.stringify(plan.dataNodes)) {
    throw new DrError('BackupIdTaken', `Backup ${backupId} was begun with other data nodes than run now.`);
  }
  return begun;
}
