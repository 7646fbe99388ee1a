import { type Clock, systemClock } from './clock.ts';
import { describe, type ExecutionDescription } from './description.ts';
import type { Execution, InvokeFunction, StartRequest } from './execution.ts';
import { Interruption, named } from './failure.ts';
import type { HistoryEvent } from './history.ts';
import { redrive, start, type World } from './lifecycle.ts';
import { loadDefinition, type StateMachine } from './load.ts';
import type { Message, PublishMessage } from './publish.ts';
import { type StatusChange, statusChange } from './status-change.ts';

export type { ExecutionDescription, HistoryEvent, InvokeFunction, Message, StatusChange };

export interface EngineOptions {
  readonly stateMachines: readonly StateMachine[];
  readonly invokeFunction: InvokeFunction;
  readonly publishMessage: PublishMessage;
  readonly clock?: Clock;
}

type Listener = (event: HistoryEvent & { readonly executionArn: string }) => void;

/** Runs executions of its state machines. Its errors have the names that the Step Functions API gives them. */
export interface Engine {
  /** Starts an execution, named by a UUID unless it has a name; the same name and input as one still running gives that one. */
  startExecution(request: StartRequest): ExecutionDescription;
  describeExecution(arn: string): ExecutionDescription;
  /** The executions of a state machine, the newest first. */
  listExecutions(stateMachineArn: string): ExecutionDescription[];
  getExecutionHistory(arn: string): readonly HistoryEvent[];
  /** Aborts an execution with its tasks and the executions they started, and waits until it has ended. */
  stopExecution(arn: string, failure?: { readonly error?: string; readonly cause?: string }): Promise<ExecutionDescription>;
  /** Continues a failed, timed out or stopped execution where it stands; an execution that its task had started is started anew. */
  redriveExecution(arn: string): ExecutionDescription;
  /** Calls the listener, which must not throw, with every event of every execution until the returned function is called. */
  onEvent(listener: Listener): () => void;
  /** Calls the listener, which must not throw, with every new status of every execution, as EventBridge hears of it. */
  onStatusChange(listener: (change: StatusChange) => void): () => void;
  /** Resolves when the execution is not running. */
  settled(arn: string): Promise<ExecutionDescription>;
  /** Stops all executions and waits until they have ended. */
  stopAll(): Promise<void>;
}

/**
 * An engine for these state machines.
 * @throws Error that names machine, state and field of a definition that is not supported in every detail
 */
export function createEngine({ stateMachines, invokeFunction, publishMessage, clock = systemClock }: EngineOptions): Engine {
  const arns = new Set(stateMachines.map(({ arn }) => arn));
  const listeners = new Set<Listener>();
  const statusListeners = new Set<(change: StatusChange) => void>();
  const world: World = {
    machines: new Map(stateMachines.map((machine) => [machine.arn, { ...machine, definition: loadDefinition(machine, arns) }])),
    executions: new Map<string, Execution>(),
    clock,
    invokeFunction,
    publishMessage,
    recorded(event, executionArn) {
      for (const listener of listeners) listener({ ...event, executionArn });
    },
    statusChanged(execution) {
      const change = statusChange(execution, clock.now());
      for (const listener of statusListeners) listener(change);
    },
  };

  return {
    startExecution: (request) => describe(start(world, request)),
    describeExecution: (arn) => describe(find(arn)),
    listExecutions: (stateMachineArn) =>
      all()
        .filter(({ machine }) => machine.arn === stateMachineArn)
        .map(describe)
        .reverse(),
    getExecutionHistory: (arn) => find(arn).history,
    async stopExecution(arn, failure = {}) {
      await stop([find(arn)], failure);
      return describe(find(arn));
    },
    redriveExecution: (arn) => describe(redrive(world, find(arn))),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onStatusChange(listener) {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    async settled(arn) {
      await find(arn).settled;
      return describe(find(arn));
    },
    stopAll: () => stop(all(), {}),
  };

  async function stop(executions: Execution[], failure: Interruption['failure']): Promise<void> {
    for (const { interrupt } of executions) interrupt.abort(new Interruption('ABORTED', failure));
    await Promise.all(executions.map(({ settled }) => settled));
  }

  function all(): Execution[] {
    return [...world.executions.values()];
  }

  function find(arn: string): Execution {
    const execution = world.executions.get(arn);
    if (!execution) throw named('ExecutionDoesNotExist', `Execution does not exist: '${arn}'`);
    return execution;
  }
}
