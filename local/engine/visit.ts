import type { Exit, Scope, Visit } from './execution.ts';
import type { StatesMember } from './expression-check.ts';
import { ExpressionError, evaluateTemplate } from './expressions.ts';
import { StateFailure, withinLimit } from './failure.ts';

type Extras = { readonly [member in Exclude<StatesMember, 'input' | 'context'>]?: unknown };

/**
 * The value of one field, its expressions replaced by their results.
 * @param accept turns the result into what the field takes, and throws an Error that says what it takes otherwise
 * @throws StateFailure States.QueryEvaluationError, after recording it
 */
export async function evaluate<T = unknown>(
  visit: Visit,
  location: string,
  value: unknown,
  extras: Extras = {},
  accept?: (result: unknown) => T,
): Promise<T> {
  const states = { input: visit.scope.input, context: contextOf(visit), ...extras };
  try {
    const result = await evaluateTemplate(value, location, { ...variablesOf(visit.scope), states }, visit.run.clock.now());
    return accept ? accepted(result) : (result as T);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const cause = `State '${visit.scope.state}': ${error.message}`;
    const details = { state: visit.scope.state, location: error.location, error: 'States.QueryEvaluationError', cause };
    visit.run.record(visit.scope, 'EvaluationFailed', details);
    throw new StateFailure('States.QueryEvaluationError', cause);
  }

  function accepted(result: unknown): T {
    try {
      return (accept as (result: unknown) => T)(result);
    } catch (error) {
      throw new ExpressionError(location, `${(error as Error).message}, not ${JSON.stringify(result)}`);
    }
  }
}

/** Evaluates Assign and Output of a state, a catcher or a choice rule; without Output the state gives `otherwise`. */
export async function leave(
  visit: Visit,
  rule: { readonly Output?: unknown; readonly Assign?: unknown; readonly Next?: string | undefined },
  otherwise: unknown,
  extras: Extras = {},
  at = '',
): Promise<Exit> {
  const name = `State '${visit.scope.state}'`;
  const assigned = rule.Assign === undefined ? undefined : await evaluate(visit, `${at}Assign`, rule.Assign, extras);
  const output = rule.Output === undefined ? otherwise : await evaluate(visit, `${at}Output`, rule.Output, extras);
  return {
    output: withinLimit(`${name}: its output`, output),
    assigned: assigned === undefined ? undefined : (withinLimit(`${name}: what it assigns`, assigned) as Record<string, unknown>),
    next: rule.Next,
  };
}

function variablesOf(scope: Scope): Record<string, unknown> {
  return { ...(scope.outer && variablesOf(scope.outer)), ...scope.variables };
}

function contextOf({ run, scope, state }: Visit): object {
  const { arn, name, input, startDate, redriveCount, redriveDate, machine } = run.execution;
  return {
    Execution: {
      Id: arn,
      Name: name,
      Input: input,
      StartTime: iso(startDate),
      RedriveCount: redriveCount,
      ...(redriveDate !== undefined && { RedriveTime: iso(redriveDate) }),
    },
    State: {
      Name: scope.state,
      EnteredTime: iso(scope.enteredTime ?? startDate),
      ...('Retry' in state && { RetryCount: scope.retryCount }),
    },
    StateMachine: { Id: machine.arn, Name: machine.name },
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Accepts an integer number of seconds from `least` to the maximum of Step Functions. */
export function secondsFrom(least: number): (result: unknown) => number {
  return (result) => {
    if (!Number.isInteger(result) || (result as number) < least || (result as number) > 99_999_999) {
      throw new Error(`an integer from ${least} to 99999999 is needed`);
    }
    return result as number;
  };
}
