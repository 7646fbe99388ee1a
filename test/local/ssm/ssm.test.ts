import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelCommandCommand,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startEndpoint } from '../../../local/endpoint.ts';
import type { Ssm } from '../../../local/ssm/ssm.ts';
import { givenDocument, givenNodes, givenPatientSsm, givenSsm, hasEnded, nextChange, send } from './given.ts';

const unused = async () => expect.unreachable();

/** SSM shows invocations 200 ms after SendCommand. */
const becomeVisible = () => sleep(210);

async function givenClient(ssm: Ssm): Promise<SSMClient> {
  const endpoint = await startEndpoint({ ssm: ssm.api, states: unused, s3: unused });
  const client = new SSMClient({
    endpoint: endpoint.url,
    region: 'eu-north-1',
    credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
  onTestFinished(() => {
    client.destroy();
    return endpoint.close();
  });
  return client;
}

describe('the SSM API, asked by the AWS SDK', () => {
  it('runs a document on its nodes and answers for each how it ended', async () => {
    const nodes = givenNodes(2);
    const ssm = givenSsm(nodes, givenDocument(['echo "out $AWS_SSM_INSTANCE_ID $SSM_word"', 'echo err >&2', 'exit 7'], { word: {} }));
    const client = await givenClient(ssm);
    const instanceIds = nodes.map(({ instanceId }) => instanceId);
    const ended = Promise.all(instanceIds.map((id) => nextChange(ssm, (change) => change.instanceId === id && hasEnded(change))));

    const { Command: command } = await client.send(
      new SendCommandCommand({
        DocumentName: 'step',
        InstanceIds: instanceIds,
        Parameters: { word: ['hello'] },
        MaxConcurrency: '100%',
        TimeoutSeconds: 600,
        CloudWatchOutputConfig: { CloudWatchOutputEnabled: true },
      }),
    );
    const CommandId = command?.CommandId as string;
    await Promise.all([ended, becomeVisible()]);
    const list = await client.send(new ListCommandInvocationsCommand({ CommandId, Details: true }));
    const first = await client.send(new GetCommandInvocationCommand({ CommandId, InstanceId: instanceIds[0] }));

    expect(command).toMatchObject({ Status: 'Pending', TargetCount: 2, ExpiresAfter: expect.any(Date), InstanceIds: instanceIds });
    expect(list.CommandInvocations?.map(({ InstanceId }) => InstanceId)).toEqual(instanceIds);
    expect(list.CommandInvocations?.[0]?.CommandPlugins).toMatchObject([{ Name: 'run', Status: 'Failed', ResponseCode: 7 }]);
    expect(first).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 7,
      StandardOutputContent: `out ${instanceIds[0]} hello\n`,
      StandardErrorContent: 'err\nfailed to run commands: exit status 7',
      ExecutionElapsedTime: expect.stringMatching(/^PT[\d.]+S$/),
    });
  });

  it('does not know an invocation in the first moment after SendCommand', async () => {
    const nodes = givenNodes(1);
    const client = await givenClient(givenSsm(nodes, givenDocument(['true'])));
    const InstanceId = nodes[0]?.instanceId as string;
    const { Command: command } = await client.send(new SendCommandCommand({ DocumentName: 'step', InstanceIds: [InstanceId] }));
    const CommandId = command?.CommandId as string;

    const early = client.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));

    await expect(early).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
    expect((await client.send(new ListCommandInvocationsCommand({ CommandId }))).CommandInvocations).toEqual([]);
    await becomeVisible();
    expect(await client.send(new GetCommandInvocationCommand({ CommandId, InstanceId }))).toMatchObject({ InstanceId });
  });

  const many = Array.from({ length: 51 }, (_, index) => `i-${String(index).padStart(17, '0')}`);
  it.each([
    ['an unknown document', { DocumentName: 'absent' }, 'InvalidDocument'],
    ['a version that does not exist', { DocumentVersion: '2' }, 'InvalidDocumentVersion'],
    ['an unknown instance', { InstanceIds: ['i-99999999999999999'] }, 'InvalidInstanceId'],
    ['51 instances', { InstanceIds: many }, 'ValidationException'],
    ['a comment of 101 characters', { Comment: 'x'.repeat(101) }, 'ValidationException'],
    ['no instance', { InstanceIds: [] }, 'ValidationException'],
    ['the same instance twice', { InstanceIds: [many[0], many[0]] as string[] }, 'DuplicateInstanceId'],
    ['a field it does not implement', { OutputS3BucketName: 'bucket' }, 'ValidationException'],
    ['an unknown parameter', { Parameters: { wrod: ['x'] } }, 'InvalidParameters'],
    ['a parameter without a value', { Parameters: {} }, 'InvalidParameters'],
    ['a parameter with two values', { Parameters: { word: ['x', 'y'] } }, 'InvalidParameters'],
    ['a value outside its pattern', { Parameters: { word: ['x;reboot'] } }, 'InvalidParameters'],
  ])('refuses %s before anything runs', async (_, change, error) => {
    const nodes = givenNodes(1);
    const ssm = givenSsm(nodes, givenDocument(['true'], { word: { allowedPattern: '^[a-z]+$' } }));
    const client = await givenClient(ssm);
    const changes: unknown[] = [];
    ssm.onInvocation((invocation) => changes.push(invocation));
    const request = { DocumentName: 'step', InstanceIds: [many[0] as string], Parameters: { word: ['fine'] }, ...change };

    const sending = client.send(new SendCommandCommand(request));

    await expect(sending).rejects.toMatchObject({ name: error, $metadata: { httpStatusCode: 400 } });
    expect(changes).toEqual([]);
  });

  it('lists the invocations of a command page by page', async () => {
    const nodes = givenNodes(3);
    const client = await givenClient(givenSsm(nodes, givenDocument(['true'])));
    const InstanceIds = nodes.map(({ instanceId }) => instanceId);
    const { Command: command } = await client.send(new SendCommandCommand({ DocumentName: 'step', InstanceIds }));
    await becomeVisible();

    const query = { CommandId: command?.CommandId as string, MaxResults: 2 };
    const first = await client.send(new ListCommandInvocationsCommand(query));
    const second = await client.send(new ListCommandInvocationsCommand({ ...query, NextToken: first.NextToken }));

    expect([first, second].map((page) => page.CommandInvocations?.map(({ InstanceId }) => InstanceId))).toEqual([
      InstanceIds.slice(0, 2),
      InstanceIds.slice(2),
    ]);
    expect(second.NextToken).toBeUndefined();
    await expect(client.send(new ListCommandInvocationsCommand({ ...query, NextToken: 'x' }))).rejects.toMatchObject({
      name: 'InvalidNextToken',
    });
  });

  describe('lists commands', () => {
    async function givenCommands() {
      const nodes = givenNodes(1);
      const ssm = givenSsm(nodes, givenDocument(['true']), { ...givenDocument(['sleep 300']), name: 'slow' });
      const client = await givenClient(ssm);
      const InstanceIds = nodes.map(({ instanceId }) => instanceId);
      const ended = nextChange(ssm, (change) => change.documentName === 'step' && hasEnded(change));
      const send = async (DocumentName: string, Comment: string) =>
        (await client.send(new SendCommandCommand({ DocumentName, InstanceIds, Comment }))).Command?.CommandId as string;
      const ids = [await send('step', 'backup:first'), await send('slow', 'backup:second')];
      const list = async (request: ConstructorParameters<typeof ListCommandsCommand>[0] = {}) =>
        await client.send(new ListCommandsCommand(request));
      return { ssm, client, ids, list, InstanceIds, ended };
    }
    const filter = (key: 'ExecutionStage' | 'DocumentName' | 'InvokedAfter', value: string) => ({ Filters: [{ key, value }] });

    it('with what was asked for and how far they are, the newest first, after a moment', async () => {
      const { list, ids, ended, InstanceIds } = await givenCommands();
      const early = await list();
      await Promise.all([ended, becomeVisible()]);

      const { Commands } = await list();

      expect(early.Commands).toEqual([]);
      expect(Commands?.map(({ CommandId }) => CommandId)).toEqual(ids.toReversed());
      expect(Commands).toMatchObject([
        { DocumentName: 'slow', Comment: 'backup:second', InstanceIds, Status: 'InProgress', CompletedCount: 0 },
        { DocumentName: 'step', Comment: 'backup:first', Status: 'Success', StatusDetails: 'Success', CompletedCount: 1, ErrorCount: 0 },
      ]);
      expect(Commands?.[0]?.RequestedDateTime).toBeInstanceOf(Date);
    });

    it('by stage, document, time and id', async () => {
      const { list, ids, ended } = await givenCommands();
      await Promise.all([ended, becomeVisible()]);
      const found = async (request: Parameters<typeof list>[0]) => (await list(request)).Commands?.map(({ CommandId }) => CommandId);

      expect(await found(filter('ExecutionStage', 'Executing'))).toEqual([ids[1]]);
      expect(await found(filter('ExecutionStage', 'Complete'))).toEqual([ids[0]]);
      expect(await found(filter('DocumentName', 'step'))).toEqual([ids[0]]);
      expect(await found(filter('InvokedAfter', '2100-01-01T00:00:00Z'))).toEqual([]);
      expect(await found({ CommandId: ids[1] })).toEqual([ids[1]]);
    });

    it('page by page', async () => {
      const { list, ids } = await givenCommands();
      await becomeVisible();

      const first = await list({ MaxResults: 1 });
      const second = await list({ MaxResults: 1, NextToken: first.NextToken });

      expect([first, second].map(({ Commands }) => Commands?.[0]?.CommandId)).toEqual(ids.toReversed());
      expect(second.NextToken).toBeUndefined();
    });

    it('that end when they are cancelled', async () => {
      const { ssm, client, list, ids } = await givenCommands();
      await becomeVisible();
      const ended = nextChange(ssm, (change) => change.commandId === ids[1] && hasEnded(change));

      await client.send(new CancelCommandCommand({ CommandId: ids[1] }));
      await ended;

      expect((await list({ CommandId: ids[1] })).Commands).toMatchObject([{ Status: 'Cancelled', StatusDetails: 'Cancelled' }]);
    });

    it('only by what it knows', async () => {
      const { list } = await givenCommands();

      await expect(list({ Filters: [{ key: 'Status', value: 'Failed' }] })).rejects.toMatchObject({ name: 'ValidationException' });
    });
  });

  it('tells the version of every agent', async () => {
    const client = await givenClient(givenSsm([...givenNodes(1, { instanceId: 'i-old', agentVersion: '3.2.582.0' }), ...givenNodes(1)]));

    const { InstanceInformationList } = await client.send(new DescribeInstanceInformationCommand({}));

    expect(InstanceInformationList?.map(({ AgentVersion }) => AgentVersion)).toEqual(['3.2.582.0', '3.3.2746.0']);
  });

  it('finds instances by tag, id and ping status, ten at a time', async () => {
    const nodes = givenNodes(24);
    const ssm = givenSsm(nodes);
    const client = await givenClient(ssm);
    ssm.setPing(nodes[1]?.instanceId as string, 'ConnectionLost');
    const find = async (Filters: { Key: string; Values: string[] }[], NextToken?: string) => {
      const page = await client.send(new DescribeInstanceInformationCommand({ Filters, ...(NextToken && { NextToken }) }));
      return { ids: page.InstanceInformationList?.map(({ InstanceId }) => InstanceId), next: page.NextToken };
    };
    const rondb = nodes.filter(({ tags }) => tags.role === 'rondb').map(({ instanceId }) => instanceId);

    const page = await find([{ Key: 'tag:role', Values: ['rondb'] }]);
    const rest = await find([{ Key: 'tag:role', Values: ['rondb'] }], page.next);
    const lost = await find([
      { Key: 'tag:role', Values: ['rondb', 'head'] },
      { Key: 'PingStatus', Values: ['ConnectionLost'] },
    ]);
    const named = await find([{ Key: 'InstanceIds', Values: [rondb[3] as string] }]);

    expect([page.ids, rest]).toEqual([rondb.slice(0, 10), { ids: rondb.slice(10), next: undefined }]);
    expect([lost.ids, named.ids]).toEqual([[rondb[0]], [rondb[3]]]);
    await expect(find([{ Key: 'Colour', Values: ['blue'] }])).rejects.toMatchObject({ name: 'InvalidFilterKey' });
  });

  it('refuses operations and commands that it does not know', async () => {
    const ssm = givenSsm(givenNodes(1));
    const client = await givenClient(ssm);
    const CommandId = '00000000-0000-4000-8000-000000000000';

    await expect(ssm.api('ListDocuments', {})).rejects.toMatchObject({ name: 'UnknownOperationException' });
    await expect(client.send(new CancelCommandCommand({ CommandId }))).rejects.toMatchObject({ name: 'InvalidCommandId' });
  });

  it('when it is patient, holds back its answer about a command until that has ended, but not for longer', async () => {
    const nodes = givenNodes(1);
    const [brief, long] = [300, 20_000].map((patienceMs) => givenPatientSsm(patienceMs, nodes, givenDocument(['sleep 1'])));
    const statusOf = async (ssm: Ssm | undefined) => {
      const CommandId = await send(ssm as Ssm, nodes);
      return (await ssm?.api('ListCommandInvocations', { CommandId })) as { CommandInvocations: { Status: string }[] };
    };

    expect(await Promise.all([brief, long].map(statusOf))).toMatchObject([
      { CommandInvocations: [{ Status: 'InProgress' }] },
      { CommandInvocations: [{ Status: 'Success' }] },
    ]);
  });
});
