import { describe, expect, it } from 'vitest';
import { FUNCTION, givenEvents, MACHINE, TOPIC } from './given.ts';

const pattern = {
  source: ['aws.states'],
  detail: { status: ['FAILED', 'ABORTED'], stateMachineArn: ['backup', 'restore'] },
};
const event = {
  source: 'aws.states',
  resources: ['one', 'two'],
  detail: { status: 'FAILED', stateMachineArn: 'backup', input: '{}' },
};
const rule = (change: object = {}, target: object = {}) => ({
  State: 'ENABLED',
  EventPattern: pattern,
  Targets: [{ Id: 'Target0', Arn: MACHINE, InputPath: '$.detail', RoleArn: 'role', DeadLetterConfig: { Arn: 'queue' }, ...target }],
  ...change,
});

describe('a rule', () => {
  it('starts its state machine with the detail of an event that matches', async () => {
    const { put, received, stop } = givenEvents({ rules: [rule()] });

    put(event);
    await stop();

    expect(received).toEqual([[MACHINE, event.detail]]);
  });

  it.each([
    ['another text', { ...event, source: 'aws.ec2' }],
    ['another text further down', { ...event, detail: { ...event.detail, status: 'SUCCEEDED' } }],
    ['a missing field', { ...event, detail: { status: 'FAILED' } }],
    ['a missing branch', { source: 'aws.states' }],
    ['a text that only begins like it', { ...event, detail: { ...event.detail, stateMachineArn: 'backup-run-on-nodes' } }],
    ['null', { ...event, detail: null }],
  ])('ignores an event with %s', async (_, other) => {
    const { put, received, stop } = givenEvents({ rules: [rule()] });

    put(other);
    await stop();

    expect(received).toEqual([]);
  });

  it('takes a list in an event for each of its items', async () => {
    const { put, received, stop } = givenEvents({ rules: [rule({ EventPattern: { resources: ['two', 'three'] } })] });

    put(event);
    await stop();

    expect(received).toHaveLength(1);
  });

  it('hands the whole event to functions and topics', async () => {
    const Targets = [FUNCTION, TOPIC].map((Arn) => ({ Id: Arn, Arn }));
    const { put, received, topics, stop } = givenEvents({ rules: [rule({ Targets })] });

    put(event);
    await stop();

    expect(received).toEqual([[FUNCTION, event]]);
    expect(topics.messages).toEqual([{ topicArn: TOPIC, message: JSON.stringify(event) }]);
  });

  it.each([
    ['another comparison', rule({ EventPattern: { source: [{ prefix: 'aws.' }] } }), 'only lists of exact texts'],
    ['another comparison further down', rule({ EventPattern: { detail: { status: [{ exists: false }] } } }), 'only lists of exact texts'],
    ['a text that is no list', rule({ EventPattern: { source: 'aws.states' } }), 'only lists of exact texts'],
    ['an empty list', rule({ EventPattern: { source: [] } }), 'EventPattern'],
    ['a schedule', rule({ ScheduleExpression: 'rate(1 day)' }), 'ScheduleExpression'],
    ['another bus', rule({ EventBusName: 'other' }), 'EventBusName'],
    ['an input transformer', rule({}, { InputTransformer: {} }), 'InputTransformer'],
    ['a constant input', rule({}, { Input: '{}' }), 'Input'],
    ['another path', rule({}, { InputPath: '$.detail.name' }), 'InputPath'],
    ['no target', rule({ Targets: [] }), 'Targets'],
    [
      'a target that does not exist',
      rule({}, { Arn: 'arn:aws:sns:eu-north-1:1:other' }),
      'arn:aws:sns:eu-north-1:1:other, which does not exist',
    ],
  ])('is refused by name for %s', (_, refused, message) => {
    const loading = () => givenEvents({ rules: [refused] });

    expect(loading).toThrow('The rule failed');
    expect(loading).toThrow(message);
  });
});

describe('a bus', () => {
  it.each([
    ['state machine', MACHINE, 'StateMachineDoesNotExist'],
    ['function', FUNCTION, 'Unhandled'],
  ])('says when it is stopped that a %s could not be started', async (_, Arn, message) => {
    const fail = () => {
      throw new Error(message);
    };
    const { put, stop } = givenEvents({ rules: [rule({}, { Arn })] }, { start: fail, invoke: async () => fail() });

    put(event);

    await expect(stop()).rejects.toThrow(`The rule failed could not start ${Arn}: Error: ${message}`);
  });

  it('gives up what it is delivering when it is stopped, and takes nothing more', async () => {
    const invoke = (_arn: string, _payload: unknown, signal: AbortSignal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const { put, stop, received } = givenEvents({ rules: [rule({}, { Arn: FUNCTION })] }, { invoke });
    put(event);

    await stop();
    put(event);

    expect(received).toHaveLength(1);
  });
});
