import type { ParallelState, Retrier, TaskState } from './definition.ts';
import type { Exit, Visit } from './execution.ts';
import { StateFailure } from './failure.ts';
import { firstMatch, retryDelay } from './retry.ts';
import { leave } from './visit.ts';

/** Attempts a state as often as its Retry allows, then hands the failure to its Catch. */
export async function handlingErrors<S extends TaskState | ParallelState>(
  visit: Visit<S>,
  attempt: (visit: Visit<S>) => Promise<Exit>,
): Promise<Exit> {
  const { state, scope, run, signal } = visit;
  const retries = new Map<Retrier, number>();
  for (;;) {
    try {
      return await attempt(visit);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof StateFailure)) throw error;
      const { failure } = error;
      const retrier = firstMatch(state.Retry, failure.error);
      const count = retrier ? (retries.get(retrier) ?? 0) : 0;
      if (retrier && count < retrier.MaxAttempts) {
        await run.clock.sleep(1000 * retryDelay(retrier, count), signal);
        retries.set(retrier, count + 1);
        scope.retryCount += 1;
        scope.branches = undefined;
        continue;
      }
      if (state.Type === 'Parallel') run.record(scope, 'ParallelStateFailed');
      const catcher = firstMatch(state.Catch, failure.error);
      if (!catcher) throw error;
      const errorOutput = { Error: failure.error ?? '', Cause: failure.cause ?? '' };
      return leave(visit, catcher, errorOutput, { errorOutput }, `Catch[${state.Catch.indexOf(catcher)}]/`);
    }
  }
}
