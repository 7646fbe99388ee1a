import { describeFailure } from '../../model/failure.ts';
import type { Report, ReportedStep } from '../../model/report.ts';
import type { HistoryEvent } from '../aws/sfn.ts';

interface Attempt {
  readonly name: string;
  readonly start: number;
  end?: number;
  failure?: string;
}

/** Bars that lie closer than this share of the whole are one: a loop can have thousands. */
const CLOSE = 1 / 400;
const RESULT = /^Task(Succeeded|Failed|TimedOut|StartFailed|SubmitFailed)$/;
const ENDS = new Set(['ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut']);

/**
 * How long each step took, in the order in which they began, and how long the execution stood still between a failure and its
 * redrive. Step Functions shows events with a delay: an attempt that has not been seen to end is taken to end now.
 */
export function stepsIn(
  history: readonly HistoryEvent[],
  start: number,
  now: number,
): Pick<Report, 'steps' | 'stoodStillSeconds' | 'redrives'> {
  const attempts: Attempt[] = [];
  /** By the id of an event: the state that it belongs to, and the attempt. */
  const stateOf = new Map<number, string>();
  const attemptOf = new Map<number, Attempt>();
  const entered = new Set<string>();
  const actions = new Set<string>();
  let stoppedAt = start;
  let stoodStill = 0;
  let redrives = 0;

  for (const { id, previousEventId, type, at, state, action, error, cause } of history) {
    if (type === 'TaskStateEntered') entered.add(state as string);
    if (type === 'TaskStateExited') entered.delete(state as string);
    if (action) actions.add(action);
    // What follows a redrive does not lead back to its state. An action names it; of Lambdas only one can be under way.
    const name = state ?? action ?? stateOf.get(previousEventId) ?? [...entered].find((each) => !actions.has(each)) ?? '';
    const attempt: Attempt | undefined = type === 'TaskScheduled' ? { name, start: at } : attemptOf.get(previousEventId);
    if (attempt) attemptOf.set(id, attempt);
    if (attempt && type === 'TaskScheduled') attempts.push(attempt);
    if (attempt && RESULT.test(type)) {
      attempt.end = at;
      if (type !== 'TaskSucceeded') attempt.failure = describeFailure(error ?? 'States.Timeout', cause ?? '').error;
    }
    if (ENDS.has(type)) {
      stoppedAt = at;
      for (const left of attempts) if (left.end === undefined) Object.assign(left, { end: at, failure: 'ABORTED' });
    }
    if (type === 'ExecutionRedriven') {
      stoodStill += at - stoppedAt;
      redrives += 1;
    } else stateOf.set(id, name);
  }
  const names = [...new Set(attempts.map(({ name }) => name))].filter((name) => name !== 'ReportRestore');
  const steps = names.map((name) =>
    summed(
      name,
      attempts.filter((attempt) => attempt.name === name),
      start,
      now,
    ),
  );
  return { steps, stoodStillSeconds: stoodStill / 1000, redrives };
}

function summed(name: string, attempts: readonly Attempt[], start: number, now: number): ReportedStep {
  const bars: ReportedStep['spans'] = [];
  let seconds = 0;
  for (const { start: began, end = now, failure } of attempts) {
    const bar = { from: Math.max(0, began - start) / 1000, to: Math.max(0, end - start) / 1000, failed: failure !== undefined };
    seconds += bar.to - bar.from;
    const last = bars.at(-1);
    if (last && last.failed === bar.failed && bar.from - last.to < ((now - start) / 1000) * CLOSE) last.to = bar.to;
    else bars.push(bar);
  }
  const at = (milliseconds: number) => new Date(milliseconds).toISOString();
  return {
    name,
    startedAt: at(attempts[0]?.start ?? start),
    endedAt: at(attempts.at(-1)?.end ?? now),
    seconds: Math.round(seconds * 1000) / 1000,
    attempts: attempts.length,
    failures: [...new Set(attempts.flatMap(({ failure }) => failure ?? []))],
    spans: bars,
  };
}
