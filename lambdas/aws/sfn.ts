import { DescribeExecutionCommand, ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

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
