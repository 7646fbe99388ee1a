import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');
export const nodeIdSchema = z.int().min(1).max(255);
export const instanceIdSchema = z.string().regex(/^(i-[0-9a-f]{8,17}|mi-[0-9a-f]{17})$/, 'expected an instance id');
const bytesSchema = z.int().nonnegative();

/** The files that RonDB writes, with their directory: one for each part, or one for all with one LDM. */
const PATH = /^(BACKUP-[0-9]+(-PART-[0-9]+-OF-[0-9]+)?\/BACKUP-[0-9]+(-0)?\.[0-9]+\.(Data|ctl|log)|(users|objects)\.sql)$/;

/** One stored file: sizes in bytes, `sha256` of the original, `checksum` as S3 reports `ChecksumSHA256` of what is stored. */
export const storedFileSchema = z.strictObject({
  path: z.string().regex(PATH, 'expected the name of a RonDB backup file or of a metadata file'),
  bytes: bytesSchema,
  sha256: sha256Schema,
  encoding: z.enum(['identity', 'zstd']),
  storedBytes: bytesSchema,
  checksum: z.string().regex(/^[A-Za-z0-9+/]{43}=(-[0-9]{1,5})?$/, 'expected a SHA-256 checksum as S3 reports it'),
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
  files: z.array(storedFileSchema).min(3),
});

export type StoredFile = z.infer<typeof storedFileSchema>;
export type Receipt = z.infer<typeof receiptSchema>;

/** The name under which a file's bytes are stored, below the prefix of its node or of the metadata. */
export function storedName(file: StoredFile): string {
  return file.encoding === 'zstd' ? `${file.path}.zst` : file.path;
}
