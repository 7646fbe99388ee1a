import { describe, expect, it } from 'vitest';
import { arnOf, CHILD, definition, endless, failing, lambda, practice, runStates } from './practice.ts';

describe('a Lambda task', () => {
  it('gives the function its payload and the state the answer', async () => {
    const received: unknown[] = [];
    const greet = (name: string, payload: unknown) => {
      received.push([name, payload]);
      return { greeting: 'hi' };
    };
    const Arguments = { FunctionName: '{% $states.input.f %}', Payload: { who: '{% $states.input.who %}' } };

    const { output } = await runStates({ Greet: lambda('greet', { Arguments, End: true }) }, { f: 'greet', who: 'you' }, { greet });

    expect(received).toEqual([['greet', { who: 'you' }]]);
    expect(output).toEqual({ ExecutedVersion: '$LATEST', Payload: { greeting: 'hi' }, StatusCode: 200 });
  });

  it('sends {} without Payload and reads undefined as null', async () => {
    let received: unknown;
    const none = (_name: string, payload: unknown) => {
      received = payload;
    };

    const { output } = await runStates(
      { None: lambda('none', { Arguments: { FunctionName: 'none' }, Output: '{% $states.result.Payload %}', End: true }) },
      {},
      { none },
    );

    expect({ received, output }).toEqual({ received: {}, output: null });
  });

  it('gives its result to Output and Assign', async () => {
    const { output } = await runStates(
      {
        Ask: lambda('ask', {
          Assign: { a: '{% $states.result.Payload.a %}' },
          Output: { b: '{% $states.result.Payload.b %}' },
          Next: 'Read',
        }),
        Read: { Type: 'Succeed', Output: '{% [$a, $states.input.b] %}' },
      },
      {},
      { ask: () => ({ a: 1, b: 2 }) },
    );

    expect(output).toEqual([1, 2]);
  });

  it('fails with the name of the error, and type, message and trace as its cause', async () => {
    const { status, error, cause } = await runStates({ Ask: lambda('ask', { End: true }) }, {}, { ask: failing('DiskFull', 'no space') });

    expect({ status, error }).toEqual({ status: 'FAILED', error: 'DiskFull' });
    expect(JSON.parse(String(cause))).toEqual({ errorType: 'DiskFull', errorMessage: 'no space', trace: expect.any(Array) });
  });

  it('fails with States.Runtime, which nothing catches, when its function name is no string', async () => {
    const Arguments = { FunctionName: '{% 5 %}' };
    const Catch = [{ ErrorEquals: ['States.ALL'], Next: 'Stop' }];

    const { error, events } = await runStates({ Ask: lambda('', { Arguments, Catch, End: true }), Stop: { Type: 'Succeed' } });

    expect(error).toBe('States.Runtime');
    expect(events).toEqual(['ExecutionStarted', 'TaskStateEntered', 'ExecutionFailed']);
  });

  it('fails with States.DataLimitExceeded when the answer is larger than 256 KiB', async () => {
    const { error, events } = await runStates({ Ask: lambda('ask', { End: true }) }, {}, { ask: () => 'x'.repeat(262_144) });

    expect(error).toBe('States.DataLimitExceeded');
    expect(events.slice(-2)).toEqual(['TaskFailed', 'ExecutionFailed']);
  });

  it('fails with States.DataLimitExceeded when its arguments are larger than 256 KiB', async () => {
    const Arguments = { FunctionName: 'ask', Payload: "{% $pad('', 262144, 'x') %}" };

    const { error } = await runStates({ Ask: lambda('', { Arguments, End: true }) });

    expect(error).toBe('States.DataLimitExceeded');
  });

  it('records scheduling, start and success as AWS does', async () => {
    const engine = practice({ one: definition({ Ask: lambda('ask', { TimeoutSeconds: 9, End: true }) }) }, { ask: () => 1 });
    const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('one'), input: { a: 1 } });
    await engine.settled(executionArn);

    const events = engine.getExecutionHistory(executionArn).map(({ timestamp: _timestamp, ...event }) => event);

    const kind = { resourceType: 'lambda', resource: 'invoke' };
    const untruncated = { truncated: false };
    const result = '{"ExecutedVersion":"$LATEST","Payload":1,"StatusCode":200}';
    expect(events).toEqual([
      {
        id: 1,
        previousEventId: 0,
        type: 'ExecutionStarted',
        executionStartedEventDetails: { input: '{"a":1}', inputDetails: untruncated },
      },
      {
        id: 2,
        previousEventId: 0,
        type: 'TaskStateEntered',
        stateEnteredEventDetails: { name: 'Ask', input: '{"a":1}', inputDetails: untruncated },
      },
      {
        id: 3,
        previousEventId: 2,
        type: 'TaskScheduled',
        taskScheduledEventDetails: {
          ...kind,
          region: 'eu-north-1',
          parameters: '{"FunctionName":"ask","Payload":{"a":1}}',
          timeoutInSeconds: 9,
        },
      },
      { id: 4, previousEventId: 3, type: 'TaskStarted', taskStartedEventDetails: kind },
      {
        id: 5,
        previousEventId: 4,
        type: 'TaskSucceeded',
        taskSucceededEventDetails: { ...kind, output: result, outputDetails: untruncated },
      },
      {
        id: 6,
        previousEventId: 5,
        type: 'TaskStateExited',
        stateExitedEventDetails: { name: 'Ask', output: result, outputDetails: untruncated },
      },
      {
        id: 7,
        previousEventId: 6,
        type: 'ExecutionSucceeded',
        executionSucceededEventDetails: { output: result, outputDetails: untruncated },
      },
    ]);
  });
});

describe('TimeoutSeconds of a task', () => {
  it.each([[30], ['{% $states.input.limit %}']])('ends the function and fails with States.Timeout after %s', async (TimeoutSeconds) => {
    const hanging = endless();

    const { status, error, startDate, stopDate, events } = await runStates(
      { Hang: lambda('hang', { TimeoutSeconds, End: true }) },
      { limit: 30 },
      { hang: hanging.invoke },
    );

    expect({ status, error, after: Number(stopDate) - startDate }).toEqual({ status: 'FAILED', error: 'States.Timeout', after: 30_000 });
    expect(hanging.aborted).toBe(1);
    expect(events.slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
  });

  it('fails with States.QueryEvaluationError when it is not positive', async () => {
    const { error } = await runStates({ Ask: lambda('ask', { TimeoutSeconds: '{% 0 %}', End: true }) });

    expect(error).toBe('States.QueryEvaluationError');
  });

  it('does not hold up or fail a task that ends in time', async () => {
    const { status } = await runStates({ Ask: lambda('ask', { TimeoutSeconds: 1, End: true }) }, {}, { ask: () => 1 });

    expect(status).toBe('SUCCEEDED');
  });
});

describe('a task that starts another machine', () => {
  const parent = definition({
    Call: {
      Type: 'Task',
      Resource: CHILD,
      Arguments: { StateMachineArn: arnOf('child'), Input: '{% $states.input %}', Name: 'nested' },
      TimeoutSeconds: 60,
      End: true,
    },
  });
  const run = async (child: object, functions = {}, input: unknown = { a: 1 }) => {
    const engine = practice({ parent, child }, functions);
    const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('parent'), input });
    const ended = await engine.settled(executionArn);
    return { engine, ended, types: engine.getExecutionHistory(executionArn).map(({ type }) => type) };
  };
  const childArn = arnOf('child').replace('stateMachine', 'execution').concat(':nested');

  it('gives the description of the child with its output parsed', async () => {
    const { ended, types } = await run(definition({ Done: { Type: 'Succeed', Output: { b: '{% $states.input.a + 1 %}' } } }));

    expect(ended.output).toMatchObject({ ExecutionArn: childArn, Name: 'nested', Status: 'SUCCEEDED', Input: { a: 1 }, Output: { b: 2 } });
    expect(types.slice(2, 6)).toEqual(['TaskScheduled', 'TaskStarted', 'TaskSubmitted', 'TaskSucceeded']);
  });

  it('fails with States.TaskFailed and the description of the child as its cause', async () => {
    const { ended } = await run(definition({ Ask: lambda('ask', { End: true }) }), { ask: failing('DiskFull') });

    expect(ended.error).toBe('States.TaskFailed');
    const cause = JSON.parse(String(ended.cause));
    expect(cause).toMatchObject({ Status: 'FAILED', Error: 'DiskFull', ExecutionArn: childArn });
    expect(JSON.parse(cause.Cause)).toMatchObject({ errorType: 'DiskFull' });
  });

  it('reports the timeout of a child as States.TaskFailed', async () => {
    const { ended } = await run(definition({ Hang: { Type: 'Wait', Seconds: 50, End: true } }, { TimeoutSeconds: 5 }));

    expect(ended.error).toBe('States.TaskFailed');
    expect(JSON.parse(String(ended.cause))).toMatchObject({ Status: 'TIMED_OUT', Error: 'States.Timeout' });
  });

  it('stops the child and its functions when its own time is over', async () => {
    const hanging = endless();

    const { engine, ended } = await run(definition({ Hang: lambda('hang', { End: true }) }), { hang: hanging.invoke });

    expect(ended.error).toBe('States.Timeout');
    expect((await engine.settled(childArn)).status).toBe('ABORTED');
    expect(hanging.aborted).toBe(1);
  });

  it.each([
    [
      'is unknown',
      { StateMachineArn: "{% 'arn:aws:states:eu-north-1:1:stateMachine:none' %}" },
      'StepFunctions.StateMachineDoesNotExistException',
    ],
    ['is given an impossible name', { StateMachineArn: arnOf('done'), Name: 'a b' }, 'StepFunctions.InvalidNameException'],
    ['is given text that is no JSON', { StateMachineArn: arnOf('done'), Input: 'no' }, 'StepFunctions.InvalidExecutionInputException'],
  ])('fails by name when the machine %s', async (_what, Arguments, expected) => {
    const call = definition({ Call: { Type: 'Task', Resource: CHILD, Arguments, End: true } });
    const engine = practice({ call, done: definition({ Done: { Type: 'Succeed' } }) });

    const { error } = await engine.settled(engine.startExecution({ stateMachineArn: arnOf('call'), input: {} }).executionArn);

    expect(error).toBe(expected);
  });

  it('reads Input that is a string as JSON text', async () => {
    const Arguments = { StateMachineArn: arnOf('done'), Input: '{"a":1}' };
    const call = definition({ Call: { Type: 'Task', Resource: CHILD, Arguments, Output: '{% $states.result.Output %}', End: true } });
    const engine = practice({ call, done: definition({ Done: { Type: 'Succeed' } }) });

    const { output } = await engine.settled(engine.startExecution({ stateMachineArn: arnOf('call'), input: {} }).executionArn);

    expect(output).toEqual({ a: 1 });
  });
});
