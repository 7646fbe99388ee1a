import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../../local/simulation/virtual-clock.ts';
import { arnOf, CHILD, definition, endless, lambda, practice, started, typesOf } from './practice.ts';

describe('StartExecution', () => {
  const idle = { Idle: { Type: 'Wait', Seconds: 9, End: true } };

  it('gives the running execution again for the same name and input', () => {
    const { engine, arn } = started(idle);

    const again = engine.startExecution({ stateMachineArn: arnOf('main'), name: 'run', input: { a: 1 } });

    expect(again.executionArn).toBe(arn);
    expect(engine.listExecutions(arnOf('main'))).toHaveLength(1);
  });

  it('refuses the name for another input, and after the execution has ended', async () => {
    const { engine, arn } = started(idle);
    const start = (input: unknown) => () => engine.startExecution({ stateMachineArn: arnOf('main'), name: 'run', input });

    expect(start({ a: 2 })).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
    await engine.settled(arn);
    expect(start({ a: 1 })).toThrow(expect.objectContaining({ name: 'ExecutionAlreadyExists' }));
  });

  it.each([
    ['StateMachineDoesNotExist', { stateMachineArn: arnOf('none'), input: {} }],
    ['InvalidName', { stateMachineArn: arnOf('main'), name: 'a b', input: {} }],
    ['InvalidName', { stateMachineArn: arnOf('main'), name: 'x'.repeat(81), input: {} }],
    ['InvalidExecutionInput', { stateMachineArn: arnOf('main'), input: 'x'.repeat(262_144) }],
  ])('refuses with %s', (name, request) => {
    const { engine } = started(idle);

    expect(() => engine.startExecution(request)).toThrow(expect.objectContaining({ name }));
  });
});

describe('TimeoutSeconds of the machine', () => {
  it('ends execution and function as TIMED_OUT, whatever Retry and Catch say', async () => {
    const hanging = endless();
    const all = [{ ErrorEquals: ['States.ALL'] }];
    const Hang = lambda('hang', { Retry: all, Catch: [{ ...all[0], Next: 'Caught' }], End: true });
    const { engine, arn } = started({ Hang, Caught: { Type: 'Succeed' } }, { hang: hanging.invoke }, { TimeoutSeconds: 60 });

    const { status, error, startDate, stopDate } = await engine.settled(arn);

    expect({ status, error, after: Number(stopDate) - startDate }).toEqual({ status: 'TIMED_OUT', error: 'States.Timeout', after: 60_000 });
    expect(hanging.aborted).toBe(1);
    expect(typesOf(engine, arn).at(-1)).toBe('ExecutionTimedOut');
  });
});

it('leaves no timer behind when an execution ends before its times are over', async () => {
  const clock = virtualClock();
  const engine = practice(
    { main: definition({ Ask: lambda('ask', { TimeoutSeconds: 50, End: true }) }, { TimeoutSeconds: 60 }) },
    {},
    clock,
  );

  await engine.settled(engine.startExecution({ stateMachineArn: arnOf('main'), input: {} }).executionArn);

  expect(clock.sleepers.size).toBe(0);
});

describe('StopExecution', () => {
  it('ends the execution as ABORTED, with its function, whatever Retry and Catch say', async () => {
    const hanging = endless();
    const { engine, arn } = started(
      { Hang: lambda('hang', { Retry: [{ ErrorEquals: ['States.ALL'] }], End: true }) },
      { hang: hanging.invoke },
    );
    await reaching(engine, arn, 'TaskStarted');

    const { status, error, cause } = await engine.stopExecution(arn, { error: 'Operator', cause: 'Ctrl-C' });

    expect({ status, error, cause, aborted: hanging.aborted }).toEqual({
      status: 'ABORTED',
      error: 'Operator',
      cause: 'Ctrl-C',
      aborted: 1,
    });
    expect(typesOf(engine, arn)).toEqual(['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'ExecutionAborted']);
  });

  it('does not call a function any more', async () => {
    let calls = 0;
    const { engine, arn } = started({ Ask: lambda('ask', { End: true }) }, { ask: () => ++calls });
    engine.onEvent(({ type }) => type === 'TaskStarted' && void engine.stopExecution(arn));

    const { status } = await engine.settled(arn);

    expect({ status, calls }).toEqual({ status: 'ABORTED', calls: 0 });
  });

  it('stops children and branches too', async () => {
    const hanging = endless();
    const call = { Type: 'Task', Resource: CHILD, Arguments: { StateMachineArn: arnOf('child'), Name: 'nested' }, End: true };
    const idle = { StartAt: 'Idle', States: { Idle: { Type: 'Wait', Seconds: 999, End: true } } };
    const Both = { Type: 'Parallel', Branches: [{ StartAt: 'Call', States: { Call: call } }, idle], End: true };
    const child = definition({ Hang: lambda('hang', { End: true }) });
    const { engine, arn } = started({ Both }, { hang: hanging.invoke }, {}, { child });
    await reaching(engine, arn, 'TaskSubmitted');
    const [nested] = engine.listExecutions(arnOf('child'));
    await reaching(engine, String(nested?.executionArn), 'TaskStarted');

    await engine.stopExecution(arn);

    expect((await engine.settled(String(nested?.executionArn))).status).toBe('ABORTED');
    expect(hanging.aborted).toBe(1);
    expect(typesOf(engine, arn).filter((type) => type.endsWith('Aborted'))).toEqual(['ExecutionAborted']);
  });

  it('leaves an execution that has ended as it is', async () => {
    const { engine, arn } = started({ Done: { Type: 'Succeed' } });
    await engine.settled(arn);

    expect((await engine.stopExecution(arn)).status).toBe('SUCCEEDED');
  });

  it('reaches all executions with stopAll', async () => {
    const { engine, arn } = started({ Idle: { Type: 'Wait', Seconds: 99_999_999, End: true } });
    const other = engine.startExecution({ stateMachineArn: arnOf('main'), input: {} }).executionArn;

    await engine.stopAll();

    expect([arn, other].map((each) => engine.describeExecution(each).status)).toEqual(['ABORTED', 'ABORTED']);
  });
});

describe('onEvent', () => {
  it('tells every event with the execution it belongs to, until it is ended', async () => {
    const { engine, arn } = started({ Idle: { Type: 'Wait', Seconds: 1, End: true } });
    const seen: string[] = [];
    const end = engine.onEvent(({ executionArn, id, type }) => seen.push(`${executionArn === arn} ${id} ${type}`));
    await engine.settled(arn);
    end();
    engine.startExecution({ stateMachineArn: arnOf('main'), input: {} });

    expect(seen).toEqual(['true 2 WaitStateEntered', 'true 3 WaitStateExited', 'true 4 ExecutionSucceeded']);
  });
});

/** Resolves when the execution has recorded an event of this type. */
function reaching(engine: ReturnType<typeof practice>, arn: string, type: string): Promise<void> {
  return new Promise((resolve) => {
    const check = () => (typesOf(engine, arn).includes(type) ? resolve() : undefined);
    engine.onEvent(check);
    check();
  });
}
