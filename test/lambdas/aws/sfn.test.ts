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
