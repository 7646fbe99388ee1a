import type { Clock } from './clock.ts';
import type { Definition, State, StateGroup } from './definition.ts';
import type { HistoryEvent } from './history.ts';
import type { StateMachine } from './load.ts';
import type { PublishMessage } from './publish.ts';

/** How far the states of an execution, or of one branch of it, have come: what a redrive continues from. */
export interface Scope {
  readonly group: StateGroup;
  readonly outer?: Scope;
  readonly variables: Record<string, unknown>;
  /** Name of the state that runs next, runs now, or failed. */
  state: string;
  input: unknown;
  /** Set from entering the state until leaving it; milliseconds since 1970. */
  enteredTime?: number | undefined;
  retryCount: number;
  /** The branches of the Parallel state that was entered. */
  branches?: readonly Scope[] | undefined;
  /** Id of the last event, the previous one of the next. */
  lastEvent: number;
  /** Set when the last state was left. */
  done?: { readonly output: unknown };
}

/** A state machine whose definition was checked. */
export interface LoadedMachine extends StateMachine {
  readonly definition: Definition;
}

/** One execution; lives in memory only. Times in milliseconds since 1970. */
export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly machine: LoadedMachine;
  readonly input: unknown;
  readonly startDate: number;
  readonly history: HistoryEvent[];
  readonly scope: Scope;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  outcome: { readonly output?: unknown; readonly error?: string; readonly cause?: string };
  stopDate?: number | undefined;
  redriveCount: number;
  redriveDate?: number | undefined;
  /** Aborting it ends the execution with the Interruption that is the reason. */
  interrupt: AbortController;
  /** Resolves when the status is no longer RUNNING. */
  settled: Promise<void>;
}

/** Calls a Lambda function. Rejects with an Error whose name is the error type; must give up when the signal is aborted. */
export type InvokeFunction = (functionName: string, payload: unknown, signal: AbortSignal) => Promise<unknown>;

/** What StartExecution needs; `input` is parsed JSON. */
export interface StartRequest {
  readonly stateMachineArn: string;
  readonly name?: string | undefined;
  readonly input: unknown;
}

/** What states need from the engine that runs them. */
export interface Run {
  readonly execution: Execution;
  readonly clock: Clock;
  readonly invokeFunction: InvokeFunction;
  readonly publishMessage: PublishMessage;
  /** Throws an Error with the name that the StartExecution API gives it. */
  startExecution(request: StartRequest): Execution;
  /** Appends an event; `lastEvent` of the scope is its previous one and then becomes its id. */
  record(scope: Scope, type: string, details?: object): void;
}

/** One stay in one state. */
export interface Visit<S extends State = State> {
  readonly state: S;
  readonly scope: Scope;
  readonly run: Run;
  readonly signal: AbortSignal;
}

/** How a state is left: `next` is undefined at the end. */
export interface Exit {
  readonly output: unknown;
  readonly assigned?: Record<string, unknown> | undefined;
  readonly next: string | undefined;
}

/** The scope of an execution, or of a branch within `outer`, before its first state. */
export function newScope(group: StateGroup, input: unknown, lastEvent: number, outer?: Scope): Scope {
  return { group, ...(outer && { outer }), variables: {}, state: group.StartAt, input, retryCount: 0, lastEvent };
}

/** Lets the next events of a scope, and of its branches that are not done, follow this event. */
export function continueAfter(scope: Scope, event: number): void {
  scope.lastEvent = event;
  for (const branch of scope.branches ?? []) if (!branch.done) continueAfter(branch, event);
}
