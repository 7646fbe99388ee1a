import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { clusterNameSchema } from './names.ts';
import { instanceIdSchema, nodeIdSchema, sha256Schema } from './receipt.ts';

/** A RonDB data node that takes part in a backup, and the instance it runs on. */
const dataNodeSchema = z.strictObject({
  nodeId: nodeIdSchema,
  nodeGroup: z.int().nonnegative(),
  version: z.string(),
  instanceId: instanceIdSchema,
});

const planned = {
  formatVersion: z.literal(1),
  cluster: clusterNameSchema,
  backupId: backupIdSchema,
  executionId: z.string(),
  startedAt: z.iso.datetime(),
  bucket: z.string(),
  connectString: z.string(),
  rondbInstances: z.array(instanceIdSchema).min(1),
  /** Bytes that must be free on every data node's volume, as a string because it becomes an SSM parameter. */
  requiredBytes: z.string().regex(/^[0-9]+$/),
  /** How long each of the long steps may take on a node, in seconds; SSM takes at most 48 hours. */
  stepSeconds: z.int().min(5).max(172_800),
};

/** What a backup will do; written before anything else, as the first object of the backup. */
export const backupPlanSchema = z.strictObject({
  ...planned,
  kind: z.literal('backup'),
  prefix: z.string(),
  head: instanceIdSchema,
  sqlVersion: z.string(),
  dataNodes: z.array(dataNodeSchema).min(1),
});

/** What a restore will do; `confirmed` is false for a run that only plans. */
export const restorePlanSchema = z.strictObject({
  ...planned,
  kind: z.literal('restore'),
  confirmed: z.boolean(),
  prefix: z.string(),
  metadataPrefix: z.string(),
  heads: z.array(instanceIdSchema).min(1),
  /** `i-…=1+3;i-…=2`: which instance restores the directories of which backup node ids. */
  assignments: z.string(),
  schemaInstance: instanceIdSchema,
  backupNodeId: z.string(),
  usersSha256: sha256Schema,
  objectsSha256: sha256Schema,
});

export type DataNode = z.infer<typeof dataNodeSchema>;
export type BackupPlan = z.infer<typeof backupPlanSchema>;
export type RestorePlan = z.infer<typeof restorePlanSchema>;
