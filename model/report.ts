import * as z from 'zod';
import { answers } from './answers.ts';
import { backupIdSchema } from './backup-id.ts';
import { clusterNameSchema } from './names.ts';
import { blocksSchema } from './plan.ts';
import { instanceIdSchema } from './receipt.ts';

const count = z.int().nonnegative();
const time = z.iso.datetime();
const seconds = z.number().nonnegative();

/**
 * A table and its rows; null where none are recorded, or the table is not there. `explained`: the difference can come from what
 * was written while the backup was taken. `left-out`: it is restored without its rows, on purpose.
 */
const tableSchema = z.strictObject({
  table: z.string(),
  recorded: count.nullable(),
  restored: count.nullable(),
  outcome: z.enum(['differs', 'missing', 'explained', 'not-compared', 'left-out', 'equal']),
});

/** One state of the restore machine, over all its visits and attempts; `spans` in seconds from the start of the execution. */
const stepSchema = z.strictObject({
  name: z.string(),
  startedAt: time,
  endedAt: time,
  /** How long its attempts took together. */
  seconds,
  attempts: count,
  /** Names of the errors of the attempts that failed. */
  failures: z.array(z.string()),
  spans: z.array(z.strictObject({ from: seconds, to: seconds, failed: z.boolean() })),
});

/** What a restore did and what came of it: `report.json`, beside the plan. */
export const reportSchema = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('restore'),
  cluster: clusterNameSchema,
  executionArn: z.string(),
  backupId: backupIdSchema,
  scope: z.enum(['cluster', 'part']),
  selection: z.string(),
  /** `differs` when anything differs; `partly-compared` when nothing does, and something could not be compared. */
  verdict: z.enum(['same', 'partly-compared', 'differs']),
  /** One for tables, accounts and blocks each, naming the first that differ. */
  differences: z.array(z.string()),
  notCompared: z.array(z.string()),
  recoveryPoint: z.strictObject({ startedAt: time, sealedAt: time, ageSeconds: z.int() }),
  startedAt: time,
  reportedAt: time,
  /** From the start of the execution to this report; of these, what it stood still between a failure and its redrive. */
  seconds,
  stoodStillSeconds: seconds,
  redrives: count,
  rows: z.strictObject({
    /** `not-compared`: the backup does not record what they would be compared with, which is never a pass. */
    comparison: z.enum(['same', 'differs', 'not-compared']),
    restored: count,
    /** Of the compared tables, how much their counts differ altogether, and how much writes during the backup can explain. */
    difference: count,
    logRecords: count,
    /** Those that differ come first. */
    tables: z.array(tableSchema),
  }),
  /** Null when no account was to be restored. */
  accounts: z
    .strictObject({
      request: z.enum(['keep', 'replace']),
      heads: z.array(z.strictObject({ instanceId: instanceIdSchema, ...answers.RestoreUsers.shape })),
    })
    .nullable(),
  /** Null when HopsFS was left out. */
  blocks: z.strictObject({ where: blocksSchema.exclude(['none']), ...answers.AwaitSafeModeExit.shape }).nullable(),
  /** Null when OpenSearch was left out. */
  search: answers.ReindexOpenSearch.nullable(),
  /** Null when Kafka was left out. What was in flight in these topics since the recovery point is not in the backup. */
  topics: z.strictObject({ created: count, names: z.array(z.string()) }).nullable(),
  /** Null where it was not recorded, or cannot be told. */
  versions: z.array(z.strictObject({ what: z.string(), backup: z.string().nullable(), target: z.string().nullable() })),
  warnings: z.array(z.string()),
  steps: z.array(stepSchema),
  leftOut: z.array(z.string()),
  afterwards: z.array(z.string()),
});

export type Report = z.infer<typeof reportSchema>;
export type ReportedTable = z.infer<typeof tableSchema>;
export type ReportedStep = z.infer<typeof stepSchema>;
