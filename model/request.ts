import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { clusterNameSchema } from './names.ts';
import { pinReasonSchema } from './retention.ts';
import { choiceSchema, renameSchema } from './selection.ts';
import { depthSchema } from './verification.ts';

/**
 * Input of the backup state machine. A `backupId` is given only to continue a backup that was begun under it. `keep`: why this backup is
 * never removed; its plan records that, and is never rewritten.
 */
export const backupRequestSchema = z
  .strictObject({
    cluster: clusterNameSchema,
    backupId: backupIdSchema.optional(),
    keep: pinReasonSchema.optional(),
  })
  .refine(({ backupId, keep }) => backupId === undefined || keep === undefined, {
    path: ['keep'],
    error: 'expected no "keep" for a backup that was begun already: name it in retention.keep of the cluster file',
  });

const backupSchema = z.union([z.literal('latest'), backupIdSchema], 'expected "latest" or a backup id of 9 digits (date -u +%y%j%H%M)');

/**
 * Input of the restore state machine: which backup, by `backup` or as the newest that was begun at or before a time. Without
 * `confirm`, repeating the cluster's name, it only plans. With `include` it restores a part of RonDB beside what lives there, and
 * nothing else; otherwise the whole cluster. `replace`: what RonDB holds goes first.
 */
export const restoreRequestSchema = z
  .strictObject({
    cluster: clusterNameSchema,
    backup: backupSchema.optional(),
    before: z.iso.datetime({ offset: true, error: 'expected a time with its zone, e.g. "2026-11-22T10:30:00Z"' }).optional(),
    confirm: clusterNameSchema.optional(),
    replace: z.literal(true, 'expected true, or no "replace"').optional(),
    include: choiceSchema.optional(),
    exclude: choiceSchema.optional(),
    rename: renameSchema.optional(),
    /** What becomes of the backup's accounts: those that exist keep their password, or take that of the backup; or none is restored. */
    users: z.enum(['keep', 'replace', 'none']).optional(),
  })
  .refine(({ backup, before }) => (backup === undefined) !== (before === undefined), {
    error: 'expected either "backup" ("latest" or an id) or "before" (a time)',
  })
  .refine(({ include, replace }) => !include || !replace, {
    error: 'expected "replace" without "include": a part is restored beside what is there, which stays',
  })
  .refine(({ rename = {}, include }) => Object.keys(rename).every((name) => include?.databases?.includes(name)), {
    error: 'expected every database of "rename" in "include": {"databases": […]}',
  });

/** Input of the verify state machine: which backup, and how deep it is looked into. */
export const verificationRequestSchema = z.strictObject({ cluster: clusterNameSchema, backup: backupSchema, depth: depthSchema });

export type RestoreRequest = z.infer<typeof restoreRequestSchema>;
