import * as z from 'zod';
import type { ActionName } from './actions.ts';
import { instanceIdSchema, metadataFileSchema, nodeIdSchema, sha256Schema } from './receipt.ts';
import { storageIdSchema } from './storage-id.ts';
import { unitSchema } from './units.ts';

const count = z.int().nonnegative();
/** Text that gzip and base64 carry, because a node's answer is cut at 24,000 characters. */
const packed = z.base64();

/** What is recorded of an installation with every backup, and compared before a restore; null where it cannot be told. */
export const versionsSchema = z.strictObject({
  mysql: z.string(),
  hopsworks: z.string().nullable(),
  /** Of the cluster definition. */
  definitionSha256: sha256Schema.nullable(),
  /** SHA-256 of the file with the encryption master password, which itself is stored nowhere. */
  passwordFingerprint: sha256Schema.nullable(),
});

const unitsSchema = z.array(unitSchema);
/** What a step did with systemd units; `absent`: those that the instance does not have. */
const unitsDoneSchema = z.strictObject({ done: unitsSchema, absent: unitsSchema });

/** The one JSON line that each node script prints on success. */
export const answers = {
  InspectCluster: z.strictObject({
    localNodeIds: z.array(nodeIdSchema),
    /** Ids of backups whose restore was begun on this node and not finished. */
    restoring: z.array(z.string()),
    /** The least free bytes of the local data nodes' volumes; null without data nodes. */
    freeBytes: count.nullable(),
    cluster: z
      .strictObject({
        /** `ndb_mgm -e SHOW`, packed. */
        show: packed,
        sqlVersion: z.string(),
        userTableCount: count,
        /** The first user tables, `db.table` a line, packed. */
        userTables: packed,
        /** Of all of them: what `EmptyRondb` compares before it drops anything. */
        userTablesSha256: sha256Schema,
        /** `ndb_mgm -e "ALL REPORT MEMORYUSAGE"`, packed. */
        memory: packed,
        /** What of Hopsworks' own tools is here. */
        tools: z.array(z.enum(['hdfs', 'epipe', 'kafka'])),
        /** dfs.namenode.startup.delay.block.deletion.sec, when there is an `hdfs` that says it. */
        deletionDelaySeconds: count.nullable(),
        versions: versionsSchema,
      })
      .nullable(),
  }),
  InspectHopsfs: z.strictObject({
    /** Every configured data directory that exists here; without a VERSION it is no storage yet. */
    directories: z.array(
      z.strictObject({
        path: z.string(),
        storageId: storageIdSchema.nullable(),
        datanodeUuid: z.string().nullable(),
        /** Finalized blocks. */
        blocks: count,
        bytes: count,
        freeBytes: count,
      }),
    ),
  }),
  CheckNodes: z.strictObject({
    localNodeIds: z.array(nodeIdSchema),
    freeBytes: count,
    awsCli: z.string(),
    zstd: z.string(),
    python: z.string(),
  }),
  /** users.sql, objects.sql, versions.json, and the cluster definition where the cluster file names one. */
  DumpMetadata: z.strictObject({ files: z.array(metadataFileSchema).min(3).max(4), users: count, versions: versionsSchema }),
  /** Of all storages together, after this pass. */
  SnapshotBlocks: z.strictObject({ storages: count, blocks: count }),
  /** RonDB's "completed" block and the SHOW that followed it, both packed. */
  StartRondbBackup: z.strictObject({ output: packed, show: packed }),
  /** Whether the backup was running and had to be stopped. */
  AbortRondbBackup: z.strictObject({ aborted: z.boolean() }),
  /** Bytes of each data node's files that were shipped while RonDB wrote them, and of those that it had written. */
  FollowRondbBackup: z.strictObject({
    nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, sentBytes: count, bytes: count })).min(1),
  }),
  /** `sentBytes`: what had not been shipped before. */
  UploadRondbBackup: z.strictObject({
    nodes: z
      .array(z.strictObject({ nodeId: nodeIdSchema, receiptSha256: sha256Schema, files: count, bytes: count, sentBytes: count }))
      .min(1),
  }),
  UploadBlocks: z.strictObject({
    storages: z
      .array(
        z.strictObject({
          storageId: storageIdSchema,
          receiptSha256: sha256Schema,
          blocks: count,
          bytes: count,
          uploadedBlocks: count,
          uploadedBytes: count,
        }),
      )
      .min(1),
  }),
  /** `givenUp`: unfinished multipart uploads of the backup that were ended. */
  RemoveLocalBackup: z.strictObject({ removed: z.array(nodeIdSchema), givenUp: count }),
  /**
   * What dead runs left, and how much of it goes (or would, when nothing is removed); `entries`: the first. `storages`: HopsFS storages
   * of the instance.
   */
  SweepNodes: z.strictObject({
    storages: count,
    found: count,
    going: count,
    bytes: count,
    entries: z
      .array(z.strictObject({ path: z.string(), bytes: count, fate: z.enum(['kept', 'removable', 'removed']), why: z.string() }))
      .max(5),
  }),
  /** Storages and files of blocks in the bucket, and files that no list names; the first 200,000 are stored as orphans.txt. */
  FindOrphans: z.strictObject({
    storages: count,
    files: count,
    orphans: count,
    bytes: count,
    listsSha256: sha256Schema,
    orphansSha256: sha256Schema,
  }),
  DownloadRondbBackup: z.strictObject({ nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, files: count, bytes: count })) }),
  RestoreRondbSchema: z.strictObject({ tables: count }),
  RestoreRondbData: z.strictObject({ nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, records: count, logRecords: count })) }),
  RebuildRondbIndexes: z.strictObject({}),
  /** What became of the backup's accounts: how many were created, kept with the same or another password, given the backup's password. */
  RestoreUsers: z.strictObject({
    created: count,
    keptSame: count,
    keptOther: count,
    replaced: count,
    objects: count,
    /** Accounts whose grants or default roles are not all those of the backup now; the first of them. */
    differing: z.array(z.string()),
  }),
  StopServices: unitsDoneSchema,
  EmptyRondb: z.strictObject({ dropped: count }),
  RestoreBlocks: z.strictObject({ storages: z.array(z.strictObject({ storageId: storageIdSchema, blocks: count, bytes: count })) }),
  /** False where the installation has no such command. */
  RollBackDeletedBlocks: z.strictObject({ rolledBack: z.boolean() }),
  StartNameNode: unitsDoneSchema,
  StartHopsfs: unitsDoneSchema,
  AwaitSafeModeExit: z.strictObject({ blocks: count, missingBlocks: count, datanodes: count, seconds: count }),
  /** `projects` and the like in RonDB, and documents in the index afterwards. */
  ReindexOpenSearch: z.strictObject({ documents: count, datasets: count }),
  /** Topics that RonDB names and Kafka has afterwards; the whole list is stored as topics.list below the prefix. */
  RecreateKafkaTopics: z.strictObject({ topics: count, created: count }),
  StartServices: unitsDoneSchema,
  ReindexFeatureStore: z.strictObject({}),
  /** Objects and bytes that were read; `records`: rows in the files, null where ndb_restore did not read them; `damaged`: how much is wrong. */
  VerifyRondbBackup: z.strictObject({
    nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, objects: count, bytes: count, records: count.nullable() })),
    damaged: count,
  }),
  VerifyBlocks: z.strictObject({
    storages: z.array(z.strictObject({ storageId: storageIdSchema, objects: count, bytes: count })),
    damaged: count,
  }),
  RemoveVerification: z.strictObject({}),
  /** Rows of each restored table are stored as rows.list below the prefix: `database.table<TAB>rows` a line. */
  VerifyRestore: z.strictObject({ tables: count, rows: count, listSha256: sha256Schema }),
} as const satisfies Record<ActionName, z.ZodType>;

export type Answer<A extends ActionName> = z.infer<(typeof answers)[A]>;

/** What run-on-nodes hands to its parent: the answer of every node that the action ran on. */
export function nodeAnswersSchema<A extends ActionName>(action: A) {
  return z.array(z.strictObject({ instanceId: instanceIdSchema, answer: answers[action] })).min(1);
}

export type NodeAnswers<A extends ActionName> = { instanceId: string; answer: Answer<A> }[];
