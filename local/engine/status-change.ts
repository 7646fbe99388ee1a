import { randomUUID } from 'node:crypto';
import { describe } from './description.ts';
import type { Execution } from './execution.ts';

/** The event that EventBridge receives when an execution has a new status. Times in its detail in milliseconds since 1970. */
export interface StatusChange {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': 'Step Functions Execution Status Change';
  readonly source: 'aws.states';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: {
    readonly executionArn: string;
    readonly stateMachineArn: string;
    readonly name: string;
    readonly status: Execution['status'];
    readonly startDate: number;
    readonly stopDate: number | null;
    /** JSON text; null when it is too large for an event, as the output is then. */
    readonly input: string | null;
    readonly output: string | null;
    readonly error: string | null;
    readonly cause: string | null;
    readonly [more: string]: unknown;
  };
}

/** What EventBridge takes of input and output together, in bytes. */
const MAX_BYTES = 248 * 1024;

/** The event for the present status of an execution; `now` in milliseconds since 1970. */
export function statusChange(execution: Execution, now: number): StatusChange {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate = null, ...rest } = describe(execution);
  const { error = null, cause = null, redriveCount, redriveDate = null, notRedrivable = null } = rest;
  const [region = '', account = ''] = stateMachineArn.split(':').slice(3);
  const whole = JSON.stringify(rest.output);
  const output = carried(whole, MAX_BYTES);
  const input = carried(JSON.stringify(rest.input), MAX_BYTES - escapedBytes(output));
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Step Functions Execution Status Change',
    source: 'aws.states',
    account,
    time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    region,
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn,
      name,
      status,
      startDate,
      stopDate,
      input,
      output,
      stateMachineVersionArn: null,
      stateMachineAliasArn: null,
      redriveCount,
      redriveDate,
      redriveStatus: notRedrivable === null ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
      redriveStatusReason: notRedrivable,
      inputDetails: { included: input !== null },
      outputDetails: whole === undefined ? null : { included: output !== null },
      error,
      cause,
    },
  };
}

function carried(text: string | undefined, most: number): string | null {
  return text === undefined || escapedBytes(text) > most ? null : text;
}

/** Bytes of a text as it stands inside the event. */
function escapedBytes(text: string | null): number {
  return text === null ? 0 : Buffer.byteLength(JSON.stringify(text));
}
