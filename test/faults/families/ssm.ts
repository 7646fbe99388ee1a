import type { Fault } from '../fault.ts';
import { HEAD, onMachine, RONDB, type SimulatedNodes } from '../stages/machine.ts';

const [, SECOND = ''] = RONDB;
const MINUTE = 60;
const throttled = () => Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
const absent = () => Object.assign(new Error('not yet'), { name: 'InvocationDoesNotExist' });

/** What SSM lists of the second data node's invocation of an action is changed, or left out. */
const listing =
  (action: string, change: (invocation: Awaited<ReturnType<SimulatedNodes['listInvocations']>>[number]) => object | undefined) =>
  (nodes: SimulatedNodes): Partial<SimulatedNodes> => ({
    listInvocations: async (commandId) =>
      (await nodes.listInvocations(commandId)).flatMap((invocation) => {
        if (!commandId.startsWith(action) || invocation.InstanceId !== SECOND) return [invocation];
        const changed = change(invocation);
        return changed ? [{ ...invocation, ...changed } as typeof invocation] : [];
      }),
  });

/** What the second data node printed for an action. */
const printing =
  (action: string, output: (stdout: string) => { stdout: string; exitCode?: number }) =>
  (nodes: SimulatedNodes): Partial<SimulatedNodes> => ({
    async readOutput(commandId, instanceId) {
      const found = await nodes.readOutput(commandId, instanceId);
      return commandId.startsWith(action) && instanceId === SECOND ? { ...found, ...output(found.stdout) } : found;
    },
  });

/** The first calls of an operation fail. */
function failingFirst<O extends keyof SimulatedNodes>(
  nodes: SimulatedNodes,
  operation: O,
  times: number,
  error: () => Error,
): SimulatedNodes[O] {
  let left = times;
  const call = nodes[operation] as (...args: unknown[]) => Promise<unknown>;
  return (async (...args: unknown[]) => {
    if (left-- > 0) throw error();
    return await call(...args);
  }) as SimulatedNodes[O];
}

const offline =
  (...instanceIds: string[]) =>
  (nodes: SimulatedNodes): Partial<SimulatedNodes> => ({
    findInstances: async (filters) =>
      (await nodes.findInstances(filters)).map((found) => ({ ...found, online: !instanceIds.includes(found.instanceId) })),
  });

const backup = { machine: 'backup', limit: 30 * MINUTE } as const;
const restore = { machine: 'restore', limit: 30 * MINUTE } as const;
const complete = 'manifest, 1 native backup';
const left = '1 native backup, local backup';

export const ssm: Fault[] = [
  onMachine({
    ...backup,
    id: 'agent-offline-before-backup',
    item: 'SSM agent offline before',
    where: 'backup, any step, rondb-2',
    injected: 'The SSM agent of a data node is offline before the backup',
    ssm: offline(SECOND),
    ...{ error: 'NodeOffline', step: 'InspectCluster', node: 'rondb-2', remains: 'nothing' },
  }),
  onMachine({
    ...restore,
    id: 'agent-offline-before-restore',
    item: 'SSM agent offline before',
    where: 'restore, any step, head-1',
    injected: 'The SSM agent of the head is offline before the restore',
    ssm: offline(HEAD),
    ...{ error: 'NodeOffline', step: 'InspectCluster', node: 'head-1', remains: 'nothing' },
  }),
  onMachine({
    ...backup,
    id: 'agent-offline-between-steps',
    item: 'SSM agent offline before',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'The agent of a data node goes offline between the native backup and its upload',
    ssm: (nodes) => {
      let sent = 0;
      return {
        findInstances: async (filters) =>
          (await nodes.findInstances(filters)).map((found) => ({ ...found, online: found.instanceId !== SECOND || sent < 6 })),
        send: async (command) => {
          if (/inspect|check|start-rondb|follow|dump|snapshot/.test(command.documentName)) sent += 1;
          return await nodes.send(command);
        },
      };
    },
    ...{ error: 'NodeOffline', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'agent-offline-during-upload',
    item: 'SSM agent offline during',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'The agent goes offline while the script runs; SSM gives the invocation up as TimedOut',
    course: (action, _, instanceId) =>
      action === 'UploadRondbBackup' && instanceId === SECOND ? { ending: 'timeout', durationMs: 600_000 } : {},
    ...{ error: 'NodeFailed', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'agent-offline-for-a-while',
    item: 'SSM agent offline during',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'The agent is offline for ten minutes while the script runs, and reports its end late',
    course: (action, _, instanceId) => (action === 'UploadRondbBackup' && instanceId === SECOND ? { reportMs: 600_000 } : {}),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'agent-offline-after',
    item: 'SSM agent offline after',
    where: 'backup, RemoveLocalBackup, rondb-2',
    injected: 'The agent of a data node goes offline after its upload, and takes the next command up never',
    ssm: listing('RemoveLocalBackup', () => undefined),
    ...{ error: 'NodeFailed', step: 'RemoveLocalBackup', node: 'rondb-2', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'undeliverable-upload',
    item: 'Undeliverable',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'SSM says Failed, Undeliverable: the instance was terminated',
    ssm: listing('UploadRondbBackup', () => ({ Status: 'Failed', StatusDetails: 'Undeliverable' })),
    ...{ error: 'NodeFailed', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...restore,
    id: 'undeliverable-restore-data',
    item: 'Undeliverable',
    where: 'restore, DownloadRondbBackup, rondb-2',
    injected: 'SSM says Failed, Undeliverable, before the database is touched',
    ssm: listing('DownloadRondbBackup', () => ({ Status: 'Failed', StatusDetails: 'Undeliverable' })),
    ...{ error: 'NodeFailed', step: 'DownloadRondbBackup', node: 'rondb-2', remains: 'nothing' },
  }),
  onMachine({
    ...backup,
    id: 'delivery-timed-out',
    item: 'Undeliverable',
    where: 'backup, CheckNodes, rondb-2',
    injected: 'SSM says TimedOut, DeliveryTimedOut',
    ssm: listing('CheckNodes', () => ({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' })),
    ...{ error: 'NodeFailed', step: 'CheckNodes', node: 'rondb-2', remains: 'nothing' },
  }),
  onMachine({
    ...backup,
    id: 'throttling-storm-listing',
    item: 'throttling storm',
    where: 'backup, ReadCommand',
    injected: 'SSM throttles ListCommandInvocations 200 times in a row',
    ssm: (nodes) => ({ listInvocations: failingFirst(nodes, 'listInvocations', 200, throttled) }),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'throttling-storm-reading',
    item: 'throttling storm',
    where: 'backup, ReadCommand',
    injected: 'SSM throttles GetCommandInvocation 200 times in a row',
    ssm: (nodes) => ({ readOutput: failingFirst(nodes, 'readOutput', 200, throttled) }),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'invocation-does-not-exist-yet',
    item: 'InvocationDoesNotExist',
    where: 'backup, ReadCommand',
    injected: 'GetCommandInvocation answers InvocationDoesNotExist 20 times first',
    ssm: (nodes) => ({ readOutput: failingFirst(nodes, 'readOutput', 20, absent) }),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'invocation-listed-late',
    item: 'InvocationDoesNotExist',
    where: 'backup, every step, every node',
    injected: 'SSM lists invocations only five minutes after SendCommand',
    course: () => ({ delayMs: 300_000 }),
    limit: 90 * MINUTE,
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'invocation-lost',
    item: 'lost invocation',
    where: 'backup, StartRondbBackup, head-1',
    injected: 'SSM never lists the invocation of the native backup',
    ssm: (nodes) => ({
      listInvocations: async (commandId) => (commandId.startsWith('StartRondbBackup') ? [] : await nodes.listInvocations(commandId)),
    }),
    ...{ error: 'NodeFailed', step: 'StartRondbBackup', node: 'head-1', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'invocation-lost-of-one-node',
    item: 'lost invocation',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'SSM lists one node of two',
    ssm: listing('UploadRondbBackup', () => undefined),
    ...{ error: 'NodeFailed', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'truncated-stdout',
    item: 'truncated stdout',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'The answer of a node that succeeded is cut in half',
    ssm: printing('UploadRondbBackup', (stdout) => ({ stdout: stdout.slice(0, stdout.length / 2) })),
    ...{ error: 'NodeOutputInvalid', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'garbage-on-stdout',
    item: 'garbage on stdout',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'A node that succeeded prints bytes that are no JSON before its answer',
    ssm: printing('UploadRondbBackup', (stdout) => ({ stdout: `\u0000\u{1f4a9} }{\n${stdout}` })),
    ...{ error: 'NodeOutputInvalid', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'answer-of-another-step',
    item: 'garbage on stdout',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'A node that succeeded prints the answer of another step',
    ssm: printing('UploadRondbBackup', () => ({ stdout: '{"removed":[1],"givenUp":0}' })),
    ...{ error: 'NodeOutputInvalid', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'success-without-answer',
    item: 'truncated stdout',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'A node ends with success and prints nothing',
    ssm: printing('UploadRondbBackup', () => ({ stdout: '' })),
    ...{ error: 'NodeOutputInvalid', step: 'UploadRondbBackup', node: 'rondb-2', remains: left },
  }),
  onMachine({
    ...backup,
    id: 'slow-node',
    item: 'slow node',
    where: 'backup, UploadRondbBackup, rondb-2',
    injected: 'One data node takes 20 hours, its peer ten seconds',
    course: (action, _, instanceId) => (action === 'UploadRondbBackup' && instanceId === SECOND ? { durationMs: 20 * 3_600_000 } : {}),
    limit: 21 * 3600,
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...restore,
    id: 'restore-step-fails-on-one-node',
    item: 'non-zero exit',
    where: 'restore, RestoreRondbData, rondb-2',
    injected: 'ndb_restore fails on one of two nodes, first of all',
    course: (action, _, instanceId) =>
      action === 'RestoreRondbData' && instanceId === SECOND ? { ending: 'failure', durationMs: 100 } : {},
    ...{ error: 'ScriptFailed', step: 'RestoreRondbData', node: 'rondb-2', remains: 'database changed' },
  }),
];
