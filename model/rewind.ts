import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';

const count = z.int().nonnegative();

/** The times between which a recovery point lies: an object is its when it was created by `to` and not deleted before `from`. */
const windowSchema = z.strictObject({ from: z.iso.datetime(), to: z.iso.datetime() });

const s3SurveySchema = z.strictObject({
  done: z.boolean(),
  kind: z.literal('s3'),
  backupId: backupIdSchema,
  window: windowSchema,
  /** The last key that was looked at; null before the first. */
  after: z.string().nullable(),
  /** Page files written, 0 to pages - 1. They cover all keys, so that there is one even when nothing was deleted. */
  pages: count,
  /** Objects of the recovery point that are there. */
  present: count,
  /** Objects that were deleted since, and come back. */
  returnable: z.strictObject({ objects: count, bytes: count }),
  /** Objects that were replaced since; they are left as they are. */
  overwritten: count,
  /** Deleted since, with no version left. At most so many: what was also created since, and has expired, looks the same. */
  lost: count,
  /** Of what is present or returnable, the objects that HopsFS has named as the data of a block. */
  blocks: count,
});

/**
 * What can be found of a recovery point's HopsFS blocks in S3: the answer of SurveyBlocks and, until it is done, its next input.
 * `none`: the blocks are not in S3, HopsFS is not restored, or the recovery point cannot be read.
 */
export const surveySchema = z.discriminatedUnion('kind', [
  z.strictObject({ done: z.literal(true), kind: z.literal('none') }),
  s3SurveySchema,
]);

/** The keys behind `after` up to and with `last` (null: no bound), and which of them come back if nothing changes before. */
export const rewindPageSchema = z.strictObject({
  formatVersion: z.literal(1),
  backupId: backupIdSchema,
  window: windowSchema,
  after: z.string().nullable(),
  last: z.string().nullable(),
  objects: z.array(z.strictObject({ key: z.string(), bytes: count, deleteMarkers: z.array(z.string()).min(1) })),
});

export type RecoveryWindow = z.infer<typeof windowSchema>;
export type S3Survey = z.infer<typeof s3SurveySchema>;
export type Survey = z.infer<typeof surveySchema>;
export type RewindPage = z.infer<typeof rewindPageSchema>;

/** S3 cuts the times of versions to seconds, and its clock is not the one that the manifest's times were read from. */
const MARGIN_MS = 2000;

/** The window of a backup. What is wrongly taken for a part of it comes back as a block that no file of HopsFS has: it does no harm. */
export function windowOf({ startedAt }: { startedAt: string }, sealedAt: string): RecoveryWindow {
  const at = (time: string, milliseconds: number) => new Date(Date.parse(time) + milliseconds).toISOString();
  return { from: at(startedAt, -MARGIN_MS), to: at(sealedAt, MARGIN_MS) };
}

/**
 * The share, from 0 to 1, of the recovery point's objects that HopsFS will find once they have come back. `recordedBlocks`: the rows of
 * hops.hdfs_block_infos that the backup recorded, 0 when it did not. They tell of blocks that have left no trace in the bucket.
 */
export function foundShare(survey: Pick<S3Survey, 'present' | 'returnable' | 'lost' | 'blocks'>, recordedBlocks = 0): number {
  const found = survey.present + survey.returnable.objects;
  const ofObjects = survey.lost === 0 ? 1 : found / (found + survey.lost);
  // Without a single name that is known, every object counts.
  const blocks = survey.blocks || found;
  // Files that were open for writing have blocks in RonDB and not yet in the bucket.
  const unwritten = blocks > 0 ? Math.max(20, recordedBlocks / 100) : 0;
  const ofBlocks = recordedBlocks - blocks <= unwritten ? 1 : blocks / recordedBlocks;
  return Math.min(ofObjects, ofBlocks);
}
