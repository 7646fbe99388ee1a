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

const run = {
  formatVersion: z.literal(1),
  cluster: clusterNameSchema,
  executionId: z.string(),
  startedAt: z.iso.datetime(),
  bucket: z.string(),
  connectString: z.string(),
  /** How long each of the long steps may take on a node, in seconds; SSM takes at most 48 hours. */
  stepSeconds: z.int().min(5).max(172_800),
};

const nodes = {
  backupId: backupIdSchema,
  rondbInstances: z.array(instanceIdSchema).min(1),
  /** Bytes that must be free on every data node's volume, as a string because it becomes an SSM parameter. */
  requiredBytes: z.string().regex(/^[0-9]+$/),
};

/** What a backup will do; written before anything else, as the first object of the backup. */
export const backupPlanSchema = z.strictObject({
  ...run,
  ...nodes,
  kind: z.literal('backup'),
  prefix: z.string(),
  head: instanceIdSchema,
  sqlVersion: z.string(),
  dataNodes: z.array(dataNodeSchema).min(1),
});

const count = z.int().nonnegative();

/** The backup that is restored; sizes in bytes over all its nodes. */
const recoveryPointSchema = z.strictObject({
  backupId: backupIdSchema,
  startedAt: z.iso.datetime(),
  sealedAt: z.iso.datetime(),
  /** How old it was when the restore began. */
  ageSeconds: z.int(),
  rows: count,
  bytes: count,
  storedBytes: count,
});

/** What is found, and what would be done, whether or not it can be. Unknown is null, or an empty list. */
const looked = {
  ...run,
  kind: z.literal('restore'),
  prefix: z.string(),
  /** False for a run that only plans. */
  confirmed: z.boolean(),
  /** How the request names the backup: "latest", an id, or "before <time>". */
  requested: z.string(),
  obstacles: z.array(z.strictObject({ error: z.string(), message: z.string() })),
  warnings: z.array(z.string()),
  recoveryPoint: recoveryPointSchema.nullable(),
  /** Every version that runs on a data node, and the heads' MySQL server. */
  versions: z.strictObject({
    backup: z.strictObject({ rondb: z.array(z.string()), mysql: z.string() }).nullable(),
    target: z.strictObject({ rondb: z.array(z.string()), mysql: z.string() }),
  }),
  /** Every instance with data nodes, what it restores, and how much of it. */
  placement: z.array(
    z.strictObject({ instanceId: instanceIdSchema, nodeIds: z.array(nodeIdSchema), backupNodeIds: z.array(nodeIdSchema), bytes: count }),
  ),
  /** The target's user tables: how many, and the names of the first. */
  userTables: z.strictObject({ count, names: z.array(z.string()) }),
  /** In order, each on all its instances before the next; `limitSeconds` on each of them. */
  steps: z.array(z.strictObject({ name: z.string(), instances: count, limitSeconds: count })),
  overwritten: z.array(z.string()),
  leftOut: z.array(z.string()),
  afterwards: z.array(z.string()),
};

/** What a restore that can work will do, and what its states read. */
export const restorePlanSchema = z.strictObject({
  ...looked,
  ...nodes,
  possible: z.literal(true),
  metadataPrefix: z.string(),
  heads: z.array(instanceIdSchema).min(1),
  /** `i-…=1+3;i-…=2`: which instance restores the directories of which backup node ids. */
  assignments: z.string(),
  schemaInstance: instanceIdSchema,
  backupNodeId: z.string(),
  usersSha256: sha256Schema,
  objectsSha256: sha256Schema,
});

/** Why a restore cannot work. */
export const impossibleRestoreSchema = z.strictObject({ ...looked, possible: z.literal(false) });

export type DataNode = z.infer<typeof dataNodeSchema>;
export type BackupPlan = z.infer<typeof backupPlanSchema>;
export type RestorePlan = z.infer<typeof restorePlanSchema>;
export type ImpossibleRestore = z.infer<typeof impossibleRestoreSchema>;
