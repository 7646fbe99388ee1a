import { describe, expect, it } from 'vitest';
import { arnOf, definition, endless, failing, lambda, practice, runStates } from './practice.ts';

function parallel(branches: Record<string, object>[], more: object = {}) {
  return { Type: 'Parallel', Branches: branches.map((states) => ({ StartAt: Object.keys(states)[0], States: states })), ...more };
}

describe('Parallel', () => {
  it('gives the outputs in the order of its branches, whichever ends first', async () => {
    const { output, startDate, stopDate } = await runStates({
      Both: parallel(
        [
          { Slow: { Type: 'Wait', Seconds: 9, Output: 'slow', End: true } },
          { Fast: { Type: 'Wait', Seconds: 1, Output: 'fast', End: true } },
        ],
        { Assign: { got: '{% $states.result %}' }, Output: { first: '{% $states.result[0] %}' }, Next: 'Read' },
      ),
      Read: { Type: 'Succeed', Output: '{% [$got, $states.input.first] %}' },
    });

    expect({ output, after: Number(stopDate) - startDate }).toEqual({ output: ['slow', 'fast', 'slow'], after: 9000 });
  });

  it('gives every branch its input, or its Arguments', async () => {
    const states = [{ A: { Type: 'Succeed' } }, { B: { Type: 'Pass', End: true } }];

    const plain = await runStates({ Both: parallel(states, { End: true }) }, { a: 1 });
    const shaped = await runStates({ Both: parallel(states, { Arguments: { b: '{% $states.input.a %}' }, End: true }) }, { a: 1 });

    expect(plain.output).toEqual([{ a: 1 }, { a: 1 }]);
    expect(shaped.output).toEqual([{ b: 1 }, { b: 1 }]);
  });

  it('lets branches read outer variables and keeps theirs to themselves', async () => {
    const { output } = await runStates({
      Set: { Type: 'Pass', Assign: { outer: 1 }, Next: 'Both' },
      Both: parallel(
        [
          { A: { Type: 'Pass', Assign: { own: '{% $outer + 1 %}' }, Next: 'ReadA' }, ReadA: { Type: 'Succeed', Output: '{% $own %}' } },
          { B: { Type: 'Succeed', Output: '{% $exists($own) %}' } },
        ],
        { Next: 'After' },
      ),
      After: { Type: 'Succeed', Output: '{% [$states.input, $exists($own), $outer] %}' },
    });

    expect(output).toEqual([2, false, false, 1]);
  });

  it('records its events as AWS does', async () => {
    const engine = practice({ one: definition({ Both: parallel([{ A: { Type: 'Pass', End: true } }], { End: true }) }) });
    const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('one'), input: {} });
    await engine.settled(executionArn);

    const events = engine.getExecutionHistory(executionArn).map(({ id, previousEventId, type }) => [id, previousEventId, type]);

    expect(events).toEqual([
      [1, 0, 'ExecutionStarted'],
      [2, 0, 'ParallelStateEntered'],
      [3, 2, 'ParallelStateStarted'],
      [4, 3, 'PassStateEntered'],
      [5, 4, 'PassStateExited'],
      [6, 5, 'ParallelStateSucceeded'],
      [7, 5, 'ParallelStateExited'],
      [8, 7, 'ExecutionSucceeded'],
    ]);
  });

  it('fails with the first failure and stops the other branches and their functions', async () => {
    const hanging = endless();

    const { status, error, events } = await runStates(
      {
        Both: parallel(
          [
            { Hang: lambda('hang', { End: true, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Never' }] }), Never: { Type: 'Succeed' } },
            { Pause: { Type: 'Wait', Seconds: 2, Next: 'Give' }, Give: { Type: 'Fail', Error: 'Broken', Cause: 'up' } },
            { Idle: { Type: 'Wait', Seconds: 99, End: true } },
            { Quick: { Type: 'Succeed' } },
          ],
          { End: true },
        ),
      },
      {},
      { hang: hanging.invoke },
    );

    expect({ status, error, aborted: hanging.aborted }).toEqual({ status: 'FAILED', error: 'Broken', aborted: 1 });
    expect(events.slice(-5)).toEqual([
      'FailStateEntered',
      'TaskStateAborted',
      'WaitStateAborted',
      'ParallelStateFailed',
      'ExecutionFailed',
    ]);
  });

  it('starts all branches again when it retries, and reports no failure for that', async () => {
    let calls = 0;
    const flaky = () => (++calls < 2 ? failing('Flaky')() : 'ok');

    const { output, events } = await runStates(
      {
        Both: parallel([{ A: lambda('flaky', { Output: '{% $states.result.Payload %}', End: true }) }], {
          Retry: [{ ErrorEquals: ['Flaky'] }],
          End: true,
        }),
      },
      {},
      { flaky },
    );

    expect(output).toEqual(['ok']);
    expect(events.filter((type) => type.startsWith('Parallel'))).toEqual([
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ParallelStateStarted',
      'ParallelStateSucceeded',
      'ParallelStateExited',
    ]);
  });

  it('catches what a branch does not, with States.NoChoiceMatched among it', async () => {
    const only = { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'Stop' }] };
    const Catch = [{ ErrorEquals: ['States.NoChoiceMatched'], Output: '{% $states.errorOutput.Error %}', Next: 'Caught' }];

    const { output, events } = await runStates({
      Both: parallel([{ Only: only, Stop: { Type: 'Succeed' } }], { Catch, End: true }),
      Caught: { Type: 'Succeed' },
    });

    expect(output).toBe('States.NoChoiceMatched');
    expect(events.slice(4, 6)).toEqual(['ParallelStateFailed', 'ParallelStateExited']);
  });

  it('fails with States.DataLimitExceeded when the outputs together are too large', async () => {
    const half = (name: string) => ({ [name]: { Type: 'Succeed', Output: "{% $pad('', 140000, 'x') %}" } });

    const { error } = await runStates({ Both: parallel([half('A'), half('B')], { End: true }) });

    expect(error).toBe('States.DataLimitExceeded');
  });

  it('runs its branches anew whenever it is entered', async () => {
    let calls = 0;

    const { output } = await runStates(
      {
        Both: parallel([{ A: lambda('count', { Output: '{% $states.result.Payload %}', End: true }) }], { Next: 'Again' }),
        Again: { Type: 'Choice', Choices: [{ Condition: '{% $states.input[0] < 3 %}', Next: 'Both' }], Default: 'Done' },
        Done: { Type: 'Succeed' },
      },
      {},
      { count: () => ++calls },
    );

    expect(output).toEqual([3]);
  });

  it('nests', async () => {
    const inner = parallel([{ A: { Type: 'Succeed', Output: 1 } }, { B: { Type: 'Succeed', Output: 2 } }], { End: true });

    const { output } = await runStates({ Outer: parallel([{ Inner: inner }], { End: true }) });

    expect(output).toEqual([[1, 2]]);
  });
});
