import { createHash } from 'node:crypto';
import * as z from 'zod';
import { nodeAnswersSchema } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { type Completion, type Manifest, manifestSchema, parseManifest } from '../../model/manifest.ts';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import { type BackupPlan, backupPlanSchema } from '../../model/plan.ts';
import { type Receipt, receiptSchema } from '../../model/receipt.ts';
import { isWholeBackupDirectory } from '../../model/rondb/backup-directory.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import type { Bucket } from '../aws/s3.ts';
import { readShow } from '../inspection.ts';
import type { Publish } from '../metrics.ts';
import { checkContents, objectsOf } from '../objects.ts';
import { unpack } from '../unpack.ts';

const inputSchema = z.strictObject({
  plan: backupPlanSchema,
  metadata: nodeAnswersSchema('DumpMetadata'),
  completion: nodeAnswersSchema('StartRondbBackup'),
  uploads: nodeAnswersSchema('UploadRondbBackup'),
});

type SealInput = z.infer<typeof inputSchema>;

/** What a sealed backup amounts to; bytes before and after compression. */
export interface SealedBackup {
  readonly backupId: string;
  readonly manifest: string;
  readonly nodes: number;
  readonly files: number;
  readonly bytes: number;
  readonly storedBytes: number;
  readonly records: number;
}

/**
 * Writes the manifest, the last object of a backup, after comparing plan, RonDB's own report, receipts and bucket; then
 * publishes what the backup amounts to. Run again for a sealed backup it publishes the same numbers again, which alters
 * no maximum. Errors: `BackupIncomplete`, `ObjectMissing`, `ObjectAltered`, `BackupExists` (sealed by another execution).
 */
export async function sealBackup(
  input: unknown,
  bucket: Pick<Bucket, 'putIfAbsent' | 'read' | 'head'>,
  publish: Publish,
  now: () => Date,
): Promise<SealedBackup> {
  const { plan, metadata, completion, uploads } = parseOr('BackupIncomplete', 'What the nodes reported', inputSchema, input);
  const { cluster, backupId } = plan;
  const completed = readCompletion(backupId, completion);
  checkParticipants(plan, completion, uploads);
  const receipts = await Promise.all(plan.dataNodes.map((node) => readReceipt(bucket, plan, node, uploads)));
  for (const receipt of receipts) checkReceipt(receipt, plan, completed);
  // What restore could not read must not be sealed.
  const manifest = parseOr('BackupIncomplete', 'The manifest', manifestSchema, {
    formatVersion: 1,
    plan,
    completion: completed,
    metadata: metadata.flatMap(({ answer }) => answer.files),
    receipts,
    sealedAt: now().toISOString(),
  });
  const objects = objectsOf(cluster, backupId, receipts, manifest.metadata);
  await checkContents(objects, bucket);
  const { sealedAt } = await commit(bucket, manifest);
  const sealed = {
    backupId,
    manifest: layout.manifest(cluster, backupId),
    nodes: receipts.length,
    files: objects.length,
    bytes: sum(objects, ({ file }) => file.bytes),
    storedBytes: sum(objects, ({ file }) => file.storedBytes),
    records: completed.records,
  };
  publish({
    BackupDurationSeconds: ['Seconds', (Date.parse(sealedAt) - Date.parse(plan.startedAt)) / 1000],
    BackupBytes: ['Bytes', sealed.bytes],
    BackupStoredBytes: ['Bytes', sealed.storedBytes],
    BackupRows: ['Count', sealed.records],
  });
  for (const { nodeId, files } of receipts) {
    publish({ NodeStoredBytes: ['Bytes', sum(files, ({ storedBytes }) => storedBytes)] }, { Node: String(nodeId) });
  }
  return sealed;
}

function readCompletion(backupId: string, answers: SealInput['completion']): Completion {
  const [only, ...others] = answers;
  if (!only || others.length > 0) throw new DrError('BackupIncomplete', 'RonDB was asked for the backup on more than one node.');
  const text = unpack('The report of RonDB', only.answer.output);
  let completion: Completion;
  try {
    completion = parseCompleted(text);
  } catch (cause) {
    throw new DrError('BackupIncomplete', `RonDB's report does not say that backup ${backupId} completed.`, { cause });
  }
  if (completion.backupId !== backupId) {
    throw new DrError('BackupIncomplete', `RonDB reports backup ${completion.backupId} instead of ${backupId}.`);
  }
  return completion;
}

/** A data node that joined after the plan was made holds a part of the rows, too; one that left fails {@link readShow}. */
function checkParticipants({ backupId, dataNodes }: BackupPlan, answers: SealInput['completion'], uploads: SealInput['uploads']): void {
  const planned = dataNodes.map(({ nodeId }) => nodeId);
  const started = answers.flatMap(({ answer }) => readShow(answer.show)).map(({ nodeId }) => nodeId);
  const shipped = uploads.flatMap(({ answer }) => answer.nodes.map(({ nodeId }) => nodeId));
  const unplanned = [...started, ...shipped].filter((nodeId) => !planned.includes(nodeId));
  if (unplanned.length > 0) {
    throw new DrError('BackupIncomplete', `Backup ${backupId} was planned without RonDB data node ${unplanned.join(', ')}.`);
  }
}

/** The receipt of one data node, as the instance that hosts it announced it. */
async function readReceipt(
  bucket: Pick<Bucket, 'read'>,
  { cluster, backupId }: BackupPlan,
  { nodeId, instanceId }: BackupPlan['dataNodes'][number],
  uploads: SealInput['uploads'],
): Promise<Receipt> {
  const announced = uploads.flatMap((upload) =>
    upload.answer.nodes.filter((node) => node.nodeId === nodeId).map((node) => ({ ...node, instanceId: upload.instanceId })),
  );
  const [only, ...others] = announced;
  if (!only || others.length > 0 || only.instanceId !== instanceId) {
    throw new DrError('BackupIncomplete', `The files of RonDB data node ${nodeId} were not shipped by ${instanceId} alone.`);
  }
  const key = layout.receipt(cluster, backupId, nodeId);
  const text = await bucket.read(key);
  if (text === undefined) throw new DrError('ObjectMissing', `${key} is not in the bucket.`);
  if (createHash('sha256').update(text).digest('hex') !== only.receiptSha256) {
    throw new DrError('ObjectAltered', `${key} is not the receipt that ${instanceId} wrote.`);
  }
  return parseJsonOr('BackupIncomplete', key, receiptSchema, text);
}

function checkReceipt(receipt: Receipt, { backupId, dataNodes }: BackupPlan, completion: Completion): void {
  const { nodeId, instanceId, startGcp, stopGcp, files } = receipt;
  const planned = dataNodes.find((node) => node.nodeId === nodeId);
  if (receipt.backupId !== backupId || planned?.instanceId !== instanceId) {
    throw new DrError('BackupIncomplete', `The receipt of RonDB data node ${nodeId} is of another backup or node.`);
  }
  if (startGcp !== completion.startGcp || stopGcp !== completion.stopGcp) {
    throw new DrError(
      'BackupIncomplete',
      `RonDB data node ${nodeId} holds GCP ${startGcp} to ${stopGcp}; the backup is of ${completion.startGcp} to ${completion.stopGcp}.`,
    );
  }
  const paths = files.map(({ path }) => path);
  if (!isWholeBackupDirectory(paths, backupId, nodeId)) {
    throw new DrError('BackupIncomplete', `The files of RonDB data node ${nodeId} are not a whole BACKUP directory: ${paths.join(', ')}.`);
  }
}

/** Resolves with the manifest that the bucket holds: when this execution has sealed the backup before, that of then. */
async function commit(bucket: Pick<Bucket, 'putIfAbsent' | 'read'>, manifest: Manifest): Promise<Manifest> {
  const { cluster, backupId, executionId } = manifest.plan;
  const key = layout.manifest(cluster, backupId);
  if (await bucket.putIfAbsent(key, JSON.stringify(manifest, undefined, 2))) return manifest;
  const sealed = parseManifest((await bucket.read(key)) ?? '');
  if (sealed.plan.executionId !== executionId) throw new DrError('BackupExists', `Backup ${backupId} was sealed by another execution.`);
  return sealed;
}

function sum<T>(items: readonly T[], bytesOf: (item: T) => number): number {
  return items.reduce((total, item) => total + bytesOf(item), 0);
}
