import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { partCount } from './parts.ts';
import { storageIdSchema } from './storage-id.ts';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
export const nodeIdSchema = z.int().min(1).max(255);
export const instanceIdSchema = z.string().regex(/^(i-[0-9a-f]{8,17}|mi-[0-9a-f]{17})$/, 'expected an instance id');
const bytesSchema = z.int().nonnegative();

/** The files that RonDB writes, with their directory: one for each part, or one for all with one LDM. */
const PATH =
  /^(BACKUP-[0-9]+(-PART-[0-9]+-OF-[0-9]+)?\/BACKUP-[0-9]+(-0)?\.[0-9]+\.(Data|ctl|log)|(users|objects)\.sql|versions\.json|cluster-definition(\.[a-z0-9]{1,8})?)$/;

/**
 * One stored file: its bytes, and its `checksum` as S3 reports `ChecksumSHA256`. Of a file in several parts that is the SHA-256 over the
 * SHA-256 of its parts, and their number.
 */
export const storedFileSchema = z.strictObject({
  path: z.string().regex(PATH, 'expected the name of a RonDB backup file or of a metadata file'),
  bytes: bytesSchema,
  checksum: z.string().regex(/^[A-Za-z0-9+/]{43}=(-([1-9][0-9]{0,3}|10000))?$/, 'expected a SHA-256 checksum as S3 reports it'),
});

/** A stored file of metadata, with the SHA-256 of the whole. */
export const metadataFileSchema = storedFileSchema.extend({ sha256: sha256Schema });

/** A file of a native backup, cut as `partBytes` says: its size tells how many parts the checksum is of. */
const backupFileSchema = storedFileSchema.refine(({ bytes, checksum }) => partsOf(checksum) === partCount(bytes), {
  path: ['checksum'],
  error: 'expected the checksum of as many parts as a file of this size has',
});

/** What one node says it shipped of one RonDB data node's BACKUP directory. */
export const receiptSchema = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('rondb'),
  backupId: backupIdSchema,
  nodeId: nodeIdSchema,
  instanceId: instanceIdSchema,
  startGcp: z.int().nonnegative(),
  stopGcp: z.int().nonnegative(),
  files: z.array(backupFileSchema).min(3),
  /**
   * Rows of each table as RonDB counted them when the backup began, `database.table`; only the receipt of the master node of the
   * backup has them. What was written meanwhile comes on top.
   */
  tables: z.array(z.strictObject({ table: z.string().min(3), rows: z.int().nonnegative() })).optional(),
});

const storedBlobSchema = z.strictObject({ bytes: bytesSchema, sha256: sha256Schema, storedBytes: bytesSchema, checksum: z.string() });

/** What one node says it shipped of one HopsFS storage. The list names each block; the blocks lie below `blocks/<storageId>/`. */
export const storageReceiptSchema = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('hopsfs'),
  backupId: backupIdSchema,
  storageId: storageIdSchema,
  datanodeUuid: z.string().min(1),
  instanceId: instanceIdSchema,
  /** Blocks that the backup refers to, and their bytes with those of their .meta files. */
  blocks: z.int().nonnegative(),
  bytes: bytesSchema,
  /** Of these, what this backup has stored; the others were there. */
  uploadedBlocks: z.int().nonnegative(),
  uploadedBytes: bytesSchema,
  /** blocks.list.zst: `<sha256> <bytes> <key below blocks/<storageId>/> <path in the data directory>` a line, sorted by path. */
  list: storedBlobSchema,
  /** files.tar.zst: VERSION and what else belongs to the storage and is no block. */
  files: storedBlobSchema,
});
export type StorageReceipt = z.infer<typeof storageReceiptSchema>;

export type StoredFile = z.infer<typeof storedFileSchema>;
export type Receipt = z.infer<typeof receiptSchema>;

/** 0: of a file that was stored by one request. */
function partsOf(checksum: string): number {
  return Number(checksum.split('-')[1] ?? 0);
}
