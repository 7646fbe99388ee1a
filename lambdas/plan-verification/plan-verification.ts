import * as z from 'zod';
import { type NodeAnswers, nodeAnswersSchema } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseOr } from '../../model/parse.ts';
import type { DataNode } from '../../model/plan.ts';
import type { Receipt } from '../../model/receipt.ts';
import { checkedObjectsSchema, type VerificationPlan } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { executionSchema, readInspection } from '../inspection.ts';
import { pinned } from '../lists.ts';
import { objectLines } from '../objects.ts';
import { assign, bytesOf } from '../plan-restore/assign.ts';

const inputSchema = z.strictObject({
  execution: executionSchema,
  checked: checkedObjectsSchema,
  inspection: nodeAnswersSchema('InspectCluster').or(z.tuple([])),
  hopsfs: nodeAnswersSchema('InspectHopsfs').or(z.tuple([])),
});

interface Planner {
  readonly cluster: string;
  readonly bucketName: string;
  readonly connectString: string;
  readonly stepSeconds: number;
  readonly bucket: Pick<Bucket, 'put' | 'read'>;
}

/** Of what is fetched at a time, so much must be free: RonDB goes on writing on the same volume. */
const ROOM = 1.5;

/**
 * Spreads a backup over the nodes that read it: each directory of a data node to the data node of its id or the others in turn, each
 * storage of HopsFS to the datanode that holds it or the others in turn. Writes what they read, and the plan.
 * Errors: `RequestInvalid`, `BackupRemoved`, `ManifestUnsupported`, `NodeOutputInvalid`; when no data node is found, why.
 */
export async function planVerification(input: unknown, planner: Planner): Promise<VerificationPlan> {
  const { execution, checked, inspection, hopsfs } = parseOr('RequestInvalid', 'The input of PlanVerification', inputSchema, input);
  const { cluster, bucket, bucketName, connectString, stepSeconds } = planner;
  const { backupId, depth } = checked;
  const manifest = await readManifest(bucket, cluster, backupId);
  if (!manifest) throw new DrError('BackupRemoved', `Backup ${backupId} of "${cluster}" has no manifest any more.`);
  const rondb = depth === 'objects' ? new Map<string, Receipt[]>() : assign(manifest.receipts, dataNodesOf(inspection));
  const storages = placeStorages(manifest, hopsfs);
  const prefix = layout.verification(cluster, execution.name);
  const lists = pinned(prefix, new Map([...(depth === 'objects' ? [] : fileLists(manifest)), ...storageLists(manifest)]));
  for (const [key, list] of lists.objects) await bucket.put(key, list);
  const largest = Math.max(0, ...manifest.receipts.map((receipt) => bytesOf([receipt])));
  const plan: VerificationPlan = {
    formatVersion: 1,
    kind: 'verification',
    cluster,
    executionId: execution.name,
    startedAt: new Date(execution.startTime).toISOString(),
    bucket: bucketName,
    connectString,
    stepSeconds,
    prefix,
    backupId,
    depth,
    requiredBytes: String(depth === 'database' ? Math.ceil(largest * ROOM) : 0),
    listsSha256: lists.sha256,
    rondbInstances: [...rondb.keys()],
    assignments: [...rondb].map(([instanceId, receipts]) => `${instanceId}=${receipts.map(({ nodeId }) => nodeId).join('+')}`).join(';'),
    hopsfsInstances: [...storages.keys()],
    storages: [...storages].map(([instanceId, ids]) => `${instanceId}=${ids.join('+')}`).join(';'),
  };
  await bucket.put(layout.verificationPlan(cluster, execution.name), JSON.stringify(plan, undefined, 2));
  return plan;
}

/** The data nodes that can be used, whatever is wrong with others: any of them can read any directory. */
function dataNodesOf(inspection: NodeAnswers<'InspectCluster'>): readonly DataNode[] {
  const obstacles: DrError[] = [];
  const { dataNodes } = readInspection(inspection, (obstacle) => void obstacles.push(obstacle));
  if (dataNodes.length > 0) return dataNodes;
  throw obstacles[0] ?? new DrError('NodeUnaccounted', 'No RonDB data node was found.');
}

/** The storages that each datanode reads. */
function placeStorages({ storages }: Manifest, datanodes: NodeAnswers<'InspectHopsfs'>): Map<string, string[]> {
  const placed = new Map<string, string[]>();
  const loads = new Map(datanodes.map(({ instanceId }) => [instanceId, 0]));
  for (const { storageId, bytes } of storages) {
    const home = datanodes.find(({ answer }) => answer.directories.some((directory) => directory.storageId === storageId))?.instanceId;
    const [idlest] = [...loads].toSorted(([, a], [, b]) => a - b);
    const instanceId = home ?? idlest?.[0];
    if (!instanceId) throw new DrError('NoNodes', 'No datanode of HopsFS was found that could read the blocks.');
    placed.set(instanceId, [...(placed.get(instanceId) ?? []), storageId]);
    loads.set(instanceId, (loads.get(instanceId) ?? 0) + bytes);
  }
  return placed;
}

/** What the readers of each data node's directory read; metadata goes with the first. */
function fileLists({ plan: { cluster, backupId }, receipts, metadata }: Manifest): [string, string][] {
  return receipts.map(({ nodeId, files }, index) => {
    const own = objectLines(layout.rondbNode(cluster, backupId, nodeId), files);
    const more = index === 0 ? objectLines(layout.metadata(cluster, backupId), metadata, 'metadata/') : '';
    return [layout.nodeList(nodeId), own + more];
  });
}

function storageLists({ plan: { cluster, backupId }, storages }: Manifest): [string, string][] {
  return storages.map(({ storageId, list, files }) => {
    const blob = (path: string, { storedBytes, checksum }: typeof list) => ({ path, bytes: storedBytes, checksum });
    const objects = [blob('blocks.list.zst', list), blob('files.tar.zst', files)];
    return [layout.storageList(storageId), objectLines(layout.storage(cluster, backupId, storageId), objects)];
  });
}
