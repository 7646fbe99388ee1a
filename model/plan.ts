import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { layout } from './layout.ts';
import { clusterNameSchema } from './names.ts';
import { instanceIdSchema, nodeIdSchema, sha256Schema } from './receipt.ts';
import { pinReasonSchema } from './retention.ts';
import { storageIdSchema } from './storage-id.ts';
import { isVersion } from './version.ts';

/** A RonDB data node that takes part in a backup, and the instance it runs on. */
const dataNodeSchema = z.strictObject({
  nodeId: nodeIdSchema,
  nodeGroup: z.int().nonnegative(),
  version: z.string().refine(isVersion, 'expected a version of three numbers'),
  instanceId: instanceIdSchema,
});

/** Where HopsFS keeps its blocks; `none` when the cluster file leaves HopsFS out, or a restore does. */
export const blocksSchema = z.enum(['none', 'disks', 's3']);

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

/** A HopsFS storage, `DS-…`: what one data directory of a datanode holds. A datanode has one or more, with one UUID. */
const storageSchema = z.strictObject({
  storageId: storageIdSchema,
  datanodeUuid: z.string().min(1),
  instanceId: instanceIdSchema,
  path: z.string(),
});

const backupSchema = z.strictObject({
  ...run,
  ...nodes,
  kind: z.literal('backup'),
  prefix: z.string(),
  head: instanceIdSchema,
  sqlVersion: z.string(),
  dataNodes: z.array(dataNodeSchema).min(1),
  /** DataMemory of each data node when the backup began, in bytes. */
  memory: z
    .array(z.strictObject({ nodeId: nodeIdSchema, usedBytes: z.int().nonnegative(), totalBytes: z.int().nonnegative() }))
    .default([]),
  blocks: blocksSchema.default('none'),
  /** Every storage of every datanode, for blocks on disks. */
  storages: z.array(storageSchema).default([]),
  hopsfsInstances: z.array(instanceIdSchema).default([]),
  /** dfs.datanode.data.dir, separated by colons; empty unless blocks lie on disks. */
  dataDirectories: z.string().default(''),
  /** The newest complete backup, whose lists say which blocks are stored already. */
  previousBackupId: z.union([z.literal('none'), backupIdSchema]).default('none'),
  /** Why retention never removes this backup; null: it may. */
  keep: pinReasonSchema.nullable().default(null),
});

/** What a backup will do; written before anything else, as the first object of the backup. */
export const backupPlanSchema = backupSchema.refine(({ prefix, cluster, backupId }) => prefix === layout.backup(cluster, backupId), {
  path: ['prefix'],
  error: 'expected the prefix of its own cluster and backup',
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
});

const phaseSchema = z.strictObject({ instanceIds: z.array(instanceIdSchema).min(1), units: z.string() });

/** What is compared of an installation; null where it was not recorded, or cannot be told. */
const installation = {
  /** Every version that runs on a data node. */
  rondb: z.array(z.string()),
  mysql: z.string(),
  hopsworks: z.string().nullable(),
  definitionSha256: sha256Schema.nullable(),
  passwordFingerprint: sha256Schema.nullable(),
};

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
  versions: z.strictObject({ backup: z.strictObject(installation).nullable(), target: z.strictObject(installation) }),
  /** Every instance with data nodes, what it restores, and how much of it; `freeBytes`: of the fullest volume there. */
  placement: z.array(
    z.strictObject({
      instanceId: instanceIdSchema,
      nodeIds: z.array(nodeIdSchema),
      backupNodeIds: z.array(nodeIdSchema),
      bytes: count,
      freeBytes: count.nullable(),
    }),
  ),
  /** DataMemory in bytes, over all node groups: what the restored tables need, and what they can have. */
  memory: z.strictObject({ neededBytes: count, availableBytes: count }).nullable(),
  /** API slots of RonDB: how many ndb_restore run at once, how many are free now, and how many more once services have stopped. */
  apiSlots: z.strictObject({ needed: count, free: count, inUse: count }).nullable(),
  /** Every HopsFS storage of the backup on disks, and the instance that takes it; null: nobody can. */
  storagePlacement: z.array(
    z.strictObject({ storageId: storageIdSchema, from: instanceIdSchema, to: instanceIdSchema.nullable(), blocks: count, bytes: count }),
  ),
  /** What is found of HopsFS blocks in S3: objects, and the share of them that HopsFS will find, from 0 to 1. */
  blockForecast: z
    .strictObject({ present: count, returnable: count, returnableBytes: count, overwritten: count, lost: count, foundShare: z.number() })
    .nullable(),
  /** The target's user tables: how many, and the names of the first. */
  userTables: z.strictObject({ count, names: z.array(z.string()) }),
  /**
   * In order, each on all its instances before the next; `limitSeconds` on each of them. No instance: a Lambda works, which has that
   * long for each call. `lastSeconds`: how long it took in the newest restore that has a report.
   */
  steps: z.array(
    z.strictObject({ name: z.string(), instances: count, limitSeconds: count, lastSeconds: z.number().nonnegative().nullable() }),
  ),
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
  /** Of `lists.sha256`, which names what nodes read of this restore. */
  listsSha256: sha256Schema,
  schemaInstance: instanceIdSchema,
  backupNodeId: z.string(),
  usersSha256: sha256Schema,
  objectsSha256: sha256Schema,

  /** `part`: chosen databases or tables, beside what lives there; then nothing but RonDB is touched. */
  scope: z.enum(['cluster', 'part']),
  /** What of the backup is restored, as the node scripts take it; see model/selection.ts. */
  selection: z.string(),
  accounts: z.enum(['keep', 'replace', 'none']),
  /** Whether the target's databases are dropped first, and the SHA-256 of the tables that the plan saw. */
  replace: z.boolean(),
  tablesSha256: sha256Schema,

  /** Phases in their order, each with at least one instance; `units`: `a+b`. */
  stops: z.array(phaseSchema),
  starts: z.array(phaseSchema),

  blocks: blocksSchema,
  /** Instances that take storages of the backup, and which: `i-…=DS-…+DS-…;i-…=DS-…`. */
  hopsfsInstances: z.array(instanceIdSchema),
  storages: z.string(),
  dataDirectories: z.string(),
  /** Pages of deleted blocks that SurveyBlocks has listed for this restore. */
  rewindPages: count,
  /** The head that starts its NameNode first, alone. */
  nameNode: instanceIdSchema,
  /** What starts it, in this order; the last is the NameNode's own unit. */
  nameNodeUnits: z.string(),
  /** The other NameNodes and the datanodes, and what each starts. */
  hopsfsStarters: z.array(instanceIdSchema),
  unitAssignments: z.string(),
  safeModeSeconds: z.string().regex(/^[1-9][0-9]{0,5}$/),

  /** The head whose ePipe rebuilds the index; empty when OpenSearch is left out. */
  searchInstance: z.string(),
  searchUrl: z.string(),
  searchIndex: z.string(),
  searchCredentials: z.string(),
  /** The head with Kafka's tools; empty when Kafka is left out. */
  kafkaInstance: z.string(),
  /** Where Hopsworks answers; empty when the search of the feature store is left to the operator. */
  hopsworksUrl: z.string(),
  hopsworksCredentials: z.string(),
});

/** Why a restore cannot work. */
export const impossibleRestoreSchema = z.strictObject({ ...looked, possible: z.literal(false) });

export type DataNode = z.infer<typeof dataNodeSchema>;
export type BackupPlan = z.infer<typeof backupPlanSchema>;
export type RestorePlan = z.infer<typeof restorePlanSchema>;
export type ImpossibleRestore = z.infer<typeof impossibleRestoreSchema>;
