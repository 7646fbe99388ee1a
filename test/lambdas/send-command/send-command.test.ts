import { describe, expect, it, vi } from 'vitest';
import type { Command } from '../../../lambdas/aws/ssm.ts';
import { type Sender, sendCommand } from '../../../lambdas/send-command/send-command.ts';
import { actions, documentParameters, parameters } from '../../../model/actions.ts';
import { HEAD, instanceOf } from '../../fixtures/backup.ts';
import { executionArn } from '../../fixtures/execution.ts';

const tags = {
  cluster: { key: 'hopsworks:cluster', value: 'example' },
  head: { key: 'hopsworks:role', value: 'head' },
  rondb: { key: 'hopsworks:role', value: 'rondb' },
  hopsfs: { key: 'hopsworks:hopsfs', value: 'true' },
};

interface Given {
  readonly head?: string[];
  readonly rondb?: string[];
  readonly offline?: string[];
  /** The chunk, from 1 on, that SSM does not take. */
  readonly refused?: number;
  /** The execution has ended by the time that everything is sent. */
  readonly stopped?: boolean;
}

const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });

/** SSM that knows a cluster of these instances, and records what it is sent. */
function givenSender({ head = [HEAD], rondb = [instanceOf(1), instanceOf(2)], offline = [], refused, stopped = false }: Given = {}) {
  const sent: Command[] = [];
  const cancelled: string[] = [];
  const sender: Sender = {
    tags,
    documentPrefix: 'hopsdr-example-',
    logGroup: 'nodes',
    findInstances: async (filters) => {
      const role = filters.find(({ Key }) => Key === 'tag:hopsworks:role')?.Values[0];
      const ofCluster = filters.some(({ Key, Values }) => Key === 'tag:hopsworks:cluster' && Values[0] === 'example');
      const found = ofCluster ? { head, rondb, undefined: [...new Set([...head, ...rondb])] }[String(role)] : [];
      return (found ?? []).map((instanceId) => ({ instanceId, online: !offline.includes(instanceId) }));
    },
    send: async (command) => {
      if (sent.length + 1 === refused) throw throttled;
      return `command-${sent.push(command)}`;
    },
    cancel: async (commandId) => void cancelled.push(commandId),
    isRunning: async (executionArn) => executionArn === inspect.execution && !stopped,
  };
  return { sender, sent, cancelled };
}

const inspect = {
  action: 'InspectCluster',
  targets: { roles: ['head', 'rondb'] },
  parameters: { connectString: 'mgmd:1186', definition: 'none', passwordFile: '/srv/password' },
  execution: executionArn('backup', 'nightly-20261122T020000Z'),
};
const numbered = (count: number) => Array.from({ length: count }, (_, index) => instanceOf(index + 1));

describe('sending a command', () => {
  it('sends the document of the action, its parameters and the log group to the instances of the roles', async () => {
    const { sender, sent } = givenSender();

    const command = await sendCommand(inspect, sender);

    const instanceIds = [instanceOf(1), instanceOf(2), HEAD];
    expect(command).toEqual({ action: 'InspectCluster', commandIds: ['command-1'], instanceIds });
    expect(sent).toEqual([
      {
        documentName: 'hopsdr-example-inspect-cluster',
        instanceIds,
        parameters: { ...inspect.parameters, timeoutSeconds: String(actions.InspectCluster.timeoutSeconds) },
        logGroup: 'nodes',
        comment: 'backup:nightly-20261122T020000Z',
      },
    ]);
  });

  it("gives a step the plan's time instead of the action's own", async () => {
    const { sender, sent } = givenSender();

    await sendCommand({ ...inspect, timeoutSeconds: 172_800 }, sender);

    expect(sent[0]?.parameters.timeoutSeconds).toBe('172800');
  });

  it('sends exactly the parameters that the document has, each matching its pattern', async () => {
    const { sender, sent } = givenSender();

    await sendCommand({ ...inspect, timeoutSeconds: 5 }, sender);

    expect(Object.keys(sent[0]?.parameters ?? {}).sort()).toEqual(documentParameters('InspectCluster').sort());
    expect(sent[0]?.parameters.timeoutSeconds).toMatch(new RegExp(parameters.timeoutSeconds.pattern));
  });

  it.each(['backup', 'restore', 'clean-up'] as const)(
    'says for which %s it is sent, in the 100 characters that SSM takes',
    async (machine) => {
      const { sender, sent } = givenSender();
      const name = 'n'.repeat(80);

      await sendCommand({ ...inspect, execution: executionArn(machine, name) }, { ...sender, isRunning: async () => true });

      expect(sent[0]?.comment).toBe(`${machine}:${name}`);
      expect(sent[0]?.comment.length).toBeLessThanOrEqual(100);
    },
  );

  it('names an instance once that has two roles', async () => {
    const { sender } = givenSender({ rondb: [HEAD] });

    expect((await sendCommand(inspect, sender)).instanceIds).toEqual([HEAD]);
  });

  it('sends to the very instances that a plan names, in its order', async () => {
    const { sender, sent } = givenSender();

    await sendCommand({ ...inspect, targets: { instanceIds: [instanceOf(2), instanceOf(1)] } }, sender);

    expect(sent.map(({ instanceIds }) => instanceIds)).toEqual([[instanceOf(2), instanceOf(1)]]);
  });

  it.each([
    [50, [50]],
    [51, [50, 1]],
    [144, [50, 50, 44]],
  ])('sends to %i instances in chunks of %j, each instance once', async (count, sizes) => {
    const { sender, sent } = givenSender({ rondb: numbered(count) });

    const command = await sendCommand({ ...inspect, targets: { roles: ['rondb'] } }, sender);

    expect(sent.map(({ instanceIds }) => instanceIds.length)).toEqual(sizes);
    expect(sent.flatMap(({ instanceIds }) => instanceIds)).toEqual(command.instanceIds);
    expect(new Set(command.instanceIds).size).toBe(count);
    expect(command.commandIds).toEqual(sizes.map((_, index) => `command-${index + 1}`));
  });
});

describe('a command that cannot be sent', () => {
  const backup = { ...inspect, action: 'StartRondbBackup', targets: { instanceIds: [HEAD] } };
  const arn = inspect.execution;

  it.each([
    ['NoNodes', 'to a role without instances', inspect, { rondb: [] }, 'role "rondb" (hopsworks:role=rondb)'],
    ['NodeOffline', 'to a node that is offline', inspect, { offline: [instanceOf(2)] }, `SSM: ${instanceOf(2)}.`],
    ['NodeOffline', 'to several, naming all', inspect, { offline: [instanceOf(2), HEAD] }, `${instanceOf(2)}, ${HEAD}`],
    ['NodeOffline', 'to an instance of no cluster', { ...inspect, targets: { instanceIds: [instanceOf(9)] } }, {}, instanceOf(9)],
    ['ParameterInvalid', 'for an unknown action', { ...inspect, action: 'DropTables' }, {}, 'action'],
    ['ParameterInvalid', 'to an unknown role', { ...inspect, targets: { roles: ['kafka'] } }, {}, 'targets'],
    ['ParameterInvalid', 'to no role', { ...inspect, targets: { roles: [] } }, {}, 'targets'],
    ['ParameterInvalid', 'to no instance', { ...inspect, targets: { instanceIds: [] } }, {}, 'targets'],
    ['ParameterInvalid', 'to what is no instance id', { ...inspect, targets: { instanceIds: ['*'] } }, {}, 'targets'],
    ['ParameterInvalid', 'without a parameter', { ...backup, parameters: { connectString: 'h' } }, {}, 'backupId'],
    [
      'ParameterInvalid',
      'with an unknown parameter',
      { ...backup, parameters: { connectString: 'h', backupId: '263261030', force: '1' } },
      {},
      'force; allowed are connectString, backupId',
    ],
    [
      'ParameterInvalid',
      'with a parameter that does not match its pattern',
      { ...backup, parameters: { connectString: 'h', backupId: '263261030;id' } },
      {},
      'backupId: ',
    ],
    [
      'ParameterInvalid',
      'with a parameter that is no text',
      { ...backup, parameters: { connectString: 'h', backupId: 1 } },
      {},
      'backupId',
    ],
    [
      'ParameterInvalid',
      'with the time among the parameters',
      { ...inspect, parameters: { ...inspect.parameters, timeoutSeconds: '5' } },
      {},
      'timeoutSeconds; allowed are connectString, definition, passwordFile',
    ],
    ['ParameterInvalid', 'with too little time', { ...inspect, timeoutSeconds: 4 }, {}, 'timeoutSeconds'],
    ['ParameterInvalid', 'with more time than SSM gives', { ...inspect, timeoutSeconds: 172_801 }, {}, 'timeoutSeconds'],
    ['ParameterInvalid', 'for no execution', { ...inspect, execution: undefined }, {}, 'execution'],
    ['ParameterInvalid', "for another cluster's execution", { ...inspect, execution: arn.replace('example', 'other') }, {}, 'execution'],
    [
      'ParameterInvalid',
      'for the execution of another machine',
      { ...inspect, execution: arn.replace('-backup', '-prune') },
      {},
      'execution',
    ],
    ['ParameterInvalid', 'for a state machine', { ...inspect, execution: arn.replace(':execution:', ':stateMachine:') }, {}, 'execution'],
    ['ParameterInvalid', 'for an execution with more in its ARN', { ...inspect, execution: `${arn}:1` }, {}, 'execution'],
    ['ParameterInvalid', 'for an execution with a line break', { ...inspect, execution: `${arn}\n` }, {}, 'execution'],
    ['ParameterInvalid', 'for an execution with too long a name', { ...inspect, execution: arn + 'n'.repeat(80) }, {}, 'execution'],
  ] as [string, string, unknown, Given, string][])('fails as %s %s, and nothing is sent', async (name, _what, input, given, message) => {
    const { sender, sent } = givenSender(given);

    await expect(sendCommand(input, sender)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });

    expect(sent).toEqual([]);
  });
});

describe('a command of which SSM takes only a part', () => {
  const all = { ...inspect, targets: { roles: ['rondb'] } };

  it('is cancelled where it was sent, and fails as SSM does', async () => {
    const { sender, cancelled } = givenSender({ rondb: numbered(144), refused: 3 });

    await expect(sendCommand(all, sender)).rejects.toBe(throttled);

    expect(cancelled).toEqual(['command-1', 'command-2']);
  });

  it('fails as SSM does also when it cannot be cancelled, which is logged', async () => {
    const { sender } = givenSender({ rondb: numbered(51), refused: 2 });
    const log = vi.spyOn(console, 'error').mockImplementation(() => {});

    const command = sendCommand(all, { ...sender, cancel: () => Promise.reject(new Error('no answer')) });

    await expect(command).rejects.toBe(throttled);
    expect(log).toHaveBeenCalledExactlyOnceWith(expect.any(String), { reason: new Error('no answer') });
    log.mockRestore();
  });
});

describe('a command of an execution that was stopped while it was sent', () => {
  it('is cancelled everywhere, and fails by name', async () => {
    const { sender, sent, cancelled } = givenSender({ rondb: numbered(51), stopped: true });

    const command = sendCommand({ ...inspect, targets: { roles: ['rondb'] } }, sender);

    await expect(command).rejects.toMatchObject({ name: 'ExecutionStopped', message: expect.stringContaining(inspect.execution) });
    expect(sent).toHaveLength(2);
    expect(cancelled).toEqual(['command-1', 'command-2']);
  });
});
