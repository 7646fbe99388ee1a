import { createHash } from 'node:crypto';
import * as z from 'zod';
import { nodeAnswersSchema } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { resourceName } from '../../model/names.ts';
import { parseOr } from '../../model/parse.ts';
import type { Report } from '../../model/report.ts';
import type { Bucket } from '../aws/s3.ts';
import type { HistoryEvent } from '../aws/sfn.ts';
import { readManifest } from '../catalogue.ts';
import { consoleOf, executionArnSchema } from '../execution.ts';
import type { Rows } from './compare-rows.ts';
import { draftReport, reportedPlanSchema } from './draft-report.ts';
import { reportPage } from './report-page.ts';

interface Reporter {
  readonly cluster: string;
  readonly bucketName: string;
  readonly bucket: Pick<Bucket, 'put' | 'read'>;
  readonly readHistory: (executionArn: string) => Promise<readonly HistoryEvent[]>;
  readonly now: () => Date;
}

/** What the execution of a restore ends with: keys in the bucket, and where the console shows the page. */
export interface RestoreOutput extends Pick<Report, 'backupId' | 'verdict' | 'seconds'> {
  readonly report: string;
  readonly page: string;
  readonly plan: string;
  readonly console: string;
}

/**
 * Compares what came back with what the backup recorded, and writes report.html and report.json beside the plan.
 * Errors: `RestoreDiffers`, after the report was written; `RequestInvalid`, `ManifestMissing`, `ManifestUnsupported`,
 * `ObjectMissing`, `ObjectAltered`, `NodeOutputInvalid`.
 */
export async function reportRestore(input: unknown, { cluster, bucketName, bucket, readHistory, now }: Reporter): Promise<RestoreOutput> {
  const schema = inputSchema(cluster);
  const { plan, execution, users, safeMode, services, verification } = parseOr(
    'RequestInvalid',
    'The input of ReportRestore',
    schema,
    input,
  );
  const { backupId, executionId } = plan;
  const manifest = await readManifest(bucket, cluster, backupId);
  if (!manifest) throw new DrError('ManifestMissing', `"${cluster}" has no complete backup ${backupId}.`);
  const rowsList = await mustRead(bucket, layout.restoredRows(cluster, executionId));
  if (createHash('sha256').update(rowsList).digest('hex') !== verification[0]?.answer.listSha256) {
    throw new DrError('ObjectAltered', `${layout.restoredRows(cluster, executionId)} is not what VerifyRestore wrote.`);
  }
  const topics = services.topics[0]?.answer;
  const names = topics && linesOf(await mustRead(bucket, layout.restoredTopics(cluster, executionId)));
  const report = draftReport({
    plan,
    manifest,
    executionArn: execution.arn.arn,
    history: await readHistory(execution.arn.arn),
    users,
    safeMode: safeMode[0]?.answer,
    search: services.search[0]?.answer,
    topics: topics && { ...topics, names: names ?? [] },
    restored: rowsIn(rowsList),
    now: now(),
  });
  const page = layout.reportPage(cluster, executionId);
  await bucket.put(page, reportPage(report));
  await bucket.put(layout.report(cluster, executionId), JSON.stringify(report, undefined, 2));
  if (report.verdict === 'differs') {
    throw new DrError('RestoreDiffers', `${report.differences.join('. ')}. The report is s3://${bucketName}/${page}.`);
  }
  const { region } = execution.arn;
  return {
    backupId,
    verdict: report.verdict,
    seconds: report.seconds,
    report: layout.report(cluster, executionId),
    page,
    plan: layout.restorePlan(cluster, executionId),
    console: `${consoleOf(execution.arn)}/s3/object/${bucketName}?region=${region}&prefix=${encodeURIComponent(page)}`,
  };
}

/** An expression in a state machine may give nothing for an empty list, and for a list of one that one. */
const listOf = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]), schema);

const inputSchema = (cluster: string) =>
  z.strictObject({
    plan: reportedPlanSchema,
    execution: z.strictObject({ arn: executionArnSchema(`${resourceName(cluster)}-`) }),
    users: listOf(nodeAnswersSchema('RestoreUsers')),
    safeMode: listOf(nodeAnswersSchema('AwaitSafeModeExit').or(z.tuple([]))),
    services: z.object({
      search: listOf(nodeAnswersSchema('ReindexOpenSearch').or(z.tuple([]))),
      topics: listOf(nodeAnswersSchema('RecreateKafkaTopics').or(z.tuple([]))),
    }),
    verification: listOf(nodeAnswersSchema('VerifyRestore')),
  });

async function mustRead({ read }: Pick<Bucket, 'read'>, key: string): Promise<string> {
  const text = await read(key);
  if (text === undefined) throw new DrError('ObjectMissing', `Not in the bucket: ${key}.`);
  return text;
}

const linesOf = (text: string) => text.split('\n').filter(Boolean);

/** `database.table<TAB>rows` a line, with odd characters of names written as mysql writes them. */
function rowsIn(list: string): Rows {
  const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', 0: '\0', '\\': '\\' };
  return new Map(
    linesOf(list).map((line) => {
      const [, name = '', rows] = /^(.*)\t([0-9]+)$/s.exec(line) ?? [];
      if (rows === undefined) throw new DrError('NodeOutputInvalid', `rows.list has the line ${JSON.stringify(line.slice(0, 200))}.`);
      return [name.replace(/\\([tn0\\])/g, (_, letter: string) => ESCAPES[letter] as string), Number(rows)];
    }),
  );
}
