import * as z from 'zod';
import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import { lookingActions } from '../model/looking-actions.ts';
import { resourceName } from '../model/names.ts';
import { parseJsonOr, parseOr } from '../model/parse.ts';
import type { Bucket } from './aws/s3.ts';
import type { ExecutionStatus, HistoryEvent } from './aws/sfn.ts';
import { type ExecutionId, executionArnSchema } from './execution.ts';

/** The bucket of a cluster, in which its lease lies. */
export interface Lease {
  readonly cluster: string;
  readonly bucket: Pick<Bucket, 'readTagged' | 'putIfMatch'>;
}

/** A lease, and Step Functions, which knows whose executions run. */
export interface LeaseJudge extends Lease {
  /** Undefined when Step Functions does not know the execution, or any more. */
  readonly statusOf: (executionArn: string) => Promise<ExecutionStatus | undefined>;
  readonly hasRunning: (stateMachineArn: string) => Promise<boolean>;
  readonly readHistory: (executionArn: string) => Promise<Pick<HistoryEvent, 'action' | 'at'>[]>;
  readonly now: () => Date;
}

const leaseSchema = z.strictObject({
  holder: z
    .strictObject({
      execution: z.string().min(1),
      /** For people: no clock decides anything, not even whether this can be read. */
      since: z.string(),
    })
    .nullable(),
  /** Counts what was written, so that no two contents have the same ETag. */
  turn: z.int().positive(),
});

type Holder = NonNullable<z.infer<typeof leaseSchema>['holder']>;

/** More than can happen: who loses a race has let somebody else through. */
const ATTEMPTS = 20;

/**
 * Makes the execution the one that may change something of its cluster, for as long as it runs. Repeating it does no harm.
 * Errors: `LeaseHeld` (by another one that runs), `CleanUpUnderWay` (after one that did not succeed), `LeaseInvalid`.
 */
export function takeLease({ arn }: ExecutionId, judge: LeaseJudge): Promise<void> {
  return rewrite(judge, async (holder) => {
    if (holder && holder.execution !== arn) await refuseUnlessFree(holder, arn, judge);
    return holder?.execution === arn ? holder : { execution: arn, since: judge.now().toISOString() };
  });
}

/**
 * To be called before a change by whoever cannot ask Step Functions: an execution that was redriven may have lost its lease
 * meanwhile, and gets it back when it is free. Errors: `LeaseHeld`, `LeaseInvalid`.
 */
export function keepLease({ arn }: ExecutionId, lease: Lease, now: () => Date): Promise<void> {
  return rewrite(lease, async (holder) => {
    if (holder && holder.execution !== arn) throw new DrError('LeaseHeld', saysWho(holder, lease.cluster));
    return holder ?? { execution: arn, since: now().toISOString() };
  });
}

/** Lets the next one have the lease, if the execution holds it; while `isNeeded`, it stays. Errors: `LeaseHeld`, `LeaseInvalid`. */
export function releaseLease({ arn }: ExecutionId, lease: Lease, isNeeded: () => Promise<boolean>): Promise<void> {
  return rewrite(lease, async (holder) => (holder?.execution === arn && !(await isNeeded()) ? null : KEEP));
}

/** The ARN of the execution that holds the lease of a cluster, whether or not it runs. Errors: `LeaseInvalid`. */
export async function holderOf(cluster: string, { read }: Pick<Bucket, 'read'>): Promise<string | undefined> {
  const key = layout.lease(cluster);
  const text = await read(key);
  return text === undefined ? undefined : parseJsonOr('LeaseInvalid', key, leaseSchema, text).holder?.execution;
}

/**
 * A handler that works for the `execution` that its input names, and only while that one holds the lease. The work gets the rest
 * of the input, and what makes sure of the lease once more. Errors: `RequestInvalid`, those of {@link keepLease} and of the work.
 */
export function underLease<T>(lease: Lease, work: (input: unknown, keep: () => Promise<void>) => Promise<T>) {
  const schema = z.looseObject({ execution: executionArnSchema(`${resourceName(lease.cluster)}-`) });
  return async (input: unknown): Promise<T> => {
    const { execution, ...rest } = parseOr('RequestInvalid', 'The input', schema, input);
    const keep = () => keepLease(execution, lease, () => new Date());
    await keep();
    return await work(rest, keep);
  };
}

const KEEP = Symbol('as it is');

/**
 * Within this time of the end of an execution its clean-up has begun, if EventBridge starts it at all, and takes the lease from it when it
 * is done. A clock that is wrong makes somebody wait in vain, or not: it gives the lease to nobody.
 */
const CLEAN_UP_BEGINS_MS = 60_000;

/**
 * Writes who holds the lease from now on, unless somebody else writes first: then what they wrote is judged. It is written also when
 * the holder stays: whoever saw it fail, before it was redriven, must not take over what they read then.
 */
async function rewrite({ cluster, bucket }: Lease, decide: (holder: Holder | null) => Promise<Holder | null | typeof KEEP>): Promise<void> {
  const key = layout.lease(cluster);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await bucket.readTagged(key);
    const lease = found && parseJsonOr('LeaseInvalid', key, leaseSchema, found.text);
    const holder = await decide(lease?.holder ?? null);
    if (holder === KEEP) return;
    if (await bucket.putIfMatch(key, JSON.stringify({ holder, turn: (lease?.turn ?? 0) + 1 }), found?.tag)) return;
  }
  throw new DrError('LeaseHeld', `${key} was written by others ${ATTEMPTS} times in a row.`);
}

async function refuseUnlessFree(holder: Holder, claimant: string, { cluster, ...judge }: LeaseJudge): Promise<void> {
  const { execution } = holder;
  // A bucket that was copied from elsewhere brings a lease that is nobody's here.
  if (placeOf(execution) !== placeOf(claimant)) return;
  const status = await judge.statusOf(execution);
  if (status === 'RUNNING' || status === 'PENDING_REDRIVE') throw new DrError('LeaseHeld', saysWho(holder, cluster));
  if (status === 'SUCCEEDED' || status === undefined) return;
  const history = await judge.readHistory(execution);
  // Only who has sent something that changes anything can have left something.
  if (!history.some(({ action }) => action && !lookingActions.has(action))) return;
  const sinceItsEnd = judge.now().getTime() - (history.at(-1)?.at ?? 0);
  const isCleanUpToCome = sinceItsEnd >= 0 && sinceItsEnd < CLEAN_UP_BEGINS_MS;
  if (isCleanUpToCome || (await judge.hasRunning(`${placeOf(claimant)}:stateMachine:${resourceName(cluster, 'clean-up')}`))) {
    throw new DrError('CleanUpUnderWay', `${execution} is ${status}, and the clean-up after it has not ended.`);
  }
}

const saysWho = ({ execution, since }: Holder, cluster: string) => `${execution} has held the lease of ${cluster} since ${since}.`;

/** `arn:aws:states:eu-north-1:111122223333`: Step Functions of one account in one region. */
function placeOf(arn: string): string {
  return arn.split(':', 5).join(':');
}
