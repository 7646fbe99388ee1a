import { hasEnded, statusOf } from './command-status.ts';
import { agentVersion, type Command, type Invocation, type Node } from './commands.ts';
import { FIRST_AGENT_WITH_VARIABLES } from './documents.ts';

const MAX_PLUGIN_OUTPUT = 2500;
const TRUNCATED = '\n---Output truncated---';

/** The `Command` that SendCommand answers, and one entry of ListCommands. */
export function describeCommand(command: Command) {
  const { id, request, requestedAt, rendered, invocations } = command;
  const count = (...details: string[]) => invocations.filter(({ statusDetails }) => details.includes(statusDetails)).length;
  return {
    ...request,
    CommandId: id,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(requestedAt),
    ExpiresAfter: seconds(requestedAt) + request.TimeoutSeconds + rendered.timeoutSeconds,
    ...statusOf(command),
    TargetCount: invocations.length,
    CompletedCount: invocations.filter(hasEnded).length,
    ErrorCount: count('Failed', 'ExecutionTimedOut'),
    DeliveryTimedOutCount: count('DeliveryTimedOut'),
    Targets: [],
  };
}

/** One entry of ListCommandInvocations; with details it carries the step's merged output, cut at 2,500 characters. */
export function summarizeInvocation(command: Command, invocation: Invocation, details: boolean) {
  const state = { Status: invocation.status, StatusDetails: invocation.statusDetails };
  return {
    CommandId: command.id,
    InstanceId: invocation.node.instanceId,
    InstanceName: invocation.node.name,
    Comment: command.request.Comment,
    DocumentName: command.request.DocumentName,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(command.requestedAt),
    ...state,
    CommandPlugins: details
      ? [
          {
            Name: command.rendered.step,
            ...state,
            ResponseCode: invocation.exitCode,
            ...(invocation.startedAt && { ResponseStartDateTime: seconds(invocation.startedAt) }),
            ...(invocation.endedAt && { ResponseFinishDateTime: seconds(invocation.endedAt) }),
            Output: mergeOutput(invocation),
          },
        ]
      : [],
  };
}

/** The answer of GetCommandInvocation. */
export function describeInvocation(command: Command, { node, startedAt, endedAt, ...invocation }: Invocation) {
  return {
    CommandId: command.id,
    InstanceId: node.instanceId,
    Comment: command.request.Comment,
    DocumentName: command.request.DocumentName,
    DocumentVersion: '$DEFAULT',
    PluginName: command.rendered.step,
    ResponseCode: invocation.exitCode,
    ExecutionStartDateTime: startedAt?.toISOString() ?? '',
    ExecutionEndDateTime: endedAt?.toISOString() ?? '',
    ExecutionElapsedTime: startedAt && endedAt ? `PT${(endedAt.getTime() - startedAt.getTime()) / 1000}S` : '',
    Status: invocation.status,
    StatusDetails: invocation.statusDetails,
    StandardOutputContent: invocation.stdout,
    StandardOutputUrl: '',
    StandardErrorContent: invocation.stderr,
    StandardErrorUrl: '',
  };
}

/** One entry of DescribeInstanceInformation. */
export function describeNode(node: Node) {
  const { instanceId, name, ipAddress = '127.0.0.1', pingStatus = 'Online' } = node;
  return {
    InstanceId: instanceId,
    PingStatus: pingStatus,
    LastPingDateTime: seconds(new Date()),
    AgentVersion: agentVersion(node),
    IsLatestVersion: agentVersion(node) === FIRST_AGENT_WITH_VARIABLES,
    PlatformType: 'Linux',
    PlatformName: 'local',
    PlatformVersion: '1',
    ResourceType: 'EC2Instance',
    IPAddress: ipAddress,
    ComputerName: name,
  };
}

function mergeOutput({ stdout, stderr }: Invocation): string {
  const merged = stderr === '' ? stdout : `${stdout}\n----------ERROR-------\n${stderr}`;
  return merged.length <= MAX_PLUGIN_OUTPUT ? merged : merged.slice(0, MAX_PLUGIN_OUTPUT - TRUNCATED.length) + TRUNCATED;
}

function seconds(date: Date): number {
  return date.getTime() / 1000;
}
