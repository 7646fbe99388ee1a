import { createHash } from 'node:crypto';
import type * as z from 'zod';
import type { NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Completion } from '../../model/manifest.ts';
import { parseJsonOr } from '../../model/parse.ts';
import type { BackupPlan } from '../../model/plan.ts';
import { type Receipt, receiptSchema, type StorageReceipt, storageReceiptSchema } from '../../model/receipt.ts';
import { isWholeBackupDirectory } from '../../model/rondb/backup-directory.ts';
import type { Bucket } from '../aws/s3.ts';

type Reader = Pick<Bucket, 'read'>;

/**
 * The receipt of each data node of a plan, compared with the plan and with what RonDB reported.
 * Errors: `BackupIncomplete`, `ObjectMissing`, `ObjectAltered`.
 */
export function readReceipts(
  bucket: Reader,
  plan: BackupPlan,
  uploads: NodeAnswers<'UploadRondbBackup'>,
  completion: Completion,
): Promise<Receipt[]> {
  const { cluster, backupId, dataNodes } = plan;
  const announced = uploads.flatMap(({ instanceId, answer }) => answer.nodes.map((node) => ({ ...node, instanceId })));
  return Promise.all(
    dataNodes.map(async ({ nodeId, instanceId }) => {
      const what = `RonDB data node ${nodeId}`;
      const own = announced.filter((node) => node.nodeId === nodeId);
      const receipt = await readReceipt(bucket, layout.receipt(cluster, backupId, nodeId), what, instanceId, own, receiptSchema);
      checkReceipt(receipt, plan, nodeId, completion);
      return receipt;
    }),
  );
}

/**
 * The receipt of each HopsFS storage of a plan. A storage that appeared after the plan was made is refused: RonDB may name its blocks.
 * Errors: `BackupIncomplete`, `ObjectMissing`, `ObjectAltered`.
 */
export async function readStorageReceipts(
  bucket: Reader,
  { cluster, backupId, storages }: BackupPlan,
  uploads: readonly NodeAnswers<'UploadBlocks'>[number][],
): Promise<StorageReceipt[]> {
  const announced = uploads.flatMap(({ instanceId, answer }) => answer.storages.map((storage) => ({ ...storage, instanceId })));
  const unplanned = announced.filter(({ storageId }) => !storages.some((storage) => storage.storageId === storageId));
  if (unplanned.length > 0) {
    const ids = unplanned.map(({ storageId }) => storageId);
    throw new DrError('BackupIncomplete', `Backup ${backupId} was planned without HopsFS storage ${ids.join(', ')}.`);
  }
  return await Promise.all(
    storages.map(async ({ storageId, instanceId, datanodeUuid }) => {
      const what = `HopsFS storage ${storageId}`;
      const own = announced.filter((storage) => storage.storageId === storageId);
      const key = layout.storageReceipt(cluster, backupId, storageId);
      const receipt = await readReceipt(bucket, key, what, instanceId, own, storageReceiptSchema);
      if (receipt.backupId !== backupId || receipt.storageId !== storageId || receipt.datanodeUuid !== datanodeUuid) {
        throw new DrError('BackupIncomplete', `The receipt of ${what} is of another backup, storage or datanode.`);
      }
      return receipt;
    }),
  );
}

/** A receipt as the one instance that was to write it announced it. */
async function readReceipt<T extends z.ZodType<{ instanceId: string }>>(
  bucket: Reader,
  key: string,
  what: string,
  instanceId: string,
  announced: readonly { readonly instanceId: string; readonly receiptSha256: string }[],
  schema: T,
): Promise<z.output<T>> {
  const [only, ...others] = announced;
  if (!only || others.length > 0 || only.instanceId !== instanceId) {
    throw new DrError('BackupIncomplete', `The files of ${what} were not shipped by ${instanceId} alone.`);
  }
  const text = await bucket.read(key);
  if (text === undefined) throw new DrError('ObjectMissing', `${key} is not in the bucket.`);
  if (createHash('sha256').update(text).digest('hex') !== only.receiptSha256) {
    throw new DrError('ObjectAltered', `${key} is not the receipt that ${instanceId} wrote.`);
  }
  const receipt = parseJsonOr('BackupIncomplete', key, schema, text);
  if (receipt.instanceId !== instanceId) throw new DrError('BackupIncomplete', `The receipt of ${what} is of another instance.`);
  return receipt;
}

function checkReceipt({ files, ...receipt }: Receipt, { backupId }: BackupPlan, nodeId: number, { startGcp, stopGcp }: Completion): void {
  if (receipt.backupId !== backupId || receipt.nodeId !== nodeId) {
    throw new DrError('BackupIncomplete', `The receipt of RonDB data node ${nodeId} is of another backup or node.`);
  }
  if (receipt.startGcp !== startGcp || receipt.stopGcp !== stopGcp) {
    const found = `holds GCP ${receipt.startGcp} to ${receipt.stopGcp}; the backup is of ${startGcp} to ${stopGcp}`;
    throw new DrError('BackupIncomplete', `RonDB data node ${nodeId} ${found}.`);
  }
  const paths = files.map(({ path }) => path);
  if (!isWholeBackupDirectory(paths, backupId, nodeId)) {
    throw new DrError('BackupIncomplete', `The files of RonDB data node ${nodeId} are not a whole BACKUP directory: ${paths.join(', ')}.`);
  }
}
