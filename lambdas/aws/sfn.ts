import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  type HistoryEvent as SfnEvent,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';

const sfn = new SFNClient({ maxAttempts: 8 });

/** Starts an execution under a name of its own; false when one of that name was started before. */
export type StartExecution = (execution: { stateMachineArn: string; name: string; input: string }) => Promise<boolean>;

export const startExecution: StartExecution = (execution) =>
  sfn.send(new StartExecutionCommand(execution)).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ExecutionAlreadyExists) return false;
      throw error;
    },
  );

/** Whether an execution has not ended, as far as Step Functions knows at this moment. */
export const isRunning = async (executionArn: string): Promise<boolean> =>
  (await sfn.send(new DescribeExecutionCommand({ executionArn }))).status === 'RUNNING';

export type { ExecutionStatus };

/** What has become of an execution; undefined when Step Functions does not know it: it forgets them after 90 days. */
export const statusOf = async (executionArn: string): Promise<ExecutionStatus | undefined> =>
  sfn.send(new DescribeExecutionCommand({ executionArn })).then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    },
  );

/** Whether any execution of a state machine has not ended. */
export const hasRunning = async (stateMachineArn: string): Promise<boolean> =>
  ((await sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'RUNNING', maxResults: 1 }))).executions ?? []).length > 0;

/** An event of an execution's history, without what goes in and out; `at` in milliseconds since 1970. */
export interface HistoryEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
  readonly at: number;
  /** The state that is entered or left. */
  readonly state?: string | undefined;
  /** The action that is handed to run-on-nodes. */
  readonly action?: string | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** The events of an execution, the oldest first. The last seconds may be missing: Step Functions shows events with a delay. */
export const readHistory = async (executionArn: string): Promise<HistoryEvent[]> => {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, nextToken }));
    events.push(...(page.events ?? []).map(summarized));
    nextToken = page.nextToken;
  } while (nextToken);
  return events;
};

function summarized(event: SfnEvent): HistoryEvent {
  const { id = 0, previousEventId = 0, type = '', timestamp = new Date(0), ...details } = event;
  const { resourceType, parameters = '' } = details.taskScheduledEventDetails ?? {};
  const failure = details.taskFailedEventDetails ?? details.taskTimedOutEventDetails ?? details.taskSubmitFailedEventDetails;
  return {
    id,
    previousEventId,
    type,
    at: timestamp.getTime(),
    state: (details.stateEnteredEventDetails ?? details.stateExitedEventDetails)?.name,
    action: resourceType === 'states' ? /"action": ?"([A-Z][A-Za-z]+)"/.exec(parameters)?.[1] : undefined,
    error: failure?.error,
    cause: failure?.cause,
  };
}
