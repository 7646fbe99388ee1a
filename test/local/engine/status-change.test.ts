import { describe, expect, it } from 'vitest';
import type { Engine, StatusChange } from '../../../local/engine/engine.ts';
import { arnOf, definition, failing, lambda, practice } from './practice.ts';

const executionArn = arnOf('main').replace('stateMachine', 'execution').concat(':run');

/** Every change of status of one execution of these states, and of what `act` does to it then. */
async function changesOf(states: Record<string, object>, input: unknown, functions = {}, act: (engine: Engine) => unknown = () => {}) {
  const engine = practice({ main: definition(states) }, functions);
  const changes: StatusChange[] = [];
  engine.onStatusChange((change) => changes.push(change));
  engine.startExecution({ stateMachineArn: arnOf('main'), name: 'run', input });
  await engine.settled(executionArn);
  await act(engine);
  await engine.settled(executionArn);
  return changes;
}

describe('a change of status', () => {
  it('has the shape of the event that AWS sends, at the start and at the end', async () => {
    const wait = { Idle: { Type: 'Wait', Seconds: 5, Output: { done: true }, End: true } };

    const [start, end] = await changesOf(wait, { a: 1 });

    const startDate = Date.UTC(2025, 0, 1);
    const common = { stateMachineVersionArn: null, stateMachineAliasArn: null, redriveCount: 0, redriveDate: null };
    const names = { executionArn, stateMachineArn: arnOf('main'), name: 'run', startDate, input: '{"a":1}', error: null, cause: null };
    expect(start).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      account: '123456789012',
      time: '2025-01-01T00:00:00Z',
      region: 'eu-north-1',
      resources: [executionArn],
      detail: {
        ...common,
        ...names,
        status: 'RUNNING',
        stopDate: null,
        output: null,
        inputDetails: { included: true },
        outputDetails: null,
        redriveStatus: 'NOT_REDRIVABLE',
        redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
      },
    });
    expect(end?.time).toBe('2025-01-01T00:00:05Z');
    expect(end?.detail).toMatchObject({
      ...names,
      status: 'SUCCEEDED',
      stopDate: startDate + 5000,
      output: '{"done":true}',
      outputDetails: { included: true },
    });
  });

  it('tells error and cause of a failure, and of its redrive', async () => {
    const changes = await changesOf({ Ask: lambda('ask', { End: true }) }, {}, { ask: failing('DiskFull') }, (engine) =>
      engine.redriveExecution(executionArn),
    );

    expect(changes.map(({ detail }) => [detail.status, detail.error, detail.redriveCount])).toEqual([
      ['RUNNING', null, 0],
      ['FAILED', 'DiskFull', 0],
      ['RUNNING', null, 1],
      ['FAILED', 'DiskFull', 1],
    ]);
    expect(changes[1]?.detail).toMatchObject({ output: null, cause: expect.stringContaining('broken'), redriveStatus: 'REDRIVABLE' });
  });

  it('leaves out what is too large for an event', async () => {
    const large = { Large: { Type: 'Succeed', Output: "{% $pad('', 150000, 'x') %}" } };

    const [start, end] = await changesOf(large, 'x'.repeat(150_000));

    expect([start, end].map((change) => change?.detail.input?.length)).toEqual([150_002, undefined]);
    expect(end?.detail).toMatchObject({ input: null, inputDetails: { included: false }, outputDetails: { included: true } });
  });

  it('is told of stopped executions, and until nobody listens any more', async () => {
    const engine = practice({ main: definition({ Idle: { Type: 'Wait', Seconds: 99_999_999, End: true } }) });
    const statuses: string[] = [];
    const end = engine.onStatusChange(({ detail }) => statuses.push(`${detail.status} ${detail.cause}`));
    const start = () => engine.startExecution({ stateMachineArn: arnOf('main'), input: {} }).executionArn;

    await engine.stopExecution(start(), { cause: 'Ctrl-C' });
    end();
    await engine.stopExecution(start());

    expect(statuses).toEqual(['RUNNING null', 'ABORTED Ctrl-C']);
  });
});
