import { deadline, untilAborted } from './clock.ts';
import type { TaskState } from './definition.ts';
import type { Exit, Visit } from './execution.ts';
import { StateFailure, withinLimit } from './failure.ts';
import { payload } from './history.ts';
import { type Call, callOf } from './resources.ts';
import { evaluate, leave, secondsFrom } from './visit.ts';

/** Schedules the task once, waits for its result no longer than its TimeoutSeconds, and leaves the state with it. */
export async function attemptTask(visit: Visit<TaskState>): Promise<Exit> {
  const { state, scope, run } = visit;
  const parameters = await evaluate(visit, 'Arguments', state.Arguments);
  withinLimit(`State '${scope.state}': its arguments`, parameters);
  const call = callOf(state, parameters);
  const seconds =
    state.TimeoutSeconds === undefined ? undefined : await evaluate(visit, 'TimeoutSeconds', state.TimeoutSeconds, {}, secondsFrom(1));
  run.record(scope, 'TaskScheduled', {
    ...call.kind,
    region: run.execution.machine.arn.split(':')[3],
    parameters: JSON.stringify(parameters),
    ...(seconds !== undefined && { timeoutInSeconds: seconds }),
  });
  run.record(scope, 'TaskStarted', call.kind);
  const result = await perform(visit, call, seconds);
  run.record(scope, 'TaskSucceeded', { ...call.kind, ...payload('output', result) });
  return leave(visit, state, result, { result });
}

async function perform(visit: Visit<TaskState>, call: Call, seconds: number | undefined): Promise<unknown> {
  const { scope, run, signal } = visit;
  signal.throwIfAborted();
  const timedOut = new StateFailure('States.Timeout');
  const limit = deadline(run.clock, seconds, signal, timedOut);
  try {
    const result = await untilAborted(limit.signal, call.perform({ ...visit, signal: limit.signal }));
    return withinLimit(`State '${scope.state}': its result`, result);
  } catch (error) {
    if (!signal.aborted && error instanceof StateFailure) {
      run.record(scope, error === timedOut ? 'TaskTimedOut' : 'TaskFailed', { ...call.kind, ...error.failure });
    }
    throw error;
  } finally {
    limit.clear();
  }
}
