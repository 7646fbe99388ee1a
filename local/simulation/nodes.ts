import type { ExecutingCommand, RunCommand } from '../../lambdas/aws/ssm.ts';
import { type ActionName, actions, scriptName } from '../../model/actions.ts';
import type { roles } from '../../model/names.ts';
import type { Clock } from '../engine/clock.ts';
import { answersOf } from './answers.ts';
import { never } from './virtual-clock.ts';

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
interface Course {
  readonly delayMs: number;
  readonly durationMs: number;
  readonly ending: Ending;
  /** How long after its end SSM lists that; 0 unless it says otherwise. */
  readonly reportMs?: number;
}

/** `says nothing` is a script that ends with success and without its answer. */
export type Ending = 'success' | 'failure' | 'timeout' | 'says nothing';

export interface NodesOptions {
  readonly clock: Clock;
  readonly instances: Readonly<Record<(typeof roles)[number], readonly string[]>>;
  /** Receives what was done, in the order in which it began. */
  readonly record: Doing[];
  /** Hears how often the action was sent, this time included. */
  readonly course: (action: ActionName, time: number, instanceId: string) => Course;
  /** Lets a request take its time; `pages` of an operation that lists. */
  readonly request?: (operation: keyof SimulatedNodes, pages: number) => Promise<unknown>;
}

type SimulatedNodes = Pick<RunCommand, 'findInstances' | 'send' | 'cancel' | 'listExecuting' | 'listInvocations' | 'readOutput'>;

const results: Readonly<Record<Ending, { Status: string; exitCode: number }>> = {
  success: { Status: 'Success', exitCode: 0 },
  failure: { Status: 'Failed', exitCode: 1 },
  timeout: { Status: 'TimedOut', exitCode: 137 },
  'says nothing': { Status: 'Success', exitCode: 0 },
};

/** Tags by which the instances are found. */
export const tags = {
  cluster: { key: 'cluster', value: 'x' },
  head: { key: 'head', value: 'true' },
  rondb: { key: 'rondb', value: 'true' },
  hopsfs: { key: 'hopsfs', value: 'true' },
};

/** As many as SSM lists at once. */
const PAGE = 50;
const actionNames = Object.keys(actions) as ActionName[];

/** SSM with nodes on which every action goes as `course` says. */
export function createNodes({ clock, instances, record, course, request = async () => {} }: NodesOptions): SimulatedNodes {
  const tagged: Readonly<Record<string, readonly string[]>> = { ...instances, cluster: [...new Set(Object.values(instances).flat())] };
  const invocations = new Map<string, Map<string, { InstanceId: string; Status: string; action: ActionName; ending: Ending }>>();
  /** What is neither ended nor cancelled. */
  const executing = new Map<string, ExecutingCommand>();
  const pause = (ms: number) => clock.sleep(ms, never);

  async function run(commandId: string, action: ActionName, time: number, InstanceId: string): Promise<void> {
    const { delayMs, durationMs, ending, reportMs = 0 } = course(action, time, InstanceId);
    await pause(delayMs);
    if (!executing.has(commandId)) return;
    const doing: Doing = { what: action, where: InstanceId, step: commandId, begun: clock.now(), ended: undefined };
    record.push(doing);
    const invocation = { InstanceId, Status: 'InProgress', action, ending };
    invocations.get(commandId)?.set(InstanceId, invocation);
    await pause(durationMs);
    if (!executing.has(commandId)) return;
    doing.ended = clock.now();
    if (reportMs > 0) await pause(reportMs);
    invocation.Status = results[ending].Status;
  }

  return {
    async findInstances(filters) {
      const found = (tagged.cluster ?? []).filter((instanceId) =>
        filters.every(({ Key }) => tagged[Key.replace('tag:', '')]?.includes(instanceId)),
      );
      await request('findInstances', Math.ceil(found.length / PAGE));
      return found.map((instanceId) => ({ instanceId, online: true }));
    },
    async send({ documentName, instanceIds, comment }) {
      await request('send', 1);
      const action = actionNames.find((name) => documentName.endsWith(`-${scriptName(name)}`)) as ActionName;
      const time = 1 + [...invocations.keys()].filter((id) => id.startsWith(`${action} `)).length;
      const commandId = `${action} ${time}`;
      invocations.set(commandId, new Map());
      executing.set(commandId, { commandId, documentName, comment, requestedAt: new Date(clock.now()) });
      void Promise.all(instanceIds.map((instanceId) => run(commandId, action, time, instanceId))).then(() => executing.delete(commandId));
      return commandId;
    },
    async cancel(commandId) {
      if (!executing.delete(commandId)) return;
      for (const doing of record) if (doing.step === commandId) doing.ended ??= clock.now();
    },
    listExecuting: async () => [...executing.values()],
    async listInvocations(CommandId) {
      await request('listInvocations', 1);
      return [...(invocations.get(CommandId)?.values() ?? [])].map((invocation) => ({ CommandId, ...invocation }) as never);
    },
    async readOutput(commandId, instanceId) {
      await request('readOutput', 1);
      const found = invocations.get(commandId)?.get(instanceId);
      const ending = found?.ending ?? 'says nothing';
      const stdout = ending === 'success' && found ? JSON.stringify(answersOf[found.action]) : 'node-1: it broke.';
      return { exitCode: results[ending].exitCode, stdout, stderr: '' };
    },
  };
}
