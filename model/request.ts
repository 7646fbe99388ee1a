import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { clusterNameSchema } from './names.ts';

/** Input of the backup state machine. A `backupId` is given only to continue a backup that was begun under it. */
export const backupRequestSchema = z.strictObject({
  cluster: clusterNameSchema,
  backupId: backupIdSchema.optional(),
});

/**
 * Input of the restore state machine: which backup, by `backup` or as the newest that was begun at or before a time. Without
 * `confirm`, repeating the cluster's name, it only plans.
 */
export const restoreRequestSchema = z
  .strictObject({
    cluster: clusterNameSchema,
    backup: z.union([z.literal('latest'), backupIdSchema], 'expected "latest" or a backup id of 9 digits (date -u +%y%j%H%M)').optional(),
    before: z.iso.datetime({ offset: true, error: 'expected a time with its zone, e.g. "2026-11-22T10:30:00Z"' }).optional(),
    confirm: clusterNameSchema.optional(),
  })
  .refine(({ backup, before }) => (backup === undefined) !== (before === undefined), {
    error: 'expected either "backup" ("latest" or an id) or "before" (a time)',
  });

export type RestoreRequest = z.infer<typeof restoreRequestSchema>;
