import { describe, expect, it } from 'vitest';
import { grantsIn, textOf } from '../fixtures/grants.ts';
import { givenCluster, type Resource, resourcesIn, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

const template = synthesizeCluster(
  givenCluster({
    schedules: [
      { name: 'nightly', expression: 'cron(0 3 * * ? *)', timeZone: 'Europe/Stockholm', flexibleMinutes: 30 },
      { name: 'noon', expression: 'cron(0 12 * * ? *)', flexibleMinutes: 0, enabled: false },
    ],
    verifications: [{ name: 'weekly', expression: 'cron(0 6 ? * SUN *)', depth: 'bytes' }],
    objectives: { verificationDays: 8 },
  }),
);
const schedules = resourcesOf(template, 'AWS::Scheduler::Schedule');
const propertiesOf = (name: string) => (schedules.get(`Schedules/${name}`) as Resource).Properties;
const write = textOf(resourcesIn(template));

describe('the schedules of a cluster', () => {
  it('are those of its file, and the one that watches', () => {
    expect([...schedules.keys()].sort()).toEqual(['Schedules/WatchBackups', 'Schedules/nightly', 'Schedules/noon', 'Schedules/weekly']);
  });

  it('run at their time in their time zone, within their flexible window', () => {
    expect(propertiesOf('nightly')).toMatchObject({
      ScheduleExpression: 'cron(0 3 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Stockholm',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 30 },
      State: 'ENABLED',
    });
  });

  it('run to the minute without a flexible window, in UTC without a time zone', () => {
    expect(propertiesOf('noon')).toMatchObject({ ScheduleExpressionTimezone: 'UTC', FlexibleTimeWindow: { Mode: 'OFF' } });
  });

  it('exist and do nothing when they are disabled', () => {
    expect(propertiesOf('noon').State).toBe('DISABLED');
  });

  it('start backups through start-backup, naming themselves and the time that was scheduled, whenever it is delivered', () => {
    const { Arn, Input } = propertiesOf('nightly').Target;

    expect(write(Arn)).toBe('<Functions/start-backup>');
    expect(JSON.parse(Input)).toEqual({ schedule: 'nightly', scheduledTime: '<aws.scheduler.scheduled-time>' });
  });

  it('start verifications through start-verification, naming the depth, too', () => {
    const { ScheduleExpression, Target } = propertiesOf('weekly');

    expect(ScheduleExpression).toBe('cron(0 6 ? * SUN *)');
    expect(write(Target.Arn)).toBe('<Functions/start-verification>');
    expect(JSON.parse(Target.Input)).toEqual({ schedule: 'weekly', scheduledTime: '<aws.scheduler.scheduled-time>', depth: 'bytes' });
  });

  it.each(['nightly', 'noon', 'weekly', 'WatchBackups'])('deliver %s again when that fails, then to the dead letters', (name) => {
    const { RetryPolicy, DeadLetterConfig } = propertiesOf(name).Target;

    expect(RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0);
    expect(RetryPolicy.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(600);
    expect(write(DeadLetterConfig.Arn)).toBe('<DeadLetters/Queue>');
  });

  it('look every 15 minutes whether backups are there', () => {
    const { ScheduleExpression, Target } = propertiesOf('WatchBackups');

    expect(ScheduleExpression).toBe('rate(15 minutes)');
    expect(write(Target.Arn)).toBe('<Functions/watch-backups>');
  });

  it('are in a group of the cluster, for which alone the Scheduler gets the role', () => {
    const role = resourcesOf(template, 'AWS::IAM::Role').get('Schedules/Role') as Resource;
    const [statement] = role.Properties.AssumeRolePolicyDocument.Statement;

    expect(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup').get('Schedules/Group')?.Properties.Name).toBe('hopsdr-north');
    expect(statement.Principal).toEqual({ Service: 'scheduler.amazonaws.com' });
    expect(Object.values(statement.Condition.StringEquals).map(write)).toEqual(['<AWS::AccountId>', '<Schedules/Group>']);
  });
});

describe('a Lambda that schedules invoke', () => {
  it.each(['start-backup', 'start-verification', 'watch-backups'])(
    '%s is tried again when it fails, then its event goes to the dead letters',
    (name) => {
      const configs = [...resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').values()].map(({ Properties }) => Properties);
      const config = configs.find(({ FunctionName }) => write(FunctionName) === `<Functions/${name}>`);

      expect(config.MaximumRetryAttempts).toBe(2);
      expect(write(config.DestinationConfig.OnFailure.Destination)).toBe('<DeadLetters/Queue>');
      expect(grantsIn(template)).toContainEqual(
        expect.objectContaining({ who: `Functions/${name}-role`, action: 'sqs:SendMessage', resource: '<DeadLetters/Queue>' }),
      );
    },
  );
});

describe('the dead letters', () => {
  const queue = resourcesOf(template, 'AWS::SQS::Queue').get('DeadLetters/Queue') as Resource;

  it('stay as long as SQS keeps them, encrypted', () => {
    expect(queue.Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
  });
});
