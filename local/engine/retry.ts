import type { Retrier } from './definition.ts';

/** Errors that no wildcard matches; to name States.Runtime itself is refused when a definition is loaded. */
const UNMATCHED_BY_ALL = new Set<string | undefined>(['States.DataLimitExceeded', 'States.Runtime']);

/** The first retrier or catcher that names the error, literally or with a wildcard. */
export function firstMatch<T extends { readonly ErrorEquals: readonly string[] }>(rules: readonly T[], error?: string): T | undefined {
  return rules.find(({ ErrorEquals: names }) => names.some((name) => matches(name, error)));
}

/** Seconds to wait before the retry with this index, the first being 0. */
export function retryDelay(retrier: Retrier, index: number, random: () => number = Math.random): number {
  const delay = Math.min(retrier.IntervalSeconds * retrier.BackoffRate ** index, retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
  return retrier.JitterStrategy === 'FULL' ? delay * random() : delay;
}

function matches(name: string, error: string | undefined): boolean {
  if (name === 'States.ALL') return !UNMATCHED_BY_ALL.has(error);
  if (name === 'States.TaskFailed') return error !== 'States.Timeout' && !UNMATCHED_BY_ALL.has(error);
  return name === error;
}
