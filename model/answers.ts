import * as z from 'zod';
import type { ActionName } from './actions.ts';
import { instanceIdSchema, nodeIdSchema, sha256Schema, storedFileSchema } from './receipt.ts';

const count = z.int().nonnegative();
/** Text that gzip and base64 carry, because a node's answer is cut at 24,000 characters. */
const packed = z.base64();

/** The one JSON line that each node script prints on success. */
export const answers = {
  InspectCluster: z.strictObject({
    localNodeIds: z.array(nodeIdSchema),
    /** Ids of backups whose restore was begun on this node and not finished. */
    restoring: z.array(z.string()),
    cluster: z
      .strictObject({
        /** `ndb_mgm -e SHOW`, packed. */
        show: packed,
        sqlVersion: z.string(),
        userTableCount: count,
        /** The first user tables, `db.table` a line, packed. */
        userTables: packed,
      })
      .nullable(),
  }),
  CheckNodes: z.strictObject({ localNodeIds: z.array(nodeIdSchema), freeBytes: count, awsCli: z.string(), zstd: z.string() }),
  DumpMetadata: z.strictObject({ files: z.array(storedFileSchema).length(2), users: count }),
  /** RonDB's "completed" block and the SHOW that followed it, both packed. */
  StartRondbBackup: z.strictObject({ output: packed, show: packed }),
  /** Whether the backup was running and had to be stopped. */
  AbortRondbBackup: z.strictObject({ aborted: z.boolean() }),
  UploadRondbBackup: z.strictObject({
    nodes: z
      .array(z.strictObject({ nodeId: nodeIdSchema, receiptSha256: sha256Schema, files: count, bytes: count, storedBytes: count }))
      .min(1),
  }),
  RemoveLocalBackup: z.strictObject({ removed: z.array(nodeIdSchema) }),
  DownloadRondbBackup: z.strictObject({ nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, files: count, bytes: count })) }),
  RestoreRondbSchema: z.strictObject({ tables: count }),
  RestoreRondbData: z.strictObject({ nodes: z.array(z.strictObject({ nodeId: nodeIdSchema, records: count, logRecords: count })) }),
  RebuildRondbIndexes: z.strictObject({}),
  RestoreUsers: z.strictObject({ users: count, kept: count, objects: count }),
} as const satisfies Record<ActionName, z.ZodType>;

export type Answer<A extends ActionName> = z.infer<(typeof answers)[A]>;

/** What run-on-nodes hands to its parent: the answer of every node that the action ran on. */
export function nodeAnswersSchema<A extends ActionName>(action: A) {
  return z.array(z.strictObject({ instanceId: instanceIdSchema, answer: answers[action] })).min(1);
}

export type NodeAnswers<A extends ActionName> = { instanceId: string; answer: Answer<A> }[];
