import * as z from 'zod';
import { nodeAnswersSchema } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { type Completion, type Manifest, manifestSchema, parseManifest } from '../../model/manifest.ts';
import { parseOr } from '../../model/parse.ts';
import { type BackupPlan, backupPlanSchema } from '../../model/plan.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import type { Bucket } from '../aws/s3.ts';
import { readShow } from '../inspection.ts';
import type { Publish } from '../metrics.ts';
import { checkContents, objectsOf } from '../objects.ts';
import { unpack } from '../unpack.ts';
import { readReceipts, readStorageReceipts } from './receipts.ts';

const inputSchema = z.strictObject({
  plan: backupPlanSchema,
  metadata: nodeAnswersSchema('DumpMetadata'),
  completion: nodeAnswersSchema('StartRondbBackup'),
  uploads: nodeAnswersSchema('UploadRondbBackup'),
  storages: nodeAnswersSchema('UploadBlocks').or(z.tuple([])),
});

type SealInput = z.infer<typeof inputSchema>;

/** What a sealed backup amounts to, without the blocks of HopsFS; `lateBytes` were shipped after RonDB had completed it. */
export interface SealedBackup {
  readonly backupId: string;
  readonly manifest: string;
  readonly nodes: number;
  readonly files: number;
  readonly bytes: number;
  readonly lateBytes: number;
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
  const { plan, metadata, completion, uploads, storages } = parseOr('BackupIncomplete', 'What the nodes reported', inputSchema, input);
  const { cluster, backupId } = plan;
  const [dumped, ...otherDumps] = metadata;
  if (!dumped || otherDumps.length > 0) throw new DrError('BackupIncomplete', 'Metadata was dumped on more than one node.');
  const completed = readCompletion(backupId, completion);
  checkParticipants(plan, completion, uploads);
  const receipts = await readReceipts(bucket, plan, uploads, completed);
  // What restore could not read must not be sealed.
  const manifest = parseOr('BackupIncomplete', 'The manifest', manifestSchema, {
    formatVersion: 1,
    plan,
    completion: completed,
    metadata: dumped.answer.files,
    receipts,
    storages: await readStorageReceipts(bucket, plan, storages),
    versions: dumped.answer.versions,
    sealedAt: now().toISOString(),
  });
  const objects = objectsOf(manifest);
  await checkContents(objects, bucket);
  const { sealedAt } = await commit(bucket, manifest);
  const sealed = {
    backupId,
    manifest: layout.manifest(cluster, backupId),
    nodes: receipts.length,
    files: objects.length,
    bytes: sum(objects, ({ bytes }) => bytes),
    lateBytes: sum(
      uploads.flatMap(({ answer }) => answer.nodes),
      ({ sentBytes }) => sentBytes,
    ),
    records: completed.records,
  };
  publish({
    BackupDurationSeconds: ['Seconds', (Date.parse(sealedAt) - Date.parse(plan.startedAt)) / 1000],
    BackupBytes: ['Bytes', sealed.bytes],
    BackupLateBytes: ['Bytes', sealed.lateBytes],
    BackupRows: ['Count', sealed.records],
  });
  for (const { nodeId, files } of receipts) {
    publish({ NodeBytes: ['Bytes', sum(files, ({ bytes }) => bytes)] }, { Node: String(nodeId) });
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
