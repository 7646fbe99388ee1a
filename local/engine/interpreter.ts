import { setImmediate as turn } from 'node:timers/promises';
import type { ChoiceState, WaitState } from './definition.ts';
import { handlingErrors } from './error-handling.ts';
import type { Exit, Run, Scope, Visit } from './execution.ts';
import { StateFailure } from './failure.ts';
import { payload } from './history.ts';
import { attemptParallel } from './parallel.ts';
import { attemptTask } from './task.ts';
import { evaluate, leave, secondsFrom } from './visit.ts';

/**
 * Runs the states of a scope from where it stands to its end.
 * @returns the output of its last state
 * @throws StateFailure when a state fails, the signal's reason when it is aborted; the scope then tells where a redrive continues
 */
export async function runScope(scope: Scope, run: Run, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    // A loop of states that wait for nothing must not keep timers and other executions from running.
    await turn();
    signal.throwIfAborted();
    const exit = await visitState(scope, run, signal);
    if (exit.next === undefined) {
      scope.done = { output: exit.output };
      return exit.output;
    }
    scope.state = exit.next;
    scope.input = exit.output;
  }
}

async function visitState(scope: Scope, run: Run, signal: AbortSignal): Promise<Exit> {
  const name = scope.state;
  const state = scope.group.States[name];
  if (!state) throw new Error(`no state "${name}"`);
  // A redriven state was entered before and not left, and is not entered again; only Fail is.
  if (scope.enteredTime === undefined || state.Type === 'Fail') {
    scope.enteredTime = run.clock.now();
    run.record(scope, `${state.Type}StateEntered`, { name, ...payload('input', scope.input) });
  }
  scope.retryCount = 0;
  const exit = await runState({ state, scope, run, signal });
  run.record(scope, `${state.Type}StateExited`, {
    name,
    ...payload('output', exit.output),
    ...(exit.assigned && {
      assignedVariables: Object.fromEntries(Object.entries(exit.assigned).map(([key, value]) => [key, JSON.stringify(value)])),
      assignedVariablesDetails: { truncated: false },
    }),
  });
  Object.assign(scope.variables, exit.assigned);
  scope.enteredTime = undefined;
  scope.branches = undefined;
  return exit;
}

async function runState(visit: Visit): Promise<Exit> {
  const { state, scope } = visit;
  switch (state.Type) {
    case 'Task':
      return handlingErrors({ ...visit, state }, attemptTask);
    case 'Parallel':
      return handlingErrors({ ...visit, state }, (parallel) => attemptParallel(parallel, runScope));
    case 'Wait':
      await wait({ ...visit, state });
      return leave(visit, state, scope.input);
    case 'Choice':
      return choose({ ...visit, state });
    case 'Pass':
    case 'Succeed':
      return leave(visit, state, scope.input);
    case 'Fail':
      throw new StateFailure(await text(visit, 'Error', state.Error), await text(visit, 'Cause', state.Cause));
  }
}

async function choose(visit: Visit<ChoiceState>): Promise<Exit> {
  const { state, scope } = visit;
  for (const [index, rule] of state.Choices.entries()) {
    const at = `Choices[${index}]/`;
    if (await evaluate(visit, `${at}Condition`, rule.Condition, {}, boolean)) return leave(visit, rule, scope.input, {}, at);
  }
  if (state.Default === undefined) throw new StateFailure('States.NoChoiceMatched', `State '${scope.state}': no condition is true`);
  return leave(visit, { ...state, Next: state.Default }, scope.input);
}

async function wait(visit: Visit<WaitState>): Promise<void> {
  const { state, run, signal } = visit;
  const milliseconds =
    state.Seconds === undefined
      ? (await evaluate(visit, 'Timestamp', state.Timestamp, {}, instant)) - run.clock.now()
      : 1000 * (await evaluate(visit, 'Seconds', state.Seconds, {}, secondsFrom(0)));
  if (milliseconds > 0) await run.clock.sleep(milliseconds, signal);
}

async function text(visit: Visit, field: string, value: string | undefined): Promise<string | undefined> {
  if (value === undefined) return undefined;
  return evaluate(visit, field, value, {}, (result) => {
    if (typeof result !== 'string') throw new Error('a string is needed');
    return result;
  });
}

function boolean(result: unknown): boolean {
  if (typeof result !== 'boolean') throw new Error('true or false is needed');
  return result;
}

function instant(result: unknown): number {
  const milliseconds =
    typeof result === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(result) ? Date.parse(result) : Number.NaN;
  if (Number.isNaN(milliseconds)) throw new Error('an ISO 8601 timestamp with T and offset is needed');
  return milliseconds;
}
