import {
  CancelCommandCommand,
  type CommandInvocation,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  InvalidCommandId,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';

/** An instance as SSM knows it. */
export interface ManagedInstance {
  readonly instanceId: string;
  readonly online: boolean;
}

/** One document sent to at most 50 instances; the comment says for which execution. */
export interface Command {
  readonly documentName: string;
  readonly instanceIds: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly logGroup: string;
  readonly comment: string;
}

/** A command that has not ended on every instance. */
export interface ExecutingCommand {
  readonly commandId: string;
  readonly documentName: string;
  readonly comment: string;
  readonly requestedAt: Date;
}

/** SSM Run Command, as the Lambdas use it. */
export interface RunCommand {
  /** The instances that match every filter, e.g. `{ Key: 'tag:hopsworks:rondb', Values: ['true'] }`. */
  findInstances(filters: { Key: string; Values: string[] }[]): Promise<ManagedInstance[]>;
  /** Resolves with the command's id. */
  send(command: Command): Promise<string>;
  listInvocations(commandId: string): Promise<CommandInvocation[]>;
  readOutput(commandId: string, instanceId: string): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  listExecuting(): Promise<ExecutingCommand[]>;
  /** A command that SSM does not know any more needs no cancelling. */
  cancel(commandId: string): Promise<void>;
}

// A step of 46 hours must not fail because SSM throttles for a moment.
const ssm = new SSMClient({ maxAttempts: 8 });

/** As many as SSM lists at once; of instances it would list 10 otherwise. */
const PAGE = 50;

export const findInstances: RunCommand['findInstances'] = async (filters) => {
  const found: ManagedInstance[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(
      new DescribeInstanceInformationCommand({ Filters: filters, MaxResults: PAGE, ...(NextToken && { NextToken }) }),
    );
    for (const { InstanceId = '', PingStatus } of page.InstanceInformationList ?? []) {
      found.push({ instanceId: InstanceId, online: PingStatus === 'Online' });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return found;
};

export const sendCommand: RunCommand['send'] = async ({ documentName, instanceIds, parameters, logGroup, comment }) => {
  const { Command: command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: documentName,
      InstanceIds: [...instanceIds],
      Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
      Comment: comment,
      MaxConcurrency: '100%',
      MaxErrors: '0',
      TimeoutSeconds: 600,
      CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: logGroup },
    }),
  );
  if (!command?.CommandId) throw new Error('SendCommand answered without a command id');
  return command.CommandId;
};

export const listInvocations: RunCommand['listInvocations'] = async (commandId) => {
  const invocations: CommandInvocation[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(
      new ListCommandInvocationsCommand({ CommandId: commandId, MaxResults: PAGE, ...(NextToken && { NextToken }) }),
    );
    invocations.push(...(page.CommandInvocations ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return invocations;
};

export const readOutput: RunCommand['readOutput'] = async (commandId, instanceId) => {
  const output = await ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
  return {
    exitCode: output.ResponseCode ?? -1,
    stdout: output.StandardOutputContent ?? '',
    stderr: output.StandardErrorContent ?? '',
  };
};

export const listExecuting: RunCommand['listExecuting'] = async () => {
  const commands: ExecutingCommand[] = [];
  let NextToken: string | undefined;
  do {
    const page = await ssm.send(
      new ListCommandsCommand({ Filters: [{ key: 'ExecutionStage', value: 'Executing' }], ...(NextToken && { NextToken }) }),
    );
    for (const { CommandId = '', DocumentName = '', Comment = '', RequestedDateTime = new Date(0) } of page.Commands ?? []) {
      commands.push({ commandId: CommandId, documentName: DocumentName, comment: Comment, requestedAt: RequestedDateTime });
    }
    NextToken = page.NextToken;
  } while (NextToken);
  return commands;
};

export const cancelCommand: RunCommand['cancel'] = async (commandId) => {
  try {
    await ssm.send(new CancelCommandCommand({ CommandId: commandId }));
  } catch (error) {
    if (!(error instanceof InvalidCommandId)) throw error;
  }
};
