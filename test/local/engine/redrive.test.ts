import { describe, expect, it } from 'vitest';
import { arnOf, CHILD, definition, failing, lambda, started, typesOf } from './practice.ts';

/** Fails until it is repaired, then gives 'ok'; remembers its payloads. */
function repairable() {
  const payloads: unknown[] = [];
  let broken = true;
  return {
    payloads,
    repair: () => {
      broken = false;
    },
    invoke: (_name: string, payload: unknown) => {
      payloads.push(payload);
      return broken ? failing('Broken')() : 'ok';
    },
  };
}

describe('RedriveExecution', () => {
  it('continues at the failed state with its input and variables, without entering it again', async () => {
    const part = repairable();
    const { engine, arn } = started(
      {
        Set: { Type: 'Pass', Assign: { x: 5 }, Output: { b: 2 }, Next: 'Ask' },
        Ask: lambda('part', { Arguments: { FunctionName: 'part', Payload: '{% [$x, $states.input.b] %}' }, Next: 'Done' }),
        Done: { Type: 'Succeed', Output: '{% $states.context.Execution.RedriveCount %}' },
      },
      { part: part.invoke },
    );
    const { startDate } = await engine.settled(arn);
    const before = typesOf(engine, arn).length;
    part.repair();

    engine.redriveExecution(arn);

    expect(await engine.settled(arn)).toMatchObject({ status: 'SUCCEEDED', output: 1, redriveCount: 1, startDate, executionArn: arn });
    expect(part.payloads).toEqual([
      [5, 2],
      [5, 2],
    ]);
    const added = engine.getExecutionHistory(arn).slice(before, before + 5);
    expect(added.map(({ id, previousEventId, type }) => [id - before, previousEventId - before, type])).toEqual([
      [1, 0, 'ExecutionRedriven'],
      [2, 1, 'TaskScheduled'],
      [3, 2, 'TaskStarted'],
      [4, 3, 'TaskSucceeded'],
      [5, 4, 'TaskStateExited'],
    ]);
  });

  it('runs only those branches again that did not succeed', async () => {
    const [part, good, idle] = [repairable(), repairable(), repairable()];
    good.repair();
    idle.repair();
    const branch = (name: string, more: object = {}) => ({ StartAt: name, States: { [name]: lambda(name, { End: true, ...more }) } });
    const Branches = [
      branch('good'),
      { StartAt: 'Pause', States: { Pause: { Type: 'Wait', Seconds: 1, Next: 'part' }, part: lambda('part', { End: true }) } },
      { StartAt: 'Long', States: { Long: { Type: 'Wait', Seconds: 30, Next: 'idle' }, idle: lambda('idle', { End: true }) } },
    ];
    const Both = { Type: 'Parallel', Branches, Output: '{% $states.result.Payload %}', End: true };
    const { engine, arn } = started({ Both }, { part: part.invoke, good: good.invoke, idle: idle.invoke });
    await engine.settled(arn);
    part.repair();

    engine.redriveExecution(arn);

    expect((await engine.settled(arn)).output).toEqual(['ok', 'ok', 'ok']);
    expect([good, part, idle].map(({ payloads }) => payloads.length)).toEqual([1, 2, 1]);
  });

  it('runs all branches again when their outputs were too large together', async () => {
    const part = repairable();
    part.repair();
    const States = { part: lambda('part', { Output: "{% $pad('', 140000, 'x') %}", End: true }) };
    const other = { Same: { Type: 'Succeed', Output: "{% $pad('', 140000, 'x') %}" } };
    const Both = {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'part', States },
        { StartAt: 'Same', States: other },
      ],
      End: true,
    };
    const { engine, arn } = started({ Both }, { part: part.invoke });
    await engine.settled(arn);

    engine.redriveExecution(arn);

    expect((await engine.settled(arn)).error).toBe('States.DataLimitExceeded');
    expect(part.payloads).toHaveLength(2);
  });

  it('starts the child of a failed task anew', async () => {
    const part = repairable();
    const Call = { Type: 'Task', Resource: CHILD, Arguments: { StateMachineArn: arnOf('child') }, End: true };
    const child = definition({ Ask: lambda('part', { End: true }) });
    const { engine, arn } = started({ Call }, { part: part.invoke }, {}, { child });
    await engine.settled(arn);
    part.repair();

    engine.redriveExecution(arn);

    expect((await engine.settled(arn)).status).toBe('SUCCEEDED');
    expect(engine.listExecutions(arnOf('child')).map(({ status }) => status)).toEqual(['SUCCEEDED', 'FAILED']);
  });

  it('allows all retries again and resets the time of the machine', async () => {
    const part = repairable();
    const Ask = lambda('part', { Retry: [{ ErrorEquals: ['Broken'], IntervalSeconds: 20, MaxAttempts: 2, BackoffRate: 1 }], End: true });
    const { engine, arn } = started({ Ask }, { part: part.invoke }, { TimeoutSeconds: 60 });
    await engine.settled(arn);

    engine.redriveExecution(arn);

    expect((await engine.settled(arn)).error).toBe('Broken');
    expect(part.payloads).toHaveLength(6);
  });

  it('continues a stopped and a timed out execution', async () => {
    const { engine, arn } = started({ Idle: { Type: 'Wait', Seconds: 9, End: true } }, {}, { TimeoutSeconds: 5 });
    const stopped = engine.startExecution({ stateMachineArn: arnOf('main'), input: {} }).executionArn;
    await engine.stopExecution(stopped);
    await engine.settled(arn);

    const again = [engine.redriveExecution(stopped).status, engine.redriveExecution(arn).status];

    expect(again).toEqual(['RUNNING', 'RUNNING']);
    await engine.stopAll();
  });

  it('enters a Fail state again and fails again', async () => {
    const { engine, arn } = started({ Give: { Type: 'Fail', Error: 'Broken' } });
    await engine.settled(arn);

    engine.redriveExecution(arn);
    await engine.settled(arn);

    expect(typesOf(engine, arn).slice(-3)).toEqual(['ExecutionRedriven', 'FailStateEntered', 'ExecutionFailed']);
  });

  it.each([['SUCCEEDED'], ['RUNNING']])('refuses an execution that is %s', async (status) => {
    const { engine, arn } = started({ Idle: { Type: 'Wait', Seconds: 9, End: true } });
    if (status === 'SUCCEEDED') await engine.settled(arn);

    expect(() => engine.redriveExecution(arn)).toThrow(expect.objectContaining({ name: 'ExecutionNotRedrivable' }));
    expect(engine.describeExecution(arn).notRedrivable).toBe(`Execution is ${status} and cannot be redriven`);
  });
});
