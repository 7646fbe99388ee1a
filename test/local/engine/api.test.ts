import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  paginateGetExecutionHistory,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepFunctionsApi } from '../../../local/engine/api.ts';
import { arnOf, definition, endless, lambda, practice } from './practice.ts';

const stateMachineArn = arnOf('main');
const start = new Date('2025-01-01T00:00:00Z');

/** Waits as long as the input says, then fails if it says so. */
const main = definition({
  Pause: { Type: 'Wait', Seconds: '{% $states.input.pause %}', Next: 'Ask' },
  Ask: { Type: 'Choice', Choices: [{ Condition: '{% $exists($states.input.error) %}', Next: 'Give' }], Default: 'Done' },
  Give: { Type: 'Fail', Error: '{% $states.input.error %}', Cause: 'as told' },
  Done: { Type: 'Succeed', Output: { done: true } },
});

const hanging = definition({ Hang: lambda('hang', { End: true }) });
const engine = practice({ main, hanging }, { hang: endless().invoke });
const api = stepFunctionsApi(engine);
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const operation = String(request.headers['x-amz-target']).replace('AWSStepFunctions.', '');
  response.setHeader('content-type', 'application/x-amz-json-1.0');
  try {
    response.end(JSON.stringify(await api(operation, JSON.parse(body))));
  } catch (error) {
    const { name, message } = error as Error;
    response.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.swf.service.v2.model#${name}`, message }));
  }
});
let client: SFNClient;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new SFNClient({ endpoint, region: 'eu-north-1', credentials: { accessKeyId: 'a', secretAccessKey: 's' }, maxAttempts: 1 });
});

afterAll(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function ended(input: object): Promise<string> {
  const { executionArn } = await client.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
  await engine.settled(String(executionArn));
  return String(executionArn);
}

describe('the API, through the SDK', () => {
  it('starts and describes an execution', async () => {
    const started = await client.send(new StartExecutionCommand({ stateMachineArn, name: 'first', input: '{"pause": 5}' }));
    const executionArn = String(started.executionArn);
    await engine.settled(executionArn);

    const { $metadata: _, ...description } = await client.send(new DescribeExecutionCommand({ executionArn }));

    expect(started.startDate).toEqual(start);
    expect(description).toEqual({
      executionArn: 'arn:aws:states:eu-north-1:123456789012:execution:main:first',
      stateMachineArn,
      name: 'first',
      status: 'SUCCEEDED',
      startDate: start,
      stopDate: new Date('2025-01-01T00:00:05Z'),
      input: '{"pause":5}',
      inputDetails: { included: true },
      output: '{"done":true}',
      outputDetails: { included: true },
      redriveCount: 0,
      redriveStatus: 'NOT_REDRIVABLE',
      redriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven',
    });
  });

  it('describes a failure and redrives it, once for each request', async () => {
    const executionArn = await ended({ pause: 0, error: 'Broken' });
    const failed = await client.send(new DescribeExecutionCommand({ executionArn }));

    const redrive = new RedriveExecutionCommand({ executionArn, clientToken: 'same' });
    const dates = [await client.send(redrive), await client.send(redrive)].map(({ redriveDate }) => redriveDate);
    await engine.settled(executionArn);

    expect(failed).toMatchObject({ status: 'FAILED', error: 'Broken', cause: 'as told', redriveStatus: 'REDRIVABLE' });
    expect(dates[0]).toBeInstanceOf(Date);
    expect(dates[1]).toEqual(dates[0]);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ redriveCount: 1, redriveDate: dates[0] });
  });

  it('pages through the history', async () => {
    const executionArn = await ended({ pause: 1 });
    const pages = [];

    for await (const page of paginateGetExecutionHistory({ client, pageSize: 3 }, { executionArn })) pages.push(page.events ?? []);

    expect(pages.map((page) => page.length)).toEqual([3, 3, 2]);
    expect(pages.flat().map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(pages.flat()[1]).toMatchObject({
      type: 'WaitStateEntered',
      previousEventId: 0,
      stateEnteredEventDetails: { name: 'Pause', input: '{"pause":1}' },
    });
    expect(pages.flat()[1]?.timestamp).toBeInstanceOf(Date);
  });

  it('gives the history in reverse', async () => {
    const executionArn = await ended({ pause: 0 });

    const { events } = await client.send(new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }));

    expect(events).toMatchObject([{ id: 8, type: 'ExecutionSucceeded', executionSucceededEventDetails: { output: '{"done":true}' } }]);
  });

  it('stops an execution', async () => {
    const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('hanging'), input: {} });

    const { stopDate } = await client.send(new StopExecutionCommand({ executionArn, error: 'Operator', cause: 'Ctrl-C' }));

    expect(stopDate).toBeInstanceOf(Date);
    expect(engine.describeExecution(executionArn)).toMatchObject({ status: 'ABORTED', error: 'Operator', cause: 'Ctrl-C' });
  });

  it('lists executions by status, the newest first', async () => {
    const older = await ended({ pause: 0, error: 'Older' });
    const newer = await ended({ pause: 0, error: 'Newer' });

    const { executions } = await client.send(new ListExecutionsCommand({ stateMachineArn, statusFilter: 'FAILED', maxResults: 2 }));

    expect(executions?.map(({ executionArn }) => executionArn)).toEqual([newer, older]);
  });

  it.each([
    ['ExecutionDoesNotExist', () => new DescribeExecutionCommand({ executionArn: 'arn:none' })],
    ['ExecutionDoesNotExist', () => new GetExecutionHistoryCommand({ executionArn: 'arn:none' })],
    ['StateMachineDoesNotExist', () => new StartExecutionCommand({ stateMachineArn: arnOf('none') })],
    ['InvalidExecutionInput', () => new StartExecutionCommand({ stateMachineArn, input: 'not json' })],
    ['ExecutionAlreadyExists', () => new StartExecutionCommand({ stateMachineArn, name: 'first', input: '{}' })],
    [
      'ExecutionNotRedrivable',
      () => new RedriveExecutionCommand({ executionArn: stateMachineArn.replace('stateMachine', 'execution').concat(':first') }),
    ],
    ['ValidationException', () => new StartExecutionCommand({ stateMachineArn, traceHeader: 'x' })],
    ['ValidationException', () => new GetExecutionHistoryCommand({ executionArn: 'arn', includeExecutionData: false })],
    ['ValidationException', () => new DescribeExecutionCommand({ executionArn: 'arn', includedData: 'METADATA_ONLY' })],
  ])('refuses with %s', async (name, command) => {
    await expect(client.send(command() as DescribeExecutionCommand)).rejects.toMatchObject({ name });
  });

  it('refuses operations that it does not have', async () => {
    await expect(api('CreateStateMachine', {})).rejects.toMatchObject({ name: 'UnknownOperationException' });
    await expect(api('constructor', {})).rejects.toMatchObject({ name: 'UnknownOperationException' });
  });
});
