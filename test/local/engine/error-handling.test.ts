import { describe, expect, it } from 'vitest';
import { failing, lambda, runStates } from './practice.ts';

/** Throws the named errors one after the other, then gives 'done'. */
function throwing(...errors: string[]): () => unknown {
  return () => {
    const error = errors.shift();
    return error === undefined ? 'done' : failing(error)();
  };
}

describe('Retry', () => {
  it('waits longer after every failure and succeeds when one attempt does', async () => {
    const Retry = [{ ErrorEquals: ['Flaky'], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 3 }];

    const { status, startDate, stopDate, events } = await runStates(
      { Ask: lambda('ask', { Retry, End: true }) },
      {},
      { ask: throwing('Flaky', 'Flaky') },
    );

    expect({ status, after: Number(stopDate) - startDate }).toEqual({ status: 'SUCCEEDED', after: 9000 });
    const attempt = ['TaskScheduled', 'TaskStarted'];
    expect(events).toEqual([
      'ExecutionStarted',
      'TaskStateEntered',
      ...[...attempt, 'TaskFailed'],
      ...[...attempt, 'TaskFailed'],
      ...[...attempt, 'TaskSucceeded'],
      'TaskStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('never waits longer than MaxDelaySeconds', async () => {
    const Retry = [{ ErrorEquals: ['Flaky'], IntervalSeconds: 3, MaxDelaySeconds: 5 }];

    const { startDate, stopDate } = await runStates(
      { Ask: lambda('ask', { Retry, End: true }) },
      {},
      { ask: throwing('Flaky', 'Flaky', 'Flaky') },
    );

    expect(Number(stopDate) - startDate).toBe(13_000);
  });

  it('has 3 attempts, 1 second and rate 2 by default, then fails', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'] }];

    const { status, error, startDate, stopDate } = await runStates(
      { Ask: lambda('ask', { Retry, End: true }) },
      {},
      { ask: failing('Flaky') },
    );

    expect({ status, error, after: Number(stopDate) - startDate }).toEqual({ status: 'FAILED', error: 'Flaky', after: 7000 });
  });

  it('counts attempts for each retrier, and an exhausted one hands over to Catch', async () => {
    const Retry = [
      { ErrorEquals: ['ErrorA', 'ErrorB'], IntervalSeconds: 1, MaxAttempts: 2 },
      { ErrorEquals: ['ErrorC'], IntervalSeconds: 5 },
      { ErrorEquals: ['States.ALL'] },
    ];
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }];

    const { output, startDate, stopDate } = await runStates(
      {
        Ask: lambda('ask', { Retry, Catch, End: true }),
        Caught: { Type: 'Succeed', Output: '{% $states.input.Error %}' },
      },
      {},
      { ask: throwing('ErrorA', 'ErrorB', 'ErrorC', 'ErrorB') },
    );

    expect({ output, after: Number(stopDate) - startDate }).toEqual({ output: 'ErrorB', after: 8000 });
  });

  it('evaluates the arguments anew at every attempt', async () => {
    const payloads: unknown[] = [];
    const ask = (_name: string, payload: unknown) => {
      payloads.push(payload);
      if (payloads.length < 3) failing('Flaky')();
    };
    const Arguments = { FunctionName: 'ask', Payload: '{% $states.context.State.RetryCount %}' };

    await runStates({ Ask: lambda('ask', { Arguments, Retry: [{ ErrorEquals: ['Flaky'] }], End: true }) }, {}, { ask });

    expect(payloads).toEqual([0, 1, 2]);
  });
});

describe('Catch', () => {
  it('goes on with the error output and the assigned variables', async () => {
    const Catch = [
      { ErrorEquals: ['Other'], Next: 'Never' },
      {
        ErrorEquals: ['DiskFull'],
        Comment: 'caught',
        Assign: { error: '{% $states.errorOutput.Error %}' },
        Output: { message: '{% $parse($states.errorOutput.Cause).errorMessage %}', input: '{% $states.input %}' },
        Next: 'Caught',
      },
    ];

    const { output, events } = await runStates(
      {
        Ask: lambda('ask', { Catch, Next: 'Never' }),
        Never: { Type: 'Fail' },
        Caught: { Type: 'Succeed', Output: { error: '{% $error %}', input: '{% $states.input %}' } },
      },
      { a: 1 },
      { ask: failing('DiskFull', 'no space') },
    );

    expect(output).toEqual({ error: 'DiskFull', input: { message: 'no space', input: { a: 1 } } });
    expect(events).toContain('TaskStateExited');
  });

  it('gives the error output when it has no Output; a timeout has an empty cause', async () => {
    const Catch = [{ ErrorEquals: ['States.Timeout'], Next: 'Caught' }];

    const { output } = await runStates(
      { Hang: lambda('hang', { TimeoutSeconds: 1, Catch, End: true }), Caught: { Type: 'Succeed' } },
      {},
      { hang: () => new Promise(() => {}) },
    );

    expect(output).toEqual({ Error: 'States.Timeout', Cause: '' });
  });

  const large = () => 'x'.repeat(262_144);
  const hang = () => new Promise(() => {});
  const bad = { Output: '{% $nothing %}' };
  it.each([
    ['States.ALL', 'catches', 'an error of a function', failing('Any'), {}],
    ['States.ALL', 'catches', 'a timeout', hang, {}],
    ['States.ALL', 'catches', 'an expression that gives nothing', () => 1, bad],
    ['States.ALL', 'does not catch', 'too much data', large, {}],
    ['States.TaskFailed', 'catches', 'an error of a function', failing('Any'), {}],
    ['States.TaskFailed', 'does not catch', 'a timeout', hang, {}],
    ['States.TaskFailed', 'does not catch', 'too much data', large, {}],
    ['States.DataLimitExceeded', 'catches', 'too much data', large, {}],
    ['States.QueryEvaluationError', 'catches', 'an expression that gives nothing', () => 1, bad],
    ['States.Timeout', 'does not catch', 'an error of a function', failing('Any'), {}],
    ['Lambda.TooManyRequestsException', 'catches', 'that error of the service', failing('Lambda.TooManyRequestsException'), {}],
  ])('of %s %s %s', async (name, verb, _what, ask, more) => {
    const Catch = [{ ErrorEquals: [name], Next: 'Caught' }];

    const { output } = await runStates(
      { Ask: lambda('ask', { TimeoutSeconds: 5, Catch, ...more, End: true }), Caught: { Type: 'Succeed', Output: 'caught' } },
      {},
      { ask },
    );

    expect(output).toBe(verb === 'catches' ? 'caught' : undefined);
  });

  it('does not catch a failure of its own expressions', async () => {
    const Catch = [{ ErrorEquals: ['States.ALL'], Output: '{% $nothing %}', Next: 'Caught' }];

    const { error, cause } = await runStates(
      { Ask: lambda('ask', { Catch, End: true }), Caught: { Type: 'Succeed' } },
      {},
      { ask: failing('Any') },
    );

    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain("Field 'Catch[0]/Output'");
  });
});
