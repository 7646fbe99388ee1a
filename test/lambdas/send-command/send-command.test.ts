import { describe, expect, it } from 'vitest';
import type { Command } from '../../../lambdas/aws.ts';
import { type Sender, sendCommand } from '../../../lambdas/send-command/send-command.ts';
import { HEAD, instanceOf } from '../../fixtures/backup.ts';

const tags = {
  cluster: { key: 'hopsworks:cluster', value: 'example' },
  head: { key: 'hopsworks:role', value: 'head' },
  rondb: { key: 'hopsworks:role', value: 'rondb' },
};

interface Given {
  readonly head?: string[];
  readonly rondb?: string[];
  readonly offline?: string[];
}

/** SSM that knows a cluster of these instances, and records what it is sent. */
function givenSender({ head = [HEAD], rondb = [instanceOf(1), instanceOf(2)], offline = [] }: Given = {}) {
  const sent: Command[] = [];
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
    send: async (command) => `command-${sent.push(command)}`,
  };
  return { sender, sent };
}

const inspect = { action: 'InspectCluster', targets: { roles: ['head', 'rondb'] }, parameters: { connectString: 'mgmd:1186' } };
const numbered = (count: number) => Array.from({ length: count }, (_, index) => instanceOf(index + 1));

describe('sending a command', () => {
  it('sends the document of the action, its parameters and the log group to the instances of the roles', async () => {
    const { sender, sent } = givenSender();

    const command = await sendCommand(inspect, sender);

    const instanceIds = [instanceOf(1), instanceOf(2), HEAD];
    expect(command).toEqual({ action: 'InspectCluster', commandIds: ['command-1'], instanceIds });
    expect(sent).toEqual([
      { documentName: 'hopsdr-example-inspect-cluster', instanceIds, parameters: { connectString: 'mgmd:1186' }, logGroup: 'nodes' },
    ]);
  });

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
  const backup = { action: 'StartRondbBackup', targets: { instanceIds: [HEAD] } };

  it.each([
    ['NoNodes', 'to a role without instances', inspect, { rondb: [] }, 'role "rondb" (hopsworks:role=rondb)'],
    ['NodeOffline', 'to a node that is offline', inspect, { offline: [instanceOf(2)] }, `SSM: ${instanceOf(2)}.`],
    ['NodeOffline', 'to several, naming all', inspect, { offline: [instanceOf(2), HEAD] }, `${instanceOf(2)}, ${HEAD}`],
    ['NodeOffline', 'to an instance of no cluster', { ...inspect, targets: { instanceIds: [instanceOf(9)] } }, {}, instanceOf(9)],
    ['ParameterInvalid', 'for an unknown action', { ...inspect, action: 'DropTables' }, {}, 'action'],
    ['ParameterInvalid', 'to an unknown role', { ...inspect, targets: { roles: ['hopsfs'] } }, {}, 'targets'],
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
  ] as [string, string, unknown, Given, string][])('fails as %s %s, and nothing is sent', async (name, _what, input, given, message) => {
    const { sender, sent } = givenSender(given);

    await expect(sendCommand(input, sender)).rejects.toMatchObject({ name, message: expect.stringContaining(message) });

    expect(sent).toEqual([]);
  });
});
