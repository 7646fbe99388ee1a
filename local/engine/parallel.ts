import type { ParallelState } from './definition.ts';
import { type Exit, newScope, type Run, type Scope, type Visit } from './execution.ts';
import { StateFailure, withinLimit } from './failure.ts';
import { evaluate, leave } from './visit.ts';

type RunScope = (scope: Scope, run: Run, signal: AbortSignal) => Promise<unknown>;

/** Runs all branches, or after a redrive those that are not done; the first failure stops the others. */
export async function attemptParallel(visit: Visit<ParallelState>, runScope: RunScope): Promise<Exit> {
  const { state, scope, run } = visit;
  scope.branches ??= await startBranches(visit);
  await runBranches(visit, scope.branches, runScope);
  scope.lastEvent = Math.max(...scope.branches.map(({ lastEvent }) => lastEvent));
  try {
    const outputs = scope.branches.map(({ done }) => done?.output);
    const result = withinLimit(`State '${scope.state}': its result`, outputs);
    const exit = await leave(visit, state, result, { result });
    // A copy of the scope: as AWS records it, the exit does not follow this event but what this event followed.
    run.record({ ...scope }, 'ParallelStateSucceeded');
    return exit;
  } catch (error) {
    // What is too large stays too large unless all branches run again; so AWS redrives them all.
    if (error instanceof StateFailure && error.failure.error === 'States.DataLimitExceeded') scope.branches = undefined;
    throw error;
  }
}

async function startBranches(visit: Visit<ParallelState>): Promise<Scope[]> {
  const { state, scope, run } = visit;
  const input = state.Arguments === undefined ? scope.input : await evaluate(visit, 'Arguments', state.Arguments);
  withinLimit(`State '${scope.state}': its arguments`, input);
  run.record(scope, 'ParallelStateStarted');
  return state.Branches.map((group) => newScope(group, input, scope.lastEvent, scope));
}

async function runBranches({ scope, run, signal }: Visit, branches: readonly Scope[], runScope: RunScope): Promise<void> {
  const others = new AbortController();
  const pending = branches.filter(({ done }) => !done);
  let first: { readonly branch: Scope; readonly error: unknown } | undefined;
  await Promise.all(
    pending.map(async (branch) => {
      try {
        await runScope(branch, run, AbortSignal.any([signal, others.signal]));
      } catch (error) {
        first ??= { branch, error };
        others.abort(error);
      }
    }),
  );
  if (signal.aborted) throw signal.reason;
  if (!first) return;
  scope.lastEvent = first.branch.lastEvent;
  for (const branch of pending) {
    if (branch === first.branch || branch.done || branch.enteredTime === undefined) continue;
    run.record({ ...scope }, `${branch.group.States[branch.state]?.Type}StateAborted`);
  }
  throw first.error;
}
