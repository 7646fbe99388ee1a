// @ts-expect-error it comes without type declarations
import aslValidator from 'asl-validator';
import { expect, it } from 'vitest';
import { arnOf, CHILD, definition, LAMBDA, PUBLISH, practice } from './practice.ts';

const Retry = [
  {
    ErrorEquals: ['States.TaskFailed', 'Lambda.TooManyRequestsException'],
    Comment: 'again',
    IntervalSeconds: 1,
    MaxAttempts: 0,
    BackoffRate: 1.5,
    MaxDelaySeconds: 9,
    JitterStrategy: 'FULL',
  },
  { ErrorEquals: ['States.ALL'], MaxAttempts: 0, JitterStrategy: 'NONE' },
];
const Catch = [{ ErrorEquals: ['States.ALL'], Comment: 'caught', Assign: { a: 1 }, Output: { b: 1 }, Next: 'GiveUp' }];
const common = { Comment: 'a comment', QueryLanguage: 'JSONata', Assign: { x: 1 }, Output: '{% $states.input %}' };

/** Every state type with every field that the engine knows. */
const everything = definition(
  {
    Start: { ...common, Type: 'Pass', Next: 'Invoke' },
    Invoke: {
      ...common,
      Type: 'Task',
      Resource: LAMBDA,
      Arguments: { FunctionName: 'f', Payload: { n: '{% $x %}' } },
      TimeoutSeconds: '{% 5 %}',
      Retry,
      Catch,
      Next: 'Nest',
    },
    Nest: {
      ...common,
      Type: 'Task',
      Resource: CHILD,
      Arguments: { StateMachineArn: arnOf('child'), Input: { a: 1 }, Name: 'nested' },
      TimeoutSeconds: 5,
      Retry,
      Catch,
      Next: 'Tell',
    },
    Tell: {
      ...common,
      Type: 'Task',
      Resource: PUBLISH,
      Arguments: { TopicArn: 'arn:aws:sns:eu-north-1:1:topic', Subject: "{% 'Told' %}", Message: '{% $string($states.input) %}' },
      TimeoutSeconds: '{% $x + 1500 %}',
      Retry,
      Catch,
      Next: 'Pause',
    },
    Pause: { ...common, Type: 'Wait', Seconds: '{% 1 %}', Next: 'Await' },
    Await: { ...common, Type: 'Wait', Timestamp: '2025-01-01T00:00:00Z', Next: 'Both' },
    Both: {
      ...common,
      Type: 'Parallel',
      Arguments: { a: 1 },
      Branches: [{ Comment: 'one', StartAt: 'One', States: { One: { Type: 'Pass', Assign: { own: 1 }, End: true } } }],
      Retry,
      Catch,
      Next: 'Choose',
    },
    Choose: {
      ...common,
      Type: 'Choice',
      Choices: [{ Comment: 'a rule', Condition: '{% $x = 2 %}', Assign: { x: 2 }, Output: { y: 2 }, Next: 'GiveUp' }],
      Default: 'Done',
    },
    Done: { Comment: 'done', QueryLanguage: 'JSONata', Type: 'Succeed', Output: { done: true } },
    GiveUp: { Comment: 'failed', QueryLanguage: 'JSONata', Type: 'Fail', Error: 'GaveUp', Cause: "{% 'because' %}" },
  },
  { Comment: 'everything', Version: '1.0', TimeoutSeconds: 600 },
);

it('accepts every supported field, agrees with asl-validator, and runs it', async () => {
  const { isValid, errorsText } = aslValidator(everything);
  const engine = practice({ everything, child: definition({ Done: { Type: 'Succeed' } }) }, { f: () => null });

  const ended = await engine.settled(engine.startExecution({ stateMachineArn: arnOf('everything'), input: {} }).executionArn);

  expect(errorsText()).toBe('');
  expect(isValid).toBe(true);
  expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { done: true } });
});
