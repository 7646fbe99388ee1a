import { describe, expect, it } from 'vitest';
import { loadDefinition } from '../../../local/engine/load.ts';
import { CHILD, definition, LAMBDA, PUBLISH } from './practice.ts';

const done = { Done: { Type: 'Succeed' } };
const pass = { Type: 'Pass', Next: 'Done' };
const task = { Type: 'Task', Resource: LAMBDA, Arguments: { FunctionName: 'f' }, Next: 'Done' };
const wait = { Type: 'Wait', Next: 'Done' };
const choice = { Type: 'Choice', Default: 'Done' };
const branch = { StartAt: 'Inner', States: { Inner: { Type: 'Succeed' } } };
const parallel = { Type: 'Parallel', Branches: [branch], Next: 'Done' };
const rule = { Condition: '{% true %}', Next: 'Done' };

function load(machine: unknown): void {
  loadDefinition({ arn: 'arn:aws:states:eu-north-1:1:stateMachine:m', name: 'm', definition: machine }, new Set());
}

describe('a state is refused, by machine, state and field, for', () => {
  it.each<[string, object, string]>([
    ['a state type that is not supported', { Type: 'Map' }, 'field "Type": not supported: "Map"'],
    ['a state without type', { Next: 'Done' }, 'field "Type": not supported: undefined'],
    ['a field that is not supported', { ...task, HeartbeatSeconds: 5 }, 'not supported: HeartbeatSeconds'],
    ['Credentials', { ...task, Credentials: {} }, 'not supported: Credentials'],
    ['a field of JSONPath', { ...task, ResultPath: '$.x' }, 'not supported: ResultPath'],
    ['InputPath', { ...pass, InputPath: '$' }, 'not supported: InputPath'],
    ['Result', { ...pass, Result: 1 }, 'not supported: Result'],
    ['Parameters', { ...pass, Parameters: {} }, 'not supported: Parameters'],
    ['QueryLanguage JSONPath', { ...pass, QueryLanguage: 'JSONPath' }, 'field "QueryLanguage"'],
    ['a resource that is not supported', { ...task, Resource: 'arn:aws:states:::sqs:sendMessage' }, 'field "Resource": not supported'],
    ['a callback', { ...task, Resource: `${LAMBDA}.waitForTaskToken` }, 'field "Resource": not supported'],
    ['a function as resource', { ...task, Resource: 'arn:aws:lambda:eu-north-1:1:function:f' }, 'field "Resource": not supported'],
    [
      'another pattern of startExecution',
      { ...task, Resource: 'arn:aws:states:::states:startExecution' },
      'field "Resource": not supported',
    ],
    [
      'an argument that is not supported',
      { ...task, Arguments: { FunctionName: 'f', Qualifier: '1' } },
      'field "Arguments": not supported: Qualifier',
    ],
    ['arguments that cannot be read beforehand', { ...task, Arguments: '{% $x %}' }, 'field "Arguments"'],
    [
      'a message with attributes',
      { ...task, Resource: PUBLISH, Arguments: { TopicArn: 't', Message: 'm', MessageAttributes: {} } },
      'field "Arguments": not supported: MessageAttributes',
    ],
    [
      'a message that is no text',
      { ...task, Resource: PUBLISH, Arguments: { TopicArn: 't', Message: { a: 1 } } },
      'field "Arguments/Message"',
    ],
    ['no arguments', { Type: 'Task', Resource: LAMBDA, Next: 'Done' }, 'field "Arguments"'],
    [
      'a machine that does not exist',
      { ...task, Resource: CHILD, Arguments: { StateMachineArn: 'arn:x' } },
      'field "Arguments/StateMachineArn"',
    ],
    ['a timeout of 0', { ...task, TimeoutSeconds: 0 }, 'field "TimeoutSeconds"'],
    ['neither Next nor End', { Type: 'Pass' }, 'exactly one of Next, End'],
    ['both Next and End', { ...pass, End: true }, 'exactly one of Next, End'],
    ['End: false', { Type: 'Pass', End: false }, 'field "End"'],
    ['a Next that does not exist', { ...pass, Next: 'None' }, 'field "Next": there is no state "None"'],
    [
      'a Catch that leads nowhere',
      { ...task, Catch: [{ ErrorEquals: ['A'], Next: 'None' }] },
      'field "Catch[0]/Next": there is no state "None"',
    ],
    [
      'a choice that leads nowhere',
      { ...choice, Choices: [{ ...rule, Next: 'None' }] },
      'field "Choices[0]/Next": there is no state "None"',
    ],
    ['a Default that leads nowhere', { ...choice, Choices: [rule], Default: 'None' }, 'field "Default": there is no state "None"'],
    ['a wait for nothing', wait, 'exactly one of Seconds, Timestamp'],
    ['a wait for two things', { ...wait, Seconds: 1, Timestamp: '{% $now() %}' }, 'exactly one of Seconds, Timestamp'],
    ['negative Seconds', { ...wait, Seconds: -1 }, 'field "Seconds"'],
    ['a Timestamp without offset', { ...wait, Timestamp: '2025-01-01T00:00:00' }, 'field "Timestamp"'],
    ['SecondsPath', { ...wait, SecondsPath: '$.x' }, 'not supported: SecondsPath'],
    ['no choices', { ...choice, Choices: [] }, 'field "Choices"'],
    ['a comparison of JSONPath', { ...choice, Choices: [{ ...rule, Variable: '$.x' }] }, 'field "Choices/0": not supported: Variable'],
    ['a condition that is no expression', { ...choice, Choices: [{ ...rule, Condition: 'true' }] }, 'field "Choices/0/Condition"'],
    ['no branches', { ...parallel, Branches: [] }, 'field "Branches"'],
    [
      'a query language of a branch',
      { ...parallel, Branches: [{ ...branch, QueryLanguage: 'JSONata' }] },
      'branch 0: not supported: QueryLanguage',
    ],
    [
      'a branch that leads out',
      { ...parallel, Branches: [{ ...branch, States: { Inner: pass } }] },
      'there is no state "Done" at this level',
    ],
    ['a branch that starts nowhere', { ...parallel, Branches: [{ ...branch, StartAt: 'None' }] }, 'there is no state "None"'],
    ['ErrorPath', { Type: 'Fail', ErrorPath: '$.x' }, 'not supported: ErrorPath'],
    [
      'a retrier field that is not supported',
      { ...task, Retry: [{ ErrorEquals: ['A'], Jitter: 1 }] },
      'field "Retry/0": not supported: Jitter',
    ],
    [
      'a catcher field that is not supported',
      { ...task, Catch: [{ ErrorEquals: ['A'], Next: 'Done', ResultPath: '$' }] },
      'not supported: ResultPath',
    ],
    ['a jitter that is not supported', { ...task, Retry: [{ ErrorEquals: ['A'], JitterStrategy: 'HALF' }] }, 'JitterStrategy'],
    ['an interval of 0', { ...task, Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 0 }] }, 'IntervalSeconds'],
    ['a falling rate', { ...task, Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] }, 'BackoffRate'],
    [
      'a maximum below the interval',
      { ...task, Retry: [{ ErrorEquals: ['A'], IntervalSeconds: 5, MaxDelaySeconds: 5 }] },
      'MaxDelaySeconds',
    ],
    ['no error names', { ...task, Retry: [{ ErrorEquals: [] }] }, 'ErrorEquals'],
    ['an error that never comes', { ...task, Retry: [{ ErrorEquals: ['States.HeartbeatTimeout'] }] }, 'is an error that is not supported'],
    ['States.Runtime, which nothing catches', { ...task, Catch: [{ ErrorEquals: ['States.Runtime'], Next: 'Done' }] }, 'not supported'],
    ['States.ALL beside others', { ...task, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] }, 'field "Retry": States.ALL must stand alone'],
    [
      'States.ALL before others',
      { ...task, Catch: ['States.ALL', 'A'].map((name) => ({ ErrorEquals: [name], Next: 'Done' })) },
      'field "Catch": States.ALL must stand alone and in the last entry',
    ],
    ['a variable without a proper name', { ...pass, Assign: { 'a-b': 1 } }, 'field "Assign/a-b"'],
    ['the reserved variable', { ...pass, Assign: { states: 1 } }, 'field "Assign/states": the name belongs to an outer scope'],
    ['a state name that is used twice', { ...parallel, Branches: [{ StartAt: 'Done', States: done }] }, 'the name is used twice'],
  ])('%s', (_what, state, message) => {
    const machine = definition({ Test: state, ...done });

    expect(() => load(machine)).toThrow(message);
    expect(() => load(machine)).toThrow(/^state machine "m", state "(Test|Inner|Done)"/);
  });

  it('a variable that an outer state assigns', () => {
    const inner = { StartAt: 'Inner', States: { Inner: { Type: 'Pass', Assign: { x: 1 }, End: true } } };

    const machine = definition({
      Set: { Type: 'Pass', Assign: { x: 1 }, Next: 'Both' },
      Both: { ...parallel, Branches: [inner] },
      ...done,
    });

    expect(() => load(machine)).toThrow('state machine "m", state "Inner", field "Assign/x": the name belongs to an outer scope');
  });
});

describe('a machine is refused for', () => {
  it.each<[string, object, string]>([
    ['another query language', { QueryLanguage: 'JSONPath' }, 'field "QueryLanguage"'],
    ['no query language, which means JSONPath', { QueryLanguage: undefined }, 'field "QueryLanguage"'],
    ['a field that is not supported', { ProcessorConfig: {} }, 'not supported: ProcessorConfig'],
    ['another version', { Version: '2.0' }, 'field "Version"'],
    ['a timeout of 0', { TimeoutSeconds: 0 }, 'field "TimeoutSeconds"'],
    ['a start that does not exist', { StartAt: 'None' }, 'field "StartAt": there is no state "None"'],
    ['a state that nothing leads to', { States: { ...done, Lost: { Type: 'Succeed' } } }, 'state "Lost", no transition leads to it'],
    ['a state name of 81 characters', { States: { ...done, ['x'.repeat(81)]: { Type: 'Succeed' } } }, 'field "States/xxx'],
  ])('%s', (_what, more, message) => {
    expect(() => load(definition(done, more))).toThrow(message);
    expect(() => load(definition(done, more))).toThrow(/^state machine "m"/);
  });
});

describe('an expression is refused, by field, in', () => {
  const wrong = '{% $eval("1") %}';
  it.each<[string, object, string]>([
    ['Output', { ...pass, Output: { a: [wrong] } }, 'field "Output/a[0]"'],
    ['Assign', { ...pass, Assign: { a: wrong } }, 'field "Assign/a"'],
    ['Arguments', { ...task, Arguments: { FunctionName: wrong } }, 'field "Arguments/FunctionName"'],
    ['TimeoutSeconds', { ...task, TimeoutSeconds: wrong }, 'field "TimeoutSeconds"'],
    ['Catch', { ...task, Catch: [{ ErrorEquals: ['A'], Next: 'Done', Output: wrong }] }, 'field "Catch[0]/Output"'],
    ['Arguments of a Parallel', { ...parallel, Arguments: wrong }, 'field "Arguments"'],
    ['Seconds', { ...wait, Seconds: wrong }, 'field "Seconds"'],
    ['Timestamp', { ...wait, Timestamp: wrong }, 'field "Timestamp"'],
    ['Condition', { ...choice, Choices: [{ ...rule, Condition: wrong }] }, 'field "Choices[0]/Condition"'],
    ['Output of a rule', { ...choice, Choices: [{ ...rule, Output: wrong }] }, 'field "Choices[0]/Output"'],
    ['Output of Succeed', { Type: 'Succeed', Output: wrong }, 'field "Output"'],
    ['Error', { Type: 'Fail', Error: wrong }, 'field "Error"'],
    ['Cause', { Type: 'Fail', Cause: wrong }, 'field "Cause"'],
    ['a place without a result', { ...pass, Output: '{% $states.result %}' }, '$states.result is not available here'],
    [
      'arguments, which have no result yet',
      { ...task, Arguments: { FunctionName: '{% $states.result %}' } },
      '$states.result is not available here',
    ],
    ['a place without an error', { ...task, Output: '{% $states.errorOutput %}' }, '$states.errorOutput is not available here'],
  ])('%s', (_where, state, message) => {
    const states = 'Next' in state || 'Choices' in state ? { Test: state, ...done } : { Test: state };

    expect(() => load(definition(states))).toThrow(`state machine "m", state "Test", ${message.startsWith('field') ? message : ''}`);
    expect(() => load(definition(states))).toThrow(message);
  });
});
