import { randomUUID } from 'node:crypto';
import { type Clock, deadline } from './clock.ts';
import { notRedrivable } from './description.ts';
import {
  continueAfter,
  type Execution,
  type InvokeFunction,
  type LoadedMachine,
  newScope,
  type Run,
  type StartRequest,
} from './execution.ts';
import { byteLength, Interruption, named, PAYLOAD_LIMIT, StateFailure } from './failure.ts';
import { EVENT_LIMIT, type HistoryEvent, historyEvent, payload } from './history.ts';
import { runScope } from './interpreter.ts';
import type { PublishMessage } from './publish.ts';

/** What executions live in. */
export interface World {
  readonly machines: ReadonlyMap<string, LoadedMachine>;
  readonly executions: Map<string, Execution>;
  readonly clock: Clock;
  readonly invokeFunction: InvokeFunction;
  readonly publishMessage: PublishMessage;
  /** Hears of every event of every execution. */
  recorded(event: HistoryEvent, executionArn: string): void;
  /** Hears of every new status of every execution. */
  statusChanged(execution: Execution): void;
}

/** Starts an execution, or gives the running one that has the same name and input. Errors are named as the API names them. */
export function start(world: World, { stateMachineArn, name = randomUUID(), input }: StartRequest): Execution {
  const machine = world.machines.get(stateMachineArn);
  if (!machine) throw named('StateMachineDoesNotExist', `State machine does not exist: '${stateMachineArn}'`);
  if (!/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) throw named('InvalidName', `Invalid name: '${name}'`);
  const bytes = byteLength(input);
  if (bytes > PAYLOAD_LIMIT) throw named('InvalidExecutionInput', `The input has ${bytes} bytes; the limit is ${PAYLOAD_LIMIT}`);
  const arn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
  const existing = world.executions.get(arn);
  if (existing) {
    if (existing.status === 'RUNNING' && JSON.stringify(existing.input) === JSON.stringify(input)) return existing;
    throw named('ExecutionAlreadyExists', `Execution already exists: '${arn}'`);
  }
  const execution: Execution = {
    arn,
    name,
    machine,
    input,
    startDate: world.clock.now(),
    history: [],
    scope: newScope(machine.definition, input, 0),
    status: 'RUNNING',
    outcome: {},
    redriveCount: 0,
    interrupt: new AbortController(),
    settled: Promise.resolve(),
  };
  world.executions.set(arn, execution);
  append(world, execution, 0, 'ExecutionStarted', payload('input', input));
  world.statusChanged(execution);
  execution.settled = runToEnd(world, execution);
  return execution;
}

/** Continues an execution where it stands. */
export function redrive(world: World, execution: Execution): Execution {
  const reason = notRedrivable(execution);
  if (reason !== undefined) throw named('ExecutionNotRedrivable', reason);
  Object.assign(execution, {
    status: 'RUNNING',
    outcome: {},
    stopDate: undefined,
    redriveCount: execution.redriveCount + 1,
    redriveDate: world.clock.now(),
    interrupt: new AbortController(),
  } satisfies Partial<Execution>);
  const { redriveCount } = execution;
  continueAfter(execution.scope, append(world, execution, execution.history.length, 'ExecutionRedriven', { redriveCount }));
  world.statusChanged(execution);
  execution.settled = runToEnd(world, execution);
  return execution;
}

async function runToEnd(world: World, execution: Execution): Promise<void> {
  const { machine, scope } = execution;
  const timedOut = new Interruption('TIMED_OUT', { error: 'States.Timeout' });
  const limit = deadline(world.clock, machine.definition.TimeoutSeconds, execution.interrupt.signal, timedOut);
  const end = await endOf(runScope(scope, runOf(world, execution), limit.signal), limit.signal);
  limit.clear();
  Object.assign(execution, { ...end, stopDate: world.clock.now() });
  const details = end.status === 'SUCCEEDED' ? payload('output', end.outcome.output) : end.outcome;
  append(world, execution, scope.lastEvent, endEvents[end.status], details);
  world.statusChanged(execution);
}

const endEvents = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
};

async function endOf(
  work: Promise<unknown>,
  signal: AbortSignal,
): Promise<{ status: keyof typeof endEvents; outcome: Execution['outcome'] }> {
  try {
    return { status: 'SUCCEEDED', outcome: { output: await work } };
  } catch (error) {
    const reason = signal.aborted ? signal.reason : error;
    if (reason instanceof Interruption) return { status: reason.status, outcome: reason.failure };
    if (reason instanceof StateFailure) return { status: 'FAILED', outcome: reason.failure };
    return { status: 'FAILED', outcome: { error: 'States.Runtime', cause: String(reason instanceof Error ? reason.stack : reason) } };
  }
}

function runOf(world: World, execution: Execution): Run {
  return {
    execution,
    clock: world.clock,
    invokeFunction: world.invokeFunction,
    publishMessage: world.publishMessage,
    startExecution: (request) => start(world, request),
    record(scope, type, details) {
      if (execution.history.length >= EVENT_LIMIT - 1) {
        throw new StateFailure('States.Runtime', `The execution reached the maximum of ${EVENT_LIMIT} history events`);
      }
      scope.lastEvent = append(world, execution, scope.lastEvent, type, details);
    },
  };
}

function append(world: World, execution: Execution, previous: number, type: string, details?: object): number {
  const event = historyEvent(execution.history.length + 1, previous, world.clock.now(), type, details);
  execution.history.push(event);
  world.recorded(event, execution.arn);
  return event.id;
}
