import { z } from 'zod';
import type { Engine, ExecutionDescription, HistoryEvent } from './engine.ts';
import { named } from './failure.ts';

const paging = { maxResults: z.int().min(0).max(1000).default(0), nextToken: z.string().regex(/^\d+$/).optional() };
const execution = { executionArn: z.string().min(1) };

/** Every operation and parameter that is understood. Only the defaults of what would take data away are. */
const requests = {
  StartExecution: z.strictObject({ stateMachineArn: z.string().min(1), name: z.string().optional(), input: z.string().default('{}') }),
  DescribeExecution: z.strictObject({ ...execution, includedData: z.literal('ALL_DATA').optional() }),
  GetExecutionHistory: z.strictObject({
    ...execution,
    ...paging,
    reverseOrder: z.boolean().default(false),
    includeExecutionData: z.literal(true).optional(),
  }),
  StopExecution: z.strictObject({ ...execution, error: z.string().max(256).optional(), cause: z.string().max(32_768).optional() }),
  RedriveExecution: z.strictObject({ ...execution, clientToken: z.string().optional() }),
  ListExecutions: z.strictObject({
    ...paging,
    stateMachineArn: z.string().min(1),
    statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
  }),
};
type Requests = { [Operation in keyof typeof requests]: z.infer<(typeof requests)[Operation]> };

/**
 * The operations of Step Functions' AWS JSON 1.0 protocol: `StartExecution` and so on, with the request's parsed body.
 * Timestamps are seconds since 1970. Errors have the name that goes into `__type`.
 */
export function stepFunctionsApi(engine: Engine): (operation: string, body: unknown) => Promise<unknown> {
  /** Responses by execution and client token: a request that an SDK sends again is not carried out again. */
  const redrives = new Map<string, unknown>();

  const operations: { [Operation in keyof Requests]: (request: Requests[Operation]) => unknown } = {
    StartExecution({ stateMachineArn, name, input }) {
      const { executionArn, startDate } = engine.startExecution({ stateMachineArn, name, input: parsed(input) });
      return { executionArn, startDate: startDate / 1000 };
    },
    DescribeExecution({ executionArn }) {
      const { input, output, notRedrivable, ...description } = engine.describeExecution(executionArn);
      return {
        ...summary(description),
        input: JSON.stringify(input),
        inputDetails: { included: true },
        ...(output !== undefined && { output: JSON.stringify(output), outputDetails: { included: true } }),
        ...(description.error !== undefined && { error: description.error }),
        ...(description.cause !== undefined && { cause: description.cause }),
        redriveStatus: notRedrivable === undefined ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
        ...(notRedrivable !== undefined && { redriveStatusReason: notRedrivable }),
      };
    },
    GetExecutionHistory({ executionArn, reverseOrder, ...request }) {
      const events = [...engine.getExecutionHistory(executionArn)].map(
        (event): HistoryEvent => ({ ...event, timestamp: event.timestamp / 1000 }),
      );
      const [page, nextToken] = pageOf(reverseOrder ? events.reverse() : events, request);
      return { events: page, ...nextToken };
    },
    async StopExecution({ executionArn, error, cause }) {
      const failure = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
      const { stopDate } = await engine.stopExecution(executionArn, failure);
      return { stopDate: seconds(stopDate) };
    },
    RedriveExecution({ executionArn, clientToken }) {
      const key = `${executionArn} ${clientToken}`;
      const response = redrives.get(key) ?? { redriveDate: seconds(engine.redriveExecution(executionArn).redriveDate) };
      if (clientToken !== undefined) redrives.set(key, response);
      return response;
    },
    ListExecutions({ stateMachineArn, statusFilter, ...request }) {
      const executions = engine
        .listExecutions(stateMachineArn)
        .filter(({ status }) => statusFilter === undefined || status === statusFilter);
      const [page, nextToken] = pageOf(executions.map(summary), request);
      return { executions: page, ...nextToken };
    },
  };

  return async (operation, body) => {
    if (!isOperation(operation)) throw named('UnknownOperationException', `The operation ${operation} is not supported`);
    const request = requests[operation].safeParse(body);
    if (!request.success) throw named('ValidationException', z.prettifyError(request.error));
    return operations[operation](request.data as never);
  };
}

function isOperation(operation: string): operation is keyof Requests {
  return Object.hasOwn(requests, operation);
}

function summary({
  executionArn,
  stateMachineArn,
  name,
  status,
  startDate,
  stopDate,
  redriveCount,
  redriveDate,
}: Omit<ExecutionDescription, 'input'>) {
  return {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: startDate / 1000,
    ...(stopDate !== undefined && { stopDate: stopDate / 1000 }),
    redriveCount,
    ...(redriveDate !== undefined && { redriveDate: redriveDate / 1000 }),
  };
}

/** One page of at most `maxResults` items, 100 unless it says another number than 0; the token of the next is its first index. */
function pageOf<T>(items: readonly T[], { maxResults, nextToken }: { maxResults: number; nextToken?: string | undefined }): [T[], object] {
  const start = Number(nextToken ?? 0);
  const end = start + (maxResults || 100);
  return [items.slice(start, end), end < items.length ? { nextToken: String(end) } : {}];
}

function parsed(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch (error) {
    throw named('InvalidExecutionInput', `Invalid State Machine Execution Input: '${(error as Error).message}'`);
  }
}

function seconds(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : milliseconds / 1000;
}
