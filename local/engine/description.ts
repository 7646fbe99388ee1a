import type { Execution } from './execution.ts';
import { EVENT_LIMIT } from './history.ts';

/** What is known of an execution. Times in milliseconds since 1970; input and output parsed. */
export interface ExecutionDescription {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: Execution['status'];
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: unknown;
  /** Only of an execution that has succeeded. */
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: number;
  readonly redriveDate?: number;
  /** Why RedriveExecution would refuse; absent when it would not. */
  readonly notRedrivable?: string;
}

export function describe(execution: Execution): ExecutionDescription {
  const { arn, machine, name, status, startDate, stopDate, input, outcome, redriveCount, redriveDate } = execution;
  const reason = notRedrivable(execution);
  return {
    executionArn: arn,
    stateMachineArn: machine.arn,
    name,
    status,
    startDate,
    ...(stopDate !== undefined && { stopDate }),
    input,
    ...outcome,
    redriveCount,
    ...(redriveDate !== undefined && { redriveDate }),
    ...(reason !== undefined && { notRedrivable: reason }),
  };
}

/** Why this execution cannot be redriven, undefined when it can. */
export function notRedrivable({ status, history }: Execution): string | undefined {
  if (status === 'RUNNING' || status === 'SUCCEEDED') return `Execution is ${status} and cannot be redriven`;
  if (history.length >= EVENT_LIMIT - 1) return `Execution has ${history.length} history events and cannot be redriven`;
  return undefined;
}
