import type { RunCommand } from '../../lambdas/aws/ssm.ts';
import type { Clock } from '../../local/engine/clock.ts';
import { type ActionName, actions, scriptName } from '../../model/actions.ts';
import type { Answer } from '../../model/answers.ts';

/** Something that began and ended: an action on an instance, or a Lambda; times in milliseconds since 1970. */
export interface Doing {
  readonly what: string;
  readonly where: string;
  /** The same for all instances that were sent to together. */
  readonly step: string;
  readonly begun: number;
  ended: number | undefined;
}

/** How an action goes on one instance: how long after it was sent it is listed and begins, how long it takes, and how it ends. */
export interface Course {
  readonly delayMs: number;
  readonly durationMs: number;
  readonly ending: Ending;
}

/** `says nothing` is a script that ends with success and without its answer. */
export type Ending = 'success' | 'failure' | 'timeout' | 'says nothing';

const results: Readonly<Record<Ending, { Status: string; exitCode: number }>> = {
  success: { Status: 'Success', exitCode: 0 },
  failure: { Status: 'Failed', exitCode: 1 },
  timeout: { Status: 'TimedOut', exitCode: 137 },
  'says nothing': { Status: 'Success', exitCode: 0 },
};

/**
 * SSM with nodes on which every action goes as `course` says, which hears how often the action was sent, this time included. `record`
 * receives what was done, in the order in which it began.
 */
export function createNodes(
  clock: Clock,
  record: Doing[],
  course: (action: ActionName, time: number, instanceId: string) => Course,
): Pick<RunCommand, 'findInstances' | 'send' | 'cancel' | 'listInvocations' | 'readOutput'> {
  const invocations = new Map<string, { InstanceId: string; Status: string; action: ActionName; ending: Ending }[]>();
  const never = new AbortController().signal;

  async function run(commandId: string, action: ActionName, time: number, InstanceId: string): Promise<void> {
    const { delayMs, durationMs, ending } = course(action, time, InstanceId);
    await clock.sleep(delayMs, never);
    const doing: Doing = { what: action, where: InstanceId, step: commandId, begun: clock.now(), ended: undefined };
    record.push(doing);
    const invocation = { InstanceId, Status: 'InProgress', action, ending };
    invocations.get(commandId)?.push(invocation);
    await clock.sleep(durationMs, never);
    doing.ended = clock.now();
    invocation.Status = results[ending].Status;
  }

  return {
    findInstances: async (filters) =>
      allInstances
        .filter((instanceId) => filters.every(({ Key }) => tagged[Key.replace('tag:', '')]?.includes(instanceId)))
        .map((instanceId) => ({ instanceId, online: true })),
    async send({ documentName, instanceIds }) {
      const action = actionNames.find((name) => documentName.endsWith(`-${scriptName(name)}`)) as ActionName;
      const time = 1 + [...invocations.keys()].filter((id) => id.startsWith(`${action} `)).length;
      const commandId = `${action} ${time}`;
      invocations.set(commandId, []);
      for (const instanceId of instanceIds) void run(commandId, action, time, instanceId);
      return commandId;
    },
    cancel: async () => {},
    listInvocations: async (CommandId) => (invocations.get(CommandId) ?? []).map((invocation) => ({ CommandId, ...invocation }) as never),
    async readOutput(commandId, instanceId) {
      const found = invocations.get(commandId)?.find(({ InstanceId }) => InstanceId === instanceId);
      const ending = found?.ending ?? 'says nothing';
      const stdout = ending === 'success' && found ? JSON.stringify(answersOf[found.action]) : 'node-1: it broke.';
      return { exitCode: results[ending].exitCode, stdout, stderr: '' };
    },
  };
}

const actionNames = Object.keys(actions) as ActionName[];

/** Tags of a practised cluster, by which its instances are found. */
export const tags = {
  cluster: { key: 'cluster', value: 'x' },
  head: { key: 'head', value: 'true' },
  rondb: { key: 'rondb', value: 'true' },
  hopsfs: { key: 'hopsfs', value: 'true' },
};

const instance = (letter: string, number: number) => `i-0000000000000${letter}00${number}`;
export const instances = {
  heads: [1, 2].map((number) => instance('a', number)),
  rondb: [1, 2, 3, 4].map((number) => instance('b', number)),
  hopsfs: [1, 2, 3].map((number) => instance('c', number)),
};

const allInstances = Object.values(instances).flat();
const tagged: Readonly<Record<string, readonly string[]>> = {
  cluster: allInstances,
  head: instances.heads,
  rondb: instances.rondb,
  hopsfs: instances.hopsfs,
};

const units = { done: [], absent: [] };
const answersOf: { readonly [A in ActionName]?: Answer<A> } = {
  InspectCluster: { localNodeIds: [], restoring: [], freeBytes: null, cluster: null },
  InspectHopsfs: { directories: [{ path: '/dn', storageId: null, datanodeUuid: null, blocks: 0, bytes: 0, freeBytes: 0 }] },
  CheckNodes: { localNodeIds: [], freeBytes: 0, awsCli: '2', zstd: '1' },
  StopServices: units,
  DownloadRondbBackup: { nodes: [] },
  EmptyRondb: { dropped: 0 },
  RestoreRondbSchema: { tables: 0 },
  RestoreRondbData: { nodes: [] },
  RebuildRondbIndexes: {},
  RestoreUsers: { created: 0, keptSame: 0, keptOther: 0, replaced: 0, objects: 0, differing: [] },
  RestoreBlocks: { storages: [] },
  RollBackDeletedBlocks: { rolledBack: true },
  StartNameNode: units,
  StartHopsfs: units,
  AwaitSafeModeExit: { blocks: 0, missingBlocks: 0, datanodes: 0, seconds: 0 },
  ReindexOpenSearch: { documents: 0, datasets: 0 },
  RecreateKafkaTopics: { topics: 0, created: 0 },
  StartServices: units,
  ReindexFeatureStore: {},
  VerifyRestore: { tables: 0, rows: 0, listSha256: '0'.repeat(64) },
  RemoveLocalBackup: { removed: [] },
};
