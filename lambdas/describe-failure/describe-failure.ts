import { describeFailure as findReason } from '../../model/failure.ts';
import { layout } from '../../model/layout.ts';
import { resourceName } from '../../model/names.ts';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import type { BackupPlan } from '../../model/plan.ts';
import { backupRequestSchema } from '../../model/request.ts';
import { type VerificationPlan, verificationPlanSchema } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { candidateIds, readPlan } from '../catalogue.ts';
import { type StoppedExecution, stoppedExecutionSchema } from '../execution.ts';
import { holderOf } from '../lease.ts';
import { writeMessage } from './message.ts';

interface Describer {
  readonly cluster: string;
  /** Where the runbook is, without a heading. */
  readonly runbook: string;
  readonly bucketName: string;
  /** Where RonDB is, as the cluster file says now. */
  readonly connectString: string;
  readonly bucket: Pick<Bucket, 'read' | 'list'>;
}

/** What people are told of an execution that did not succeed, and what it may have left on the nodes. */
export interface DescribedFailure {
  /** At most 99 printable ASCII characters. */
  readonly subject: string;
  readonly message: string;
  /** The name of the error; ABORTED for an execution that was stopped without one. */
  readonly error: string;
  /** Whether the native backup must be aborted and its files removed; then there is a plan. */
  readonly sweep: boolean;
  readonly plan: Pick<BackupPlan, 'backupId' | 'connectString' | 'bucket' | 'prefix' | 'head' | 'rondbInstances'> | null;
  /** Of a verification that may have left on data nodes what it fetched. */
  readonly verification: Pick<VerificationPlan, 'connectString' | 'prefix' | 'rondbInstances'> | null;
}

/** What RonDB has given up cannot be continued under its id; any other backup that failed can be redriven. */
const GIVEN_UP = new Set(['BackupAborted', 'BackupRefused', 'BackupTimedOut']);

/** Finds out what failed and what it left behind. Errors: `RequestInvalid`, those of S3. */
export async function describeFailure(input: unknown, describer: Describer): Promise<DescribedFailure> {
  const { cluster, runbook, bucket } = describer;
  const stopped = parseOr('RequestInvalid', 'The input of DescribeFailure', stoppedExecutionSchema(`${resourceName(cluster)}-`), input);
  const { execution, status } = stopped;
  const reason = findReason(stopped.error ?? (status === 'TIMED_OUT' ? 'States.Timeout' : status), stopped.cause ?? '');
  const plan = execution.machine === 'backup' ? await findPlan(bucket, cluster, stopped) : undefined;
  const sweep = plan !== undefined && (status !== 'FAILED' || GIVEN_UP.has(reason.error)) && (await holdsLease(describer, execution.arn));
  const sealed = plan !== undefined && (await bucket.list(layout.manifest(cluster, plan.backupId))).length > 0;
  return {
    ...writeMessage({ cluster, runbook, stopped, reason, backupId: plan?.backupId, sealed, sweep }),
    error: reason.error,
    sweep,
    plan: plan ? neededOf(plan, describer) : null,
    verification: execution.machine === 'verify' ? await findVerification(describer, execution.name) : null,
  };
}

/**
 * Whether what the execution left is its own. One that was stopped before it got the lease may name a backup that another one goes on
 * with; so may one whose lease somebody has taken since.
 */
async function holdsLease({ cluster, bucket }: Describer, arn: string): Promise<boolean> {
  try {
    return (await holderOf(cluster, bucket)) === arn;
  } catch (error) {
    if ((error as Error).name !== 'LeaseInvalid') throw error;
    // People must still be told.
    console.error((error as Error).message);
    return false;
  }
}

/** One that failed before it was planned, or reads no RonDB, has fetched nothing. */
async function findVerification({ cluster, connectString, bucket }: Describer, name: string): Promise<DescribedFailure['verification']> {
  const key = layout.verificationPlan(cluster, name);
  const text = await bucket.read(key);
  if (text === undefined) return null;
  try {
    const { rondbInstances } = parseJsonOr('RequestInvalid', key, verificationPlanSchema, text);
    return rondbInstances.length > 0 ? { connectString, prefix: layout.verification(cluster, name), rondbInstances } : null;
  } catch (error) {
    // People must still be told.
    console.error((error as Error).message);
    return null;
  }
}

/** The plan of the backup that the execution took: a continued one by its id, any other by the name of the execution. */
async function findPlan(
  bucket: Describer['bucket'],
  cluster: string,
  { execution, startDate, input }: StoppedExecution,
): Promise<BackupPlan | undefined> {
  const continued = continuedId(input);
  for (const backupId of continued ? [continued] : candidateIds(new Date(startDate))) {
    const plan = await readPlan(bucket, cluster, backupId).catch((error: Error) => {
      // A damaged plan is nobody's, and people must still be told.
      if (error.name !== 'BackupIdTaken') throw error;
      console.error(error.message);
      return undefined;
    });
    if (plan && (continued || plan.executionId === execution.name)) return plan;
  }
  return undefined;
}

/** An input that PlanBackup refused, or that the event left out, names no backup. */
function continuedId(input: string | null | undefined): string | undefined {
  try {
    return backupRequestSchema.safeParse(JSON.parse(input ?? 'null')).data?.backupId;
  } catch {
    return undefined; // Step Functions takes JSON only: this was cut off.
  }
}

/** A plan lies in the bucket that it is about, and its RonDB is the cluster's, whatever it says; to strange instances SendCommand sends nothing. */
function neededOf(
  { backupId, prefix, head, rondbInstances }: BackupPlan,
  { bucketName: bucket, connectString }: Describer,
): DescribedFailure['plan'] {
  return { backupId, connectString, bucket, prefix, head, rondbInstances };
}
