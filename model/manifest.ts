import * as z from 'zod';
import { versionsSchema } from './answers.ts';
import { DrError } from './errors.ts';
import { parseJsonOr } from './parse.ts';
import { backupPlanSchema } from './plan.ts';
import { metadataFileSchema, receiptSchema, storageReceiptSchema } from './receipt.ts';
import { isWholeBackupDirectory } from './rondb/backup-directory.ts';

/** What RonDB said when the native backup completed; bytes and rows over all nodes. */
const completionSchema = z.strictObject({
  backupId: z.string(),
  startGcp: z.int().nonnegative(),
  stopGcp: z.int().nonnegative(),
  records: z.int().nonnegative(),
  logRecords: z.int().nonnegative(),
  dataBytes: z.int().nonnegative(),
  logBytes: z.int().nonnegative(),
});

const MANIFEST_VERSION = 1;

/** A complete backup: its existence is the promise that the backup can be restored. Strict, because it is written once. */
export const manifestSchema = z
  .strictObject({
    formatVersion: z.literal(MANIFEST_VERSION),
    plan: backupPlanSchema,
    completion: completionSchema,
    metadata: z
      .array(metadataFileSchema)
      .refine((files) => ['objects.sql', 'users.sql'].every((name) => paths(files).includes(name)), 'expected objects.sql and users.sql')
      .refine((files) => !paths(files).some((path) => path.includes('/')), 'expected files of metadata only'),
    receipts: z.array(receiptSchema),
    /** One for each HopsFS storage of the plan. */
    storages: z.array(storageReceiptSchema).default([]),
    /** Of the installation; null when the backup was taken before they were recorded. */
    versions: versionsSchema.nullable().default(null),
    sealedAt: z.iso.datetime(),
  })
  .refine(({ plan, receipts }) => nodeIds(receipts) === nodeIds(plan.dataNodes), {
    path: ['receipts'],
    error: 'expected one receipt of each data node of the plan',
  })
  .refine(({ plan, storages }) => storageIds(storages) === storageIds(plan.storages), {
    path: ['storages'],
    error: 'expected one receipt of each HopsFS storage of the plan',
  })
  .refine(({ plan, receipts, storages }) => [...receipts, ...storages].every(({ backupId }) => backupId === plan.backupId), {
    path: ['receipts'],
    error: 'expected receipts of this backup, and no other',
  })
  .refine(({ receipts }) => receipts.every(({ files, backupId, nodeId }) => isWholeBackupDirectory(paths(files), backupId, nodeId)), {
    path: ['receipts'],
    error: 'expected the files of a whole BACKUP directory of the node',
  });

export type Completion = z.infer<typeof completionSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** Reads a manifest from the bucket. Another format version, or damage, is `ManifestUnsupported`. */
export function parseManifest(text: string): Manifest {
  const { formatVersion } = parseJsonOr('ManifestUnsupported', 'The manifest', z.looseObject({ formatVersion: z.unknown() }), text);
  if (formatVersion !== MANIFEST_VERSION) {
    throw new DrError(
      'ManifestUnsupported',
      `The manifest has formatVersion ${JSON.stringify(formatVersion)}; this version reads ${MANIFEST_VERSION}.`,
    );
  }
  return parseJsonOr('ManifestUnsupported', 'The manifest', manifestSchema, text);
}

function paths(files: readonly { path: string }[]): string[] {
  return files.map(({ path }) => path);
}

function storageIds(storages: readonly { storageId: string }[]): string {
  return String(storages.map(({ storageId }) => storageId).toSorted());
}

function nodeIds(nodes: readonly { nodeId: number }[]): string {
  return String(nodes.map(({ nodeId }) => nodeId).toSorted((a, b) => a - b));
}
