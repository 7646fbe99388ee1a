import { DrError } from '../../model/errors.ts';
import type { Hopsfs } from '../../model/hopsfs.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseOr } from '../../model/parse.ts';
import { type BackupPlan, backupPlanSchema } from '../../model/plan.ts';
import { backupRequestSchema } from '../../model/request.ts';
import type { Bucket } from '../aws/s3.ts';
import { candidateIds, findNewest, readPlan } from '../catalogue.ts';
import { type Inspection, plannerInputSchema, readInspection } from '../inspection.ts';
import { nameSome } from '../obstacles.ts';
import { readStorages } from './storages.ts';

/** The cluster that a planner plans for, and the parts of its bucket that the planner uses. */
export interface Planner<Call extends keyof Bucket> {
  readonly cluster: string;
  readonly bucketName: string;
  readonly connectString: string;
  /** How long each of the long steps may take on a node. */
  readonly stepSeconds: number;
  /** As the cluster file describes it. */
  readonly hopsfs: Hopsfs | null;
  readonly bucket: Pick<Bucket, Call>;
}

type BackupPlanner = Planner<'putIfAbsent' | 'read' | 'listFolders'>;

/** Free space wanted on every data node, against the largest node of the newest backup. */
const HEADROOM = 1.5;

/**
 * Decides what a backup will do and reserves its id by writing plan.json, the first object of the backup. Run again for
 * the same execution, or with the id of a backup that was begun and never completed, it returns the stored plan.
 * Errors: `RequestInvalid`, `UnknownCluster`, `BackupExists`, `BackupIdTaken`, those of {@link readInspection} and {@link readStorages}.
 */
export async function planBackup(input: unknown, planner: BackupPlanner): Promise<BackupPlan> {
  const { request: rawRequest, ...found } = parseOr('RequestInvalid', 'The input of PlanBackup', plannerInputSchema, input);
  const request = parseOr('RequestInvalid', 'The request', backupRequestSchema, rawRequest);
  if (request.cluster !== planner.cluster) {
    throw new DrError('UnknownCluster', `This state machine backs up "${planner.cluster}", not "${request.cluster}".`);
  }
  const previous = await readPrevious(planner);
  const blocks = blocksOf(planner, found.hopsfs, previous);
  const draft = draftPlan(planner, found.execution, readInspection(found.inspection), { ...blocks, keep: request.keep ?? null }, previous);
  return request.backupId ? await continueBackup(planner, request.backupId, draft) : await beginBackup(planner, draft);
}

type Draft = Omit<BackupPlan, 'backupId' | 'prefix'>;

/** Reserves the first free id from the minute of the start on. */
async function beginBackup({ bucket, cluster }: BackupPlanner, draft: Draft): Promise<BackupPlan> {
  const candidates = candidateIds(new Date(draft.startedAt));
  for (const backupId of candidates) {
    const written = { ...draft, backupId, prefix: layout.backup(cluster, backupId) };
    // A number that no schema takes would be found when the backup is sealed.
    const plan = parseOr('NodeOutputInvalid', 'What the nodes answered', backupPlanSchema, written);
    if (await bucket.putIfAbsent(layout.plan(cluster, backupId), JSON.stringify(plan, undefined, 2))) return plan;
    const begun = await readPlan(bucket, cluster, backupId);
    if (begun?.executionId === draft.executionId && begun.bucket === draft.bucket && begun.connectString === draft.connectString)
      return begun;
  }
  throw new DrError('BackupIdTaken', `Every backup id from ${candidates[0]} to ${candidates.at(-1)} is taken.`);
}

/** A backup may be continued while it is not complete, and its bucket, RonDB, data nodes and storages are what they were. */
async function continueBackup({ bucket, cluster }: BackupPlanner, backupId: string, draft: Draft): Promise<BackupPlan> {
  const begun = await readPlan(bucket, cluster, backupId);
  if (!begun) throw new DrError('RequestInvalid', `backupId: no backup ${backupId} was begun; leave it out to take a new one.`);
  const manifest = await bucket.read(layout.manifest(cluster, backupId));
  if (manifest !== undefined) throw new DrError('BackupExists', `Backup ${backupId} is complete.`);
  for (const [what, named] of [
    ['bucket', 'another bucket'],
    ['connectString', 'another connect string'],
    ['dataNodes', 'other data nodes'],
    ['rondbInstances', 'other instances'],
    ['storages', 'other HopsFS storages'],
    ['hopsfsInstances', 'other HopsFS instances'],
  ] as const) {
    if (JSON.stringify(begun[what]) === JSON.stringify(draft[what])) continue;
    throw new DrError('BackupIdTaken', `Backup ${backupId} was begun with ${named} than there is now.`);
  }
  return begun;
}

function draftPlan(
  { cluster, bucketName, connectString, stepSeconds }: BackupPlanner,
  execution: { name: string; startTime: string },
  { heads, dataNodes, sqlVersion, memory }: Inspection,
  wanted: BlocksToBackUp & Pick<BackupPlan, 'keep'>,
  previous: Manifest | undefined,
): Draft {
  const perNode = previous?.receipts.map(({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0)) ?? [0];
  return {
    formatVersion: 1,
    kind: 'backup',
    cluster,
    executionId: execution.name,
    startedAt: new Date(execution.startTime).toISOString(),
    bucket: bucketName,
    connectString,
    head: heads[0]?.instanceId as string,
    rondbInstances: [...new Set(dataNodes.map(({ instanceId }) => instanceId))].sort(),
    sqlVersion,
    dataNodes: dataNodes.map(({ host: _, ...node }) => node),
    memory: [...memory],
    ...wanted,
    requiredBytes: String(Math.ceil(Math.max(...perNode) * HEADROOM)),
    stepSeconds,
  };
}

type BlocksToBackUp = Pick<BackupPlan, 'blocks' | 'storages' | 'hopsfsInstances' | 'dataDirectories' | 'previousBackupId'>;

function blocksOf(
  { hopsfs }: BackupPlanner,
  datanodes: Parameters<typeof readStorages>[0],
  previous: Manifest | undefined,
): BlocksToBackUp {
  if (hopsfs?.storage !== 'disks') {
    return { blocks: hopsfs?.storage ?? 'none', storages: [], hopsfsInstances: [], dataDirectories: '', previousBackupId: 'none' };
  }
  const storages = readStorages(datanodes);
  return {
    blocks: 'disks',
    storages,
    hopsfsInstances: [...new Set(storages.map(({ instanceId }) => instanceId))],
    dataDirectories: hopsfs.dataDirectories.join(':'),
    previousBackupId: previous && previous.storages.length > 0 ? previous.plan.backupId : 'none',
  };
}

/** The newest backup that can be read: what cannot be may be locked in place, and must not stop every new backup. */
async function readPrevious({ bucket, cluster }: BackupPlanner): Promise<Manifest | undefined> {
  const { manifest, unreadable } = await findNewest(bucket, cluster);
  if (unreadable.length > 0) console.warn(`Newer backups cannot be read: ${nameSome(unreadable.map(({ backupId }) => backupId))}.`);
  return manifest;
}
