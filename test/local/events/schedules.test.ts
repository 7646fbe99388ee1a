import { describe, expect, it } from 'vitest';
import { FUNCTION, givenEvents, MACHINE } from './given.ts';

const nightly = (change: object = {}, target: object = {}) => ({
  Name: 'nightly',
  GroupName: 'hopsdr-x',
  ScheduleExpression: 'cron(0 2 * * ? *)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
  State: 'ENABLED',
  Target: { Arn: FUNCTION, RoleArn: 'role', Input: '{"schedule":"nightly","at":"<aws.scheduler.scheduled-time>"}', ...target },
  ...change,
});
const time = new Date('2026-11-22T02:00:00.123Z');

describe('a schedule', () => {
  it('starts its function with its input and the time it was meant for, and gives the answer', async () => {
    const { deliverSchedule, received } = givenEvents({ schedules: [nightly()] }, { invoke: async () => ({ started: true }) });

    const answer = await deliverSchedule('nightly', time);

    expect(received).toEqual([[FUNCTION, { schedule: 'nightly', at: '2026-11-22T02:00:00Z' }]]);
    expect(answer).toEqual({ started: true });
  });

  it('knows the other placeholders of the Scheduler, and leaves unknown ones', async () => {
    const names = ['schedule-arn', 'execution-id', 'attempt-number', 'colour'];
    const Input = JSON.stringify(names.map((name) => `<aws.scheduler.${name}>`));
    const { deliverSchedule, received } = givenEvents({ schedules: [nightly({}, { Input })] });

    await deliverSchedule('nightly', time);

    const values = [
      'arn:aws:scheduler:eu-north-1:1:schedule/a/nightly',
      expect.stringMatching(/^[0-9a-f]{16}$/),
      '1',
      '<aws.scheduler.colour>',
    ];
    expect(received).toEqual([[FUNCTION, values]]);
  });

  it('sends an event when it has no input', async () => {
    const { deliverSchedule, received } = givenEvents({ schedules: [nightly({}, { Input: undefined })] });

    await deliverSchedule('nightly', time);

    expect(received).toMatchObject([[FUNCTION, { source: 'aws.scheduler', time: '2026-11-22T02:00:00Z', region: 'eu-north-1' }]]);
  });

  it.each([
    ['is unknown', [nightly()], 'weekly', 'There is no schedule weekly, only nightly'],
    ['is unknown where there is none', [], 'weekly', 'There is no schedule weekly, only none'],
    ['is disabled', [nightly({ State: 'DISABLED' })], 'nightly', 'The schedule nightly is disabled'],
  ])('is not delivered when it %s', async (_, schedules, name, message) => {
    const { deliverSchedule, received } = givenEvents({ schedules });

    await expect(deliverSchedule(name, time)).rejects.toThrow(message);
    expect(received).toEqual([]);
  });

  it('tells the failure of its function', async () => {
    const { deliverSchedule } = givenEvents({ schedules: [nightly()] }, { invoke: () => Promise.reject(new Error('throttled')) });

    await expect(deliverSchedule('nightly', time)).rejects.toThrow('throttled');
  });

  it.each([
    ['a property that is not understood', nightly({ StartDate: '2026-01-01' }), 'StartDate'],
    ['a target that is not understood', nightly({}, { SqsParameters: {} }), 'SqsParameters'],
    ['a target that is no function', nightly({}, { Arn: MACHINE }), 'which is no Lambda function'],
  ])('is refused by name for %s', (_, refused, message) => {
    const loading = () => givenEvents({ schedules: [refused] });

    expect(loading).toThrow('The schedule nightly');
    expect(loading).toThrow(message);
  });
});
