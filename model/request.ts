import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { clusterNameSchema } from './names.ts';

/** Input of the backup state machine. A `backupId` is given only to continue a backup that was begun under it. */
export const backupRequestSchema = z.strictObject({
  cluster: clusterNameSchema,
  backupId: backupIdSchema.optional(),
});

/** Input of the restore state machine. Without `confirm`, repeating the cluster's name, it only plans. */
export const restoreRequestSchema = z.strictObject({
  cluster: clusterNameSchema,
  backup: z.union([z.literal('latest'), backupIdSchema], 'expected "latest" or a backup id of 9 digits (date -u +%y%j%H%M)'),
  confirm: clusterNameSchema.optional(),
});

export type RestoreRequest = z.infer<typeof restoreRequestSchema>;
