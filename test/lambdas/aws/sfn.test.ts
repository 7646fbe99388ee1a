import { describe, expect, it } from 'vitest';
import { givenAws } from '../../fixtures/aws.ts';

const calls = () => import('../../../lambdas/aws/sfn.ts');
const execution = { stateMachineArn: 'arn:aws:states:eu-north-1:111122223333:stateMachine:m', name: 'e', input: '{}' };

describe('starting an execution', () => {
  it('hands over machine, name and input', async () => {
    const requests = await givenAws('{"executionArn":"arn","startDate":1}');
    const { startExecution } = await calls();

    expect(await startExecution(execution)).toBe(true);

    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(execution);
  });

  it('tells when one of that name was started before', async () => {
    await givenAws('400 {"__type":"ExecutionAlreadyExists","message":"x"}');
    const { startExecution } = await calls();

    expect(await startExecution(execution)).toBe(false);
  });

  it('fails when Step Functions refuses', async () => {
    await givenAws('400 {"__type":"StateMachineDoesNotExist","message":"x"}');
    const { startExecution } = await calls();

    await expect(startExecution(execution)).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  });
});

describe('the status of an execution', () => {
  const executionArn = 'arn:aws:states:eu-north-1:111122223333:execution:m:e';

  it('is what Step Functions says', async () => {
    await givenAws('{"status":"ABORTED"}');
    const { statusOf } = await calls();

    expect(await statusOf(executionArn)).toBe('ABORTED');
  });

  it('is unknown when Step Functions has forgotten it, and not when it may not be asked', async () => {
    await givenAws('400 {"__type":"ExecutionDoesNotExist","message":"x"}', '400 {"__type":"AccessDeniedException","message":"x"}');
    const { statusOf } = await calls();

    expect(await statusOf(executionArn)).toBeUndefined();
    await expect(statusOf(executionArn)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('asking whether a machine runs', () => {
  it.each([
    ['[{"executionArn":"e"}]', true],
    ['[]', false],
  ])('of whose running executions %s is listed: %s', async (executions, expected) => {
    const requests = await givenAws(`{"executions":${executions}}`);
    const { hasRunning } = await calls();

    expect(await hasRunning('machine')).toBe(expected);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ stateMachineArn: 'machine', statusFilter: 'RUNNING', maxResults: 1 });
  });
});

describe('reading the history of an execution', () => {
  const executionArn = 'arn:aws:states:eu-north-1:111122223333:execution:m:e';
  const page = (events: readonly object[], more = {}) => JSON.stringify({ events, ...more });
  const scheduled = (details: object) => ({
    id: 2,
    previousEventId: 1,
    type: 'TaskScheduled',
    timestamp: 2,
    taskScheduledEventDetails: details,
  });

  it('takes every page, and of an event what it is, not what goes in or out', async () => {
    const entered = {
      id: 1,
      previousEventId: 0,
      type: 'TaskStateEntered',
      timestamp: 1.5,
      stateEnteredEventDetails: { name: 'A', input: '{}' },
    };
    const failed = { id: 3, previousEventId: 2, type: 'TaskFailed', timestamp: 3, taskFailedEventDetails: { error: 'E', cause: 'c' } };
    const requests = await givenAws(page([entered], { nextToken: 'more' }), page([failed]));
    const { readHistory } = await calls();

    const events = await readHistory(executionArn);

    expect(events).toEqual([
      { id: 1, previousEventId: 0, type: 'TaskStateEntered', at: 1500, state: 'A' },
      { id: 3, previousEventId: 2, type: 'TaskFailed', at: 3000, error: 'E', cause: 'c' },
    ]);
    expect(requests.map(({ body }) => JSON.parse(body))).toEqual([
      { executionArn, maxResults: 1000 },
      { executionArn, maxResults: 1000, nextToken: 'more' },
    ]);
  });

  it.each([
    ['is handed to run-on-nodes', 'states', 'CheckNodes'],
    ['stands in what a Lambda is told', 'lambda', undefined],
  ])('names an action that %s: %s', async (_when, resourceType, action) => {
    await givenAws(page([scheduled({ resourceType, parameters: '{"StateMachineArn":"arn","Input":{"action":"CheckNodes"}}' })]));
    const { readHistory } = await calls();

    const [event] = await readHistory(executionArn);

    expect(event?.action).toBe(action);
  });
});
