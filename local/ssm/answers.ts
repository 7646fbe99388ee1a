import type { Command, Invocation, Node } from './commands.ts';

const MAX_PLUGIN_OUTPUT = 2500;
const TRUNCATED = '\n---Output truncated---';

/** The `Command` that SendCommand answers. */
export function describeCommand({ id, request, requestedAt, rendered }: Command) {
  return {
    ...request,
    CommandId: id,
    DocumentVersion: '$DEFAULT',
    RequestedDateTime: seconds(requestedAt),
    ExpiresAfter: seconds(requestedAt) + request.TimeoutSeconds + rendered.timeoutSeconds,
    Status: 'Pending',
    StatusDetails: 'Pending',
    TargetCount: request.InstanceIds.length,
    CompletedCount: 0,
    ErrorCount: 0,
    DeliveryTimedOutCount: 0,
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
export function describeNode({ instanceId, name, ipAddress = '127.0.0.1', pingStatus = 'Online' }: Node) {
  return {
    InstanceId: instanceId,
    PingStatus: pingStatus,
    LastPingDateTime: seconds(new Date()),
    AgentVersion: '3.3.2746.0',
    IsLatestVersion: true,
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
