import type { HistoryEvent } from '../../../lambdas/aws/sfn.ts';
import type { Answer } from '../../../model/answers.ts';
import { layout } from '../../../model/layout.ts';
import type { Manifest } from '../../../model/manifest.ts';
import type { RestorePlan } from '../../../model/plan.ts';
import type { Receipt } from '../../../model/receipt.ts';
import { BACKUP_ID, CLUSTER, completion, HEAD, manifest, receipt, sha256 } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { executionArn } from '../../fixtures/execution.ts';

const EXECUTION = 'restore-1';
export const ARN = executionArn('restore', EXECUTION);
/** Two days and three hours after the backup began. */
export const RESTORE_TIME = '2026-11-24T13:30:00.000Z';
/** An hour and a half later. */
export const NOW = new Date('2026-11-24T15:00:00.000Z');
export const KEYS = {
  json: layout.report(CLUSTER, EXECUTION),
  page: layout.reportPage(CLUSTER, EXECUTION),
  rows: layout.restoredRows(CLUSTER, EXECUTION),
  topics: layout.restoredTopics(CLUSTER, EXECUTION),
  manifest: layout.manifest(CLUSTER, BACKUP_ID),
};

const target = {
  rondb: ['RonDB-24.10.1'],
  mysql: '8.4.6',
  hopsworks: '4.0',
  definitionSha256: null,
  passwordFingerprint: sha256('password'),
};

/** What the report reads of the plan of a whole restore, and one field of those that it does not. */
export function restorePlan(overrides: Partial<RestorePlan> = {}) {
  return {
    kind: 'restore',
    cluster: CLUSTER,
    executionId: EXECUTION,
    startedAt: RESTORE_TIME,
    warnings: ['The target runs RonDB-24.10.1.'],
    versions: { backup: { ...target, rondb: ['RonDB-22.10.4'], mysql: '8.0.35' }, target },
    leftOut: ['mysql.ndb_apply_status: the whole table.'],
    afterwards: ['Run the jobs again that wrote since then.', 'Take a backup.'],
    backupId: BACKUP_ID,
    scope: 'cluster',
    selection: 'all',
    accounts: 'keep',
    blocks: 'disks',
    ...overrides,
  };
}

export const users = (overrides: Partial<Answer<'RestoreUsers'>> = {}, instanceId = HEAD) => ({
  instanceId,
  answer: { created: 3, keptSame: 2, keptOther: 1, replaced: 0, objects: 9, differing: [], ...overrides },
});

/** Of the tables that the backup records. */
export const RECORDED = [
  { table: 'hops.hdfs_inodes', rows: 12 },
  { table: 'shop.orders', rows: 3 },
];
export const listOf = (tables: readonly { table: string; rows: number }[]) =>
  tables.map(({ table, rows }) => `${table}\t${rows}\n`).join('');

/** The manifest of a backup that records the rows of tables; undefined for one that does not, as older ones. */
export function recording(tables: Receipt['tables'], logRecords = 0): Manifest {
  return manifest({ receipts: [receipt(1, tables && { tables }), receipt(2)], completion: completion({ logRecords }) });
}

/** The input of ReportRestore, after which `rowsList` lies in the bucket. */
export function reportInput(plan = restorePlan(), rowsList = listOf(RECORDED)) {
  return {
    plan,
    execution: { arn: ARN },
    users: [users()],
    safeMode: [{ instanceId: HEAD, answer: { blocks: 40, missingBlocks: 0, datanodes: 2, seconds: 31 } }],
    services: {
      phase: 4,
      search: [{ instanceId: HEAD, answer: { documents: 8, datasets: 5 } }],
      topics: [{ instanceId: HEAD, answer: { topics: 2, created: 2 } }],
    },
    verification: [{ instanceId: HEAD, answer: { tables: 2, rows: 15, listSha256: sha256(rowsList) } }],
  };
}

const at = (minutes: number) => Date.parse(RESTORE_TIME) + minutes * 60_000;
const history: readonly HistoryEvent[] = [
  { id: 1, previousEventId: 0, type: 'ExecutionStarted', at: at(0) },
  { id: 2, previousEventId: 1, type: 'TaskStateEntered', at: at(0), state: 'PlanRestore' },
  { id: 3, previousEventId: 2, type: 'TaskScheduled', at: at(0) },
  { id: 4, previousEventId: 3, type: 'TaskSucceeded', at: at(1) },
  { id: 5, previousEventId: 4, type: 'TaskStateExited', at: at(1), state: 'PlanRestore' },
  { id: 6, previousEventId: 5, type: 'TaskStateEntered', at: at(1), state: 'RestoreRondbData' },
  { id: 7, previousEventId: 6, type: 'TaskScheduled', at: at(1), action: 'RestoreRondbData' },
  { id: 8, previousEventId: 7, type: 'TaskSucceeded', at: at(61) },
  { id: 9, previousEventId: 8, type: 'TaskStateExited', at: at(61), state: 'RestoreRondbData' },
];

/** What ReportRestore works with: a bucket with the backup's manifest and what the steps have left. */
export function reporter(of = recording(RECORDED), rowsList = listOf(RECORDED)) {
  const bucket = memoryBucket({ [KEYS.manifest]: JSON.stringify(of), [KEYS.rows]: rowsList, [KEYS.topics]: 'clicks\nviews\n' });
  return { cluster: CLUSTER, bucketName: 'example-backups', bucket, readHistory: async () => history, now: () => NOW };
}
