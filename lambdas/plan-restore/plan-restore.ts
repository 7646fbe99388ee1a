import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseOr } from '../../model/parse.ts';
import type { DataNode, RestorePlan } from '../../model/plan.ts';
import { type Receipt, storedName } from '../../model/receipt.ts';
import { type RestoreRequest, restoreRequestSchema } from '../../model/request.ts';
import { isOlder } from '../../model/rondb/version.ts';
import { newestManifest, readManifest } from '../catalogue.ts';
import { type Inspection, plannerInputSchema, readInspection } from '../inspection.ts';
import { checkSizes, objectsOf } from '../objects.ts';
import type { Planner } from '../plan-backup/plan-backup.ts';

type RestorePlanner = Planner<'put' | 'read' | 'list' | 'listFolders'>;

/**
 * Decides what a restore will do, after checking that it can work: the manifest, the size of every object it names, the
 * target's emptiness and version. It may not read data: the nodes compare its SHA-256 before they touch the database. Writes the plan and, when confirmed, one download list per backup node.
 * Errors: `RequestInvalid`, `UnknownCluster`, `ManifestMissing`, `ManifestUnsupported`, `ObjectMissing`, `ObjectAltered`,
 * `TargetNotEmpty`, `VersionTooOld`, those of {@link readInspection}.
 */
export async function planRestore(input: unknown, planner: RestorePlanner): Promise<RestorePlan> {
  const { request: rawRequest, execution, inspection } = parseOr('RequestInvalid', 'The input of PlanRestore', plannerInputSchema, input);
  const request = parseOr('RequestInvalid', 'The request', restoreRequestSchema, rawRequest);
  for (const named of [request.cluster, request.confirm ?? request.cluster]) {
    if (named !== planner.cluster) throw new DrError('UnknownCluster', `This state machine restores "${planner.cluster}", not "${named}".`);
  }
  const { bucket, cluster, bucketName, connectString, stepSeconds } = planner;
  const manifest = await findManifest(planner, request);
  const { backupId } = manifest.plan;
  const target = readInspection(inspection);
  const begun = checkTarget(target, manifest);
  checkSizes(objectsOf(cluster, backupId, manifest.receipts, manifest.metadata), await bucket.list(`${layout.backup(cluster, backupId)}/`));

  const assignments = assign(manifest.receipts, target.dataNodes);
  // The schema is in every part of every node: take it where the data of its node will be anyway.
  const [schemaInstance, schemaReceipts] = [...assignments].find(([instanceId]) => !begun || instanceId === begun) ?? [];
  if (!schemaInstance || !schemaReceipts) {
    throw new DrError('TargetNotEmpty', `A restore of backup ${backupId} was begun on ${begun}, which would restore nothing now.`);
  }
  const plan: RestorePlan = {
    formatVersion: 1,
    kind: 'restore',
    confirmed: request.confirm !== undefined,
    cluster,
    backupId,
    executionId: execution.name,
    startedAt: new Date(execution.startTime).toISOString(),
    bucket: bucketName,
    connectString,
    prefix: layout.restore(cluster, execution.name),
    metadataPrefix: layout.backup(cluster, backupId),
    heads: [...target.heads],
    rondbInstances: [...assignments.keys()],
    requiredBytes: String(Math.max(...[...assignments.values()].map(bytesOf))),
    stepSeconds,
    assignments: [...assignments]
      .map(([instanceId, receipts]) => `${instanceId}=${receipts.map(({ nodeId }) => nodeId).join('+')}`)
      .join(';'),
    schemaInstance,
    backupNodeId: String((schemaReceipts[0] as Receipt).nodeId),
    usersSha256: metadataSha256(manifest, 'users.sql'),
    objectsSha256: metadataSha256(manifest, 'objects.sql'),
  };
  if (plan.confirmed) {
    for (const receipt of manifest.receipts) {
      await bucket.put(layout.downloadList(cluster, execution.name, receipt.nodeId), downloadList(cluster, receipt));
    }
  }
  await bucket.put(layout.restorePlan(cluster, execution.name), JSON.stringify(plan, undefined, 2));
  return plan;
}

async function findManifest({ bucket, cluster }: RestorePlanner, { backup }: RestoreRequest): Promise<Manifest> {
  const manifest = backup === 'latest' ? await newestManifest(bucket, cluster) : await readManifest(bucket, cluster, backup);
  if (!manifest) {
    throw new DrError(
      'ManifestMissing',
      backup === 'latest' ? `"${cluster}" has no complete backup.` : `"${cluster}" has no backup ${backup}.`,
    );
  }
  if (manifest.plan.cluster !== cluster || (backup !== 'latest' && manifest.plan.backupId !== backup)) {
    throw new DrError('ManifestUnsupported', `The manifest of backup ${backup} describes ${manifest.plan.prefix}.`);
  }
  return manifest;
}

/**
 * The target must be empty, unless a restore of this very backup was begun on it and cut off; then the instance where it
 * was begun is returned.
 */
function checkTarget({ userTables, dataNodes, restoring }: Inspection, { plan }: Manifest): string | undefined {
  const begun = restoring.find(({ backupId }) => backupId === plan.backupId)?.instanceId;
  if (userTables.count > 0 && !begun) {
    const names = userTables.names.slice(0, 5).join(', ');
    throw new DrError('TargetNotEmpty', `RonDB holds ${userTables.count} user tables: ${names}${userTables.count > 5 ? ', …' : ''}.`);
  }
  const newest = plan.dataNodes.reduce((a, b) => (isOlder(a.version, b.version) ? b : a)).version;
  for (const { nodeId, version } of dataNodes) {
    if (isOlder(version, newest)) {
      throw new DrError('VersionTooOld', `RonDB data node ${nodeId} runs ${version}; the backup was taken with ${newest}.`);
    }
  }
  return begun;
}

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

function bytesOf(receipts: readonly Receipt[]): number {
  return receipts.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
}

function metadataSha256({ metadata }: Manifest, path: string): string {
  const file = metadata.find((candidate) => candidate.path === path);
  if (!file) throw new DrError('ManifestUnsupported', `The manifest names no ${path}.`);
  return file.sha256;
}

/** What a node downloads for one backup node: `sha256 bytes encoding key path` a line, all of it checked here. */
function downloadList(cluster: string, { backupId, nodeId, files }: Receipt): string {
  const prefix = layout.rondbNode(cluster, backupId, nodeId);
  return files.map((file) => `${file.sha256} ${file.bytes} ${file.encoding} ${prefix}/${storedName(file)} ${file.path}\n`).join('');
}
