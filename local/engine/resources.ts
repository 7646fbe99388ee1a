import { z } from 'zod';
import type { TaskState } from './definition.ts';
import type { Execution, Visit } from './execution.ts';
import { Interruption, StateFailure } from './failure.ts';
import { payload } from './history.ts';
import { publish, publishParameters } from './publish.ts';

/** What a task does, its parameters checked. */
export interface Call {
  readonly kind: { readonly resourceType: string; readonly resource: string };
  /** Rejects with StateFailure; gives up when the signal of the visit is aborted. */
  perform(visit: Visit): Promise<unknown>;
}

const lambdaParameters = z.object({ FunctionName: z.string().min(1), Payload: z.unknown().default({}) });
const childParameters = z.object({ StateMachineArn: z.string().min(1), Name: z.string().optional(), Input: z.unknown().default({}) });

/**
 * The call that a task state makes with these parameters.
 * @throws StateFailure States.Runtime when a parameter has the wrong type
 */
export function callOf(state: TaskState, parameters: unknown): Call {
  try {
    if (state.Resource === 'arn:aws:states:::lambda:invoke') {
      const request = lambdaParameters.parse(parameters);
      return { kind: { resourceType: 'lambda', resource: 'invoke' }, perform: (visit) => invokeLambda(visit, request) };
    }
    if (state.Resource === 'arn:aws:states:::sns:publish') {
      const request = publishParameters.parse(parameters);
      return { kind: { resourceType: 'sns', resource: 'publish' }, perform: (visit) => publish(visit, request) };
    }
    const request = childParameters.parse(parameters);
    const kind = { resourceType: 'states', resource: 'startExecution.sync:2' };
    return { kind, perform: (visit) => runChild(visit, request, kind) };
  } catch (error) {
    throw new StateFailure('States.Runtime', `The arguments of the task are unusable: ${(error as Error).message}`);
  }
}

async function invokeLambda({ run, signal }: Visit, request: z.infer<typeof lambdaParameters>): Promise<unknown> {
  try {
    const result = await run.invokeFunction(request.FunctionName, request.Payload, signal);
    return { ExecutedVersion: '$LATEST', Payload: JSON.parse(JSON.stringify(result ?? null)), StatusCode: 200 };
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    throw new StateFailure(name, JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') ?? [] }));
  }
}

async function runChild(visit: Visit, request: z.infer<typeof childParameters>, kind: Call['kind']): Promise<unknown> {
  const { run, scope, signal } = visit;
  const child = startChild(visit, request);
  const stop = () => child.interrupt.abort(new Interruption('ABORTED', {}));
  signal.addEventListener('abort', stop, { once: true });
  run.record(scope, 'TaskSubmitted', { ...kind, ...payload('output', { ExecutionArn: child.arn, StartDate: child.startDate }) });
  await child.settled;
  signal.removeEventListener('abort', stop);
  if (child.status !== 'SUCCEEDED') throw new StateFailure('States.TaskFailed', JSON.stringify(described(child)));
  return described(child);
}

function startChild({ run }: Visit, { StateMachineArn, Name, Input }: z.infer<typeof childParameters>): Execution {
  try {
    return run.startExecution({
      stateMachineArn: StateMachineArn,
      name: Name,
      input: typeof Input === 'string' ? JSON.parse(Input) : Input,
    });
  } catch (error) {
    const { name, message } = error as Error;
    throw new StateFailure(`StepFunctions.${name === 'SyntaxError' ? 'InvalidExecutionInput' : name}Exception`, message);
  }
}

function described({ arn, name, machine, status, input, startDate, stopDate, outcome }: Execution): object {
  return {
    ExecutionArn: arn,
    Input: input,
    InputDetails: { Included: true },
    Name: name,
    ...(status === 'SUCCEEDED' && { Output: outcome.output, OutputDetails: { Included: true } }),
    ...(outcome.error !== undefined && { Error: outcome.error }),
    ...(outcome.cause !== undefined && { Cause: outcome.cause }),
    StartDate: startDate,
    StateMachineArn: machine.arn,
    Status: status,
    StopDate: stopDate,
  };
}
