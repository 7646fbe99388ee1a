import { describe, expect, it } from 'vitest';
import { failing, lambda, runStates } from './practice.ts';

const start = Date.UTC(2025, 0, 1);

describe('Pass and Succeed', () => {
  it('gives its input when it has no Output', async () => {
    const { status, output, events } = await runStates(
      { Keep: { Type: 'Pass', Comment: 'kept', Next: 'Stop' }, Stop: { Type: 'Succeed' } },
      [1],
    );

    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: [1] });
    expect(events).toEqual([
      'ExecutionStarted',
      'PassStateEntered',
      'PassStateExited',
      'SucceedStateEntered',
      'SucceedStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('gives its Output, evaluated at every depth', async () => {
    const Output = { sum: '{% $states.input.a + 1 %}', list: [1, '{% $states.input.a %}', { text: 'plain' }], none: null };

    const { output } = await runStates({ Shape: { Type: 'Succeed', Output } }, { a: 1 });

    expect(output).toEqual({ sum: 2, list: [1, 1, { text: 'plain' }], none: null });
  });
});

describe('variables', () => {
  it('are readable from the next state on, and Assign sees the values from before', async () => {
    const { output } = await runStates({
      First: { Type: 'Pass', Assign: { x: 1, y: 'old' }, Next: 'Second' },
      Second: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: { during: '{% $x %}' }, Next: 'Third' },
      Third: { Type: 'Succeed', Output: { x: '{% $x %}', y: '{% $y %}', during: '{% $states.input.during %}' } },
    });

    expect(output).toEqual({ x: 2, y: 1, during: 1 });
  });

  it('stay unchanged when an expression binds the same name', async () => {
    const { output } = await runStates({
      Set: { Type: 'Pass', Assign: { x: 1 }, Output: { inner: '{% ($x := 5; $x) %}' }, Next: 'Read' },
      Read: { Type: 'Succeed', Output: { inner: '{% $states.input.inner %}', x: '{% $x %}' } },
    });

    expect(output).toEqual({ inner: 5, x: 1 });
  });
});

describe('the context object', () => {
  it('tells execution, machine and state', async () => {
    const fields = ['Execution.Id', 'Execution.Name', 'Execution.StartTime', 'Execution.Input.a', 'Execution.RedriveCount'];
    const paths = [...fields, 'State.Name', 'State.EnteredTime', 'StateMachine.Id', 'StateMachine.Name'];
    const Output = Object.fromEntries(paths.map((path) => [path, `{% $states.context.${path} %}`]));

    const { output, executionArn, name } = await runStates(
      { Pause: { Type: 'Wait', Seconds: 2, Next: 'Tell' }, Tell: { Type: 'Pass', Output, End: true } },
      { a: 7 },
    );

    expect(output).toEqual({
      'Execution.Id': executionArn,
      'Execution.Name': name,
      'Execution.StartTime': '2025-01-01T00:00:00.000Z',
      'Execution.Input.a': 7,
      'Execution.RedriveCount': 0,
      'State.Name': 'Tell',
      'State.EnteredTime': '2025-01-01T00:00:02.000Z',
      'StateMachine.Id': 'arn:aws:states:eu-north-1:123456789012:stateMachine:practised',
      'StateMachine.Name': 'practised',
    });
  });

  it('counts the retries of a task', async () => {
    let calls = 0;
    const flaky = () => (++calls < 3 ? failing('Flaky')() : null);
    const Retry = [{ ErrorEquals: ['Flaky'] }];

    const { output } = await runStates(
      {
        Try: lambda('flaky', { Retry, Assign: { first: '{% $states.context.State.RetryCount %}' }, Next: 'Next' }),
        Next: lambda('flaky', { Retry, Output: '{% [$first, $states.context.State.RetryCount] %}', End: true }),
      },
      {},
      { flaky },
    );

    expect(output).toEqual([2, 0]);
  });
});

describe('Wait', () => {
  it.each([
    ['Seconds', { Seconds: 5 }, 5000],
    ['Seconds from an expression', { Seconds: '{% $states.input.pause * 2 %}' }, 6000],
    ['Timestamp', { Timestamp: '2025-01-01T01:00:10+01:00' }, 10_000],
    ['Timestamp from an expression', { Timestamp: '{% $fromMillis($millis() + 4000) %}' }, 4000],
    ['a Timestamp that has passed', { Timestamp: '2024-01-01T00:00:00Z' }, 0],
  ])('waits for %s', async (_what, fields, milliseconds) => {
    const { status, stopDate, events } = await runStates({ Pause: { Type: 'Wait', ...fields, End: true } }, { pause: 3 });

    expect({ status, after: Number(stopDate) - start }).toEqual({ status: 'SUCCEEDED', after: milliseconds });
    expect(events).toEqual(['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded']);
  });

  it('assigns and gives an Output', async () => {
    const { output } = await runStates({
      Pause: { Type: 'Wait', Seconds: 0, Assign: { x: 1 }, Output: { y: 2 }, Next: 'Read' },
      Read: { Type: 'Succeed', Output: '{% [$x, $states.input.y] %}' },
    });

    expect(output).toEqual([1, 2]);
  });

  it.each([
    ['Seconds', '{% 1.5 %}', 'an integer from 0 to 99999999 is needed, not 1.5'],
    ['Seconds', '{% -1 %}', 'an integer from 0 to 99999999 is needed, not -1'],
    ['Seconds', "{% '1' %}", 'an integer from 0 to 99999999 is needed, not "1"'],
    ['Timestamp', "{% '2025-01-01 00:00:00Z' %}", 'an ISO 8601 timestamp with T and offset is needed'],
    ['Timestamp', "{% '2025-01-01T00:00:00' %}", 'an ISO 8601 timestamp with T and offset is needed'],
    ['Timestamp', "{% '2025-13-01T00:00:00Z' %}", 'an ISO 8601 timestamp with T and offset is needed'],
  ])('fails when its %s is %s', async (field, expression, message) => {
    const { error, cause, events } = await runStates({ Pause: { Type: 'Wait', [field]: expression, End: true } });

    expect(error).toBe('States.QueryEvaluationError');
    expect(cause).toContain(`State 'Pause': Field '${field}': ${message}`);
    expect(events.slice(-2)).toEqual(['EvaluationFailed', 'ExecutionFailed']);
  });
});

describe('Choice', () => {
  const choose = {
    Choose: {
      Type: 'Choice',
      Assign: { way: 'default' },
      Output: { from: 'state' },
      Choices: [
        { Condition: '{% $states.input.n > 10 %}', Next: 'Read', Assign: { way: 'many' }, Output: { from: 'rule' } },
        { Condition: '{% $states.input.n > 1 %}', Next: 'Read', Assign: { way: 'some' } },
      ],
      Default: 'Read',
    },
    Read: { Type: 'Succeed', Output: { way: '{% $way %}', input: '{% $states.input %}' } },
  };

  it.each([
    ['first rule that is true, with its Assign and Output', 11, { way: 'many', input: { from: 'rule' } }],
    ['second rule, whose output is the input', 5, { way: 'some', input: { n: 5 } }],
    ["Default with the state's own Assign and Output", 0, { way: 'default', input: { from: 'state' } }],
  ])('takes the %s', async (_what, n, expected) => {
    const { output } = await runStates(choose, { n });

    expect(output).toEqual(expected);
  });

  it('fails with States.NoChoiceMatched when no rule is true and there is no Default', async () => {
    const only = { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Stop' }] };

    const { status, error } = await runStates({ Only: only, Stop: { Type: 'Succeed' } });

    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.NoChoiceMatched' });
  });

  it('fails when a condition is neither true nor false', async () => {
    const only = { Type: 'Choice', Choices: [{ Condition: '{% 1 %}', Next: 'Stop' }] };

    const { error, cause } = await runStates({ Only: only, Stop: { Type: 'Succeed' } });

    expect({ error, cause }).toEqual({
      error: 'States.QueryEvaluationError',
      cause: "State 'Only': Field 'Choices[0]/Condition': true or false is needed, not 1",
    });
  });
});

describe('Fail', () => {
  it.each([
    ['constants', { Error: 'Broken', Cause: 'It broke.' }, { error: 'Broken', cause: 'It broke.' }],
    ['expressions', { Error: '{% $states.input.e %}', Cause: "{% 'not ' & $states.input.e %}" }, { error: 'Good', cause: 'not Good' }],
    ['nothing', {}, {}],
  ])('fails the execution with %s', async (_what, fields, expected) => {
    const { status, error, cause, events } = await runStates({ Give: { Type: 'Fail', Comment: 'up', ...fields } }, { e: 'Good' });

    expect({ status, ...(error && { error }), ...(cause && { cause }) }).toEqual({ status: 'FAILED', ...expected });
    expect(events).toEqual(['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed']);
  });

  it('fails with States.QueryEvaluationError when its Error is no string', async () => {
    const { error } = await runStates({ Give: { Type: 'Fail', Error: '{% 5 %}' } });

    expect(error).toBe('States.QueryEvaluationError');
  });
});

describe('limits', () => {
  const large = (bytes: number) => `{% $pad('', ${bytes}, 'x') %}`;

  it('gives an output of exactly 256 KiB and not one byte more', async () => {
    const fits = await runStates({ Grow: { Type: 'Succeed', Output: large(262_142) } });
    const fails = await runStates({ Grow: { Type: 'Succeed', Output: large(262_143) } });

    expect(fits.status).toBe('SUCCEEDED');
    expect(fails.error).toBe('States.DataLimitExceeded');
  });

  it('counts bytes of UTF-8, not characters', async () => {
    const { error } = await runStates({ Grow: { Type: 'Succeed', Output: "{% $pad('', 131100, 'é') %}" } });

    expect(error).toBe('States.DataLimitExceeded');
  });

  it('refuses to assign more than 256 KiB', async () => {
    const { error } = await runStates({ Keep: { Type: 'Pass', Assign: { x: large(262_143) }, End: true } });

    expect(error).toBe('States.DataLimitExceeded');
  });

  it('fails an execution whose history would grow beyond 25,000 events', async () => {
    const { status, error, events } = await runStates({
      Round: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'Round' }], Default: 'Never' },
      Never: { Type: 'Succeed' },
    });

    expect({ status, error, count: events.length }).toEqual({ status: 'FAILED', error: 'States.Runtime', count: 25_000 });
  }, 60_000);
});
