import * as z from 'zod';
import type { Answer, NodeAnswers } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import { restorePlanSchema } from '../../model/plan.ts';
import type { Report } from '../../model/report.ts';
import type { HistoryEvent } from '../aws/sfn.ts';
import { nameSome } from '../obstacles.ts';
import { count, number } from '../quantities.ts';
import { compareRows, isDifferent, type Rows } from './compare-rows.ts';
import { stepsIn } from './steps.ts';

/** What the report takes from the plan. */
export const reportedPlanSchema = z.object(
  restorePlanSchema.pick({
    cluster: true,
    executionId: true,
    backupId: true,
    startedAt: true,
    scope: true,
    selection: true,
    accounts: true,
    blocks: true,
    versions: true,
    warnings: true,
    leftOut: true,
    afterwards: true,
  }).shape,
);
type ReportedPlan = z.infer<typeof reportedPlanSchema>;

/** What is compared of an installation; null where it is not known. Of fingerprints the first digits tell. */
const COMPARED: Readonly<Record<string, (versions: ReportedPlan['versions']['target']) => string | null>> = {
  RonDB: ({ rondb }) => rondb.join(', ') || null,
  'MySQL server': ({ mysql }) => mysql || null,
  Hopsworks: ({ hopsworks }) => hopsworks,
  'Cluster definition (SHA-256)': ({ definitionSha256 }) => definitionSha256?.slice(0, 12) ?? null,
  'Encryption master password (fingerprint)': ({ passwordFingerprint }) => passwordFingerprint?.slice(0, 12) ?? null,
};

/** All that is known when a restore has ended. */
export interface Facts {
  readonly plan: ReportedPlan;
  readonly manifest: Manifest;
  readonly executionArn: string;
  readonly history: readonly HistoryEvent[];
  readonly users: NodeAnswers<'RestoreUsers'>;
  readonly safeMode: Answer<'AwaitSafeModeExit'> | undefined;
  readonly search: Answer<'ReindexOpenSearch'> | undefined;
  readonly topics: (Answer<'RecreateKafkaTopics'> & { readonly names: string[] }) | undefined;
  readonly restored: Rows;
  readonly now: Date;
}

/** Puts the report together, and decides whether what came back is what the backup recorded. Errors: `NodeOutputInvalid`. */
export function draftReport({ plan, manifest, executionArn, history, users, safeMode, search, topics, restored, now }: Facts): Report {
  const { cluster, backupId, scope, selection, startedAt, warnings, leftOut, afterwards } = plan;
  if (plan.blocks !== 'none' && !safeMode)
    throw new DrError('NodeOutputInvalid', 'HopsFS was restored, and AwaitSafeModeExit says nothing.');
  const recorded = manifest.receipts.find(({ tables }) => tables)?.tables;
  const rows = compareRows({
    recorded: recorded && new Map(recorded.map((each) => [each.table, each.rows])),
    logRecords: manifest.completion.logRecords,
    restored,
    selection,
  });
  const found: Pick<Report, 'rows' | 'accounts' | 'blocks'> = {
    rows,
    accounts:
      plan.accounts === 'none'
        ? null
        : { request: plan.accounts, heads: users.map(({ instanceId, answer }) => ({ instanceId, ...answer })) },
    blocks: plan.blocks === 'none' || !safeMode ? null : { where: plan.blocks, ...safeMode },
  };
  const differences = differencesIn(found);
  const notCompared =
    rows.comparison === 'not-compared'
      ? ['Rows: this backup does not record how many rows each table had. They were counted, and not compared with anything.']
      : [];
  const start = Date.parse(startedAt);
  return {
    formatVersion: 1,
    kind: 'restore',
    cluster,
    executionArn,
    backupId,
    scope,
    selection,
    verdict: differences.length > 0 ? 'differs' : notCompared.length > 0 ? 'partly-compared' : 'same',
    differences,
    notCompared,
    recoveryPoint: {
      startedAt: manifest.plan.startedAt,
      sealedAt: manifest.sealedAt,
      ageSeconds: Math.round((start - Date.parse(manifest.plan.startedAt)) / 1000),
    },
    startedAt,
    reportedAt: now.toISOString(),
    seconds: Math.max(0, now.getTime() - start) / 1000,
    ...stepsIn(history, start, now.getTime()),
    ...found,
    search: search ?? null,
    topics: topics ? { created: topics.created, names: topics.names } : null,
    versions: Object.entries(COMPARED).map(([what, of]) => ({
      what,
      backup: plan.versions.backup && of(plan.versions.backup),
      target: of(plan.versions.target),
    })),
    warnings,
    leftOut,
    afterwards,
  };
}

function differencesIn({ rows, accounts, blocks }: Pick<Report, 'rows' | 'accounts' | 'blocks'>): string[] {
  const tables = rows.tables
    .filter(isDifferent)
    .map(
      ({ table, recorded, restored }) =>
        `${table} (${restored === null ? 'not there' : count(restored, 'row')}, ${number(recorded ?? 0)} recorded)`,
    );
  const differing = accounts?.heads.flatMap((head) => head.differing.map((account) => `${account} on ${head.instanceId}`)) ?? [];
  return [
    ...(tables.length > 0 ? [`${count(tables.length, 'table')}: ${nameSome(tables)}`] : []),
    // A node answers with the first only.
    ...(differing.length > 0
      ? [`Accounts without all grants or default roles of the backup (the log of RestoreUsers names all): ${nameSome(differing)}`]
      : []),
    ...(blocks && blocks.missingBlocks > 0 ? [`HopsFS misses ${count(blocks.missingBlocks, 'block')}`] : []),
  ];
}
