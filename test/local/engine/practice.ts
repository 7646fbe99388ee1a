import { createEngine, type Engine, type ExecutionDescription, type InvokeFunction } from '../../../local/engine/engine.ts';
import type { PublishMessage } from '../../../local/engine/publish.ts';
import { arnOf } from '../../../local/simulation/machines.ts';
import { virtualClock } from '../../../local/simulation/virtual-clock.ts';

export const LAMBDA = 'arn:aws:states:::lambda:invoke';
export const PUBLISH = 'arn:aws:states:::sns:publish';
export const CHILD = 'arn:aws:states:::states:startExecution.sync:2';

/** A Lambda function of a test. */
export type PractisedFunction = (...call: Parameters<InvokeFunction>) => unknown;

export { arnOf };

/** A machine definition that starts at its first state. */
export function definition(states: Record<string, object>, more: object = {}) {
  return { QueryLanguage: 'JSONata', StartAt: Object.keys(states)[0], States: states, ...more };
}

/** A task that calls the function of this name. */
export function lambda(FunctionName: string, more: object = {}) {
  return { Type: 'Task', Resource: LAMBDA, Arguments: { FunctionName, Payload: '{% $states.input %}' }, ...more };
}

/** An engine on a virtual clock. */
export function practice(
  definitions: Record<string, object>,
  functions: Record<string, PractisedFunction> = {},
  clock = virtualClock(),
  publishMessage: PublishMessage = async () => 'message-id',
): Engine {
  return createEngine({
    stateMachines: Object.entries(definitions).map(([name, definition]) => ({ arn: arnOf(name), name, definition })),
    invokeFunction: async (name, payload, signal) => functions[name]?.(name, payload, signal),
    publishMessage,
    clock,
  });
}

/** Runs the states as one machine until it ends. */
export async function runStates(
  states: Record<string, object>,
  input: unknown = {},
  functions: Record<string, PractisedFunction> = {},
  more: object = {},
): Promise<ExecutionDescription & { readonly events: string[] }> {
  const engine = practice({ practised: definition(states, more) }, functions);
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('practised'), input });
  const ended = await engine.settled(executionArn);
  return { ...ended, events: typesOf(engine, executionArn) };
}

/** A running execution named `run`, of these states as the machine `main`, with the input `{ a: 1 }`. */
export function started(
  states: Record<string, object>,
  functions: Record<string, PractisedFunction> = {},
  more: object = {},
  others: Record<string, object> = {},
) {
  const engine = practice({ main: definition(states, more), ...others }, functions);
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('main'), name: 'run', input: { a: 1 } });
  return { engine, arn: executionArn };
}

/** The types of an execution's events in order. */
export function typesOf(engine: Engine, executionArn: string): string[] {
  return engine.getExecutionHistory(executionArn).map(({ type }) => type);
}

/** Throws an error of this name, as a Lambda function does. */
export function failing(name: string, message = 'broken'): () => never {
  return () => {
    throw Object.assign(new Error(message), { name });
  };
}

/** A function that ends only when it is told to give up; `aborted` counts how often that was. */
export function endless(): { invoke: InvokeFunction; readonly aborted: number } {
  let aborted = 0;
  return {
    invoke: (_name, _payload, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
          reject(signal.reason);
        });
      }),
    get aborted() {
      return aborted;
    },
  };
}
