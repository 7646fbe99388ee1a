import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { givenCluster, type Resource, resourcesIn, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

let template: Template;
let alarms: Map<string, Resource['Properties']>;
beforeAll(() => {
  template = synthesizeCluster(givenCluster({ objectives: { recoveryPointHours: 30, verificationDays: 8 } }));
  alarms = alarmsIn(template);
});

/** The alarms by the end of their names: `BackupFailed`. */
function alarmsIn(of: Template): typeof alarms {
  const all = [...resourcesOf(of, 'AWS::CloudWatch::Alarm').values()].map(({ Properties }) => Properties);
  return new Map(all.map((alarm) => [alarm.AlarmName.replace('hopsdr-north-', ''), alarm]));
}

/** The metrics that an alarm adds up: name, and the logical id that its dimension refers to. */
const summands = (name: string) => {
  const [sum, ...metrics] = alarms.get(name)?.Metrics ?? [];
  const ids = metrics.map(({ Id }: { Id: string }) => Id);
  expect(sum.Expression).toBe(ids.join(' + '));
  // biome-ignore lint/suspicious/noExplicitAny: a metric of the template
  return metrics.map(({ MetricStat: { Metric, Stat, Period } }: any) => {
    return `${Stat} of ${Metric.Namespace}/${Metric.MetricName} in ${Period} s of ${Metric.Dimensions[0].Value.Ref}`;
  });
};

const idOf = (type: string, matches: (properties: Resource['Properties']) => boolean) =>
  Object.entries(resourcesIn(template)).find(([, { Type, Properties }]) => Type === type && matches(Properties))?.[0];

describe('every alarm', () => {
  it('tells the topic when it begins, and one that watches a state also when it is over', () => {
    const topic = { Ref: idOf('AWS::SNS::Topic', () => true) };

    const actions = [...alarms].map(([name, { AlarmActions, OKActions = [] }]) => ({ name, AlarmActions, OKActions }));

    expect(actions.length).toBeGreaterThan(8);
    expect(actions.filter(({ AlarmActions }) => JSON.stringify(AlarmActions) !== JSON.stringify([topic]))).toEqual([]);
    expect(actions.filter(({ OKActions }) => OKActions.length > 0).map(({ name, OKActions }) => [name, OKActions])).toEqual(
      ['RecoveryPointTooOld', 'VerificationTooOld', 'DeadLetters', 'DebrisFound', 'UnreadableManifests'].map((name) => [name, [topic]]),
    );
  });

  it('names its cluster, in its name and in its text', () => {
    const texts = [...resourcesOf(template, 'AWS::CloudWatch::Alarm').values()].map(({ Properties }) => Properties);

    expect(texts.filter(({ AlarmName }) => !AlarmName.startsWith('hopsdr-north-'))).toEqual([]);
    expect(texts.filter(({ AlarmDescription }) => !AlarmDescription.startsWith('Hopsworks cluster north: '))).toEqual([]);
  });

  it('leaves half of the 1,024 characters that CloudWatch takes to the link', () => {
    const texts = [...alarms.values()].map(({ AlarmDescription }) => AlarmDescription.replace(/\S+$/, ''));

    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThanOrEqual(512);
  });

  it('may reach people: topic and key let CloudWatch in, for alarms of these names only', () => {
    const [policy] = [...resourcesOf(template, 'AWS::SNS::TopicPolicy').values()];
    const keys = [...resourcesOf(template, 'AWS::KMS::Key').values()];
    const isCloudWatch = ({ Effect, Principal }: Resource['Properties']) =>
      Effect === 'Allow' && Principal.Service === 'cloudwatch.amazonaws.com';

    const [publishing, ...others] = policy?.Properties.PolicyDocument.Statement.filter(isCloudWatch) ?? [];
    const [topic] = [...resourcesOf(template, 'AWS::SNS::Topic').values()];
    const encrypting = keys
      .flatMap(({ Properties }) => Properties.KeyPolicy.Statement.filter(isCloudWatch))
      .flatMap(({ Action }) => Action);

    expect(others).toEqual([]);
    expect(publishing.Action).toBe('sns:Publish');
    expect(JSON.stringify(publishing.Condition.ArnLike['aws:SourceArn'])).toContain(':alarm:hopsdr-north-*');
    expect(topic?.Properties.KmsMasterKeyId).toBeDefined();
    expect(encrypting).toEqual(expect.arrayContaining(['kms:Decrypt', expect.stringMatching(/^kms:GenerateDataKey\*?$/)]));
  });
});

describe('the alarm of', () => {
  it.each([
    ['BackupFailed', 'backup'],
    ['RestoreFailed', 'restore'],
    ['VerifyFailed', 'verify'],
    ['SweepFailed', 'sweep'],
    ['CleanUpFailed', 'clean-up'],
  ])('%s counts what failed, timed out or was stopped of the machine %s', (name, machine) => {
    const id = idOf('AWS::StepFunctions::StateMachine', ({ StateMachineName }) => StateMachineName === `hopsdr-north-${machine}`);

    const counted = summands(name);

    expect(counted).toEqual(['Failed', 'TimedOut', 'Aborted'].map((end) => `Sum of AWS/States/Executions${end} in 300 s of ${id}`));
    expect(alarms.get(name)).toMatchObject({ Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1 });
  });

  it('each Lambda counts its errors and throttles', () => {
    const functions = Object.entries(resourcesIn(template)).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');

    const counted = [...alarms.keys()].filter((name) => name.startsWith('LambdaErrors-')).map(summands);

    const expected = functions.map(([id]) => ['Errors', 'Throttles'].map((name) => `Sum of AWS/Lambda/${name} in 300 s of ${id}`));
    expect(counted.map(String).sort()).toEqual(expected.map(String).sort());
  });

  it('dead letters watches the queue that everything undeliverable goes to', () => {
    const queues = resourcesOf(template, 'AWS::SQS::Queue');

    const alarm = alarms.get('DeadLetters');

    expect(queues.size).toBe(1);
    expect(alarm).toMatchObject({
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Statistic: 'Maximum',
      Threshold: 0,
    });
    expect(alarm.Dimensions).toEqual([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [idOf('AWS::SQS::Queue', () => true), 'QueueName'] } }]);
  });

  it('an old recovery point fires as well when nobody measures its age: no schedule, no backup, no Lambda', () => {
    const alarm = alarms.get('RecoveryPointTooOld');

    expect(alarm).toMatchObject({
      MetricName: 'RecoveryPointAgeSeconds',
      Statistic: 'Maximum',
      Threshold: 30 * 3600,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('an old verification counts those of every depth, and fires as well when nobody has verified, or measures', () => {
    expect(alarms.get('VerificationTooOld')).toMatchObject({
      MetricName: 'VerificationAgeSeconds',
      Dimensions: expect.arrayContaining([{ Name: 'Depth', Value: 'objects' }]),
      Statistic: 'Maximum',
      Threshold: 8 * 86_400,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  it('an old recovery point, or verification, is there only for who has an objective', () => {
    const without = alarmsIn(synthesizeCluster(givenCluster({ schedules: [], objectives: { recoveryPointHours: null } })));

    expect([...alarms.keys()].filter((name) => !without.has(name))).toEqual(['RecoveryPointTooOld', 'VerificationTooOld']);
  });

  it.each(['DebrisFound', 'UnreadableManifests'])('%s stays as it is while nobody looks', (name) => {
    expect(alarms.get(name)).toMatchObject({ Statistic: 'Maximum', Threshold: 0, TreatMissingData: 'ignore' });
  });

  it('what is measured in the bucket has periods in which somebody looks', () => {
    const watch = resourcesOf(template, 'AWS::Scheduler::Schedule').get('Schedules/WatchBackups')?.Properties;
    const minutes = Number(/^rate\((\d+) minutes\)$/.exec(watch.ScheduleExpression)?.[1]);
    const own = [...alarms.values()].filter(({ Namespace }) => Namespace === 'HopsworksDR');

    expect(own.map(({ Period }) => Period / 60)).toEqual([minutes, minutes, minutes, minutes]);
    expect(watch.FlexibleTimeWindow.Mode).toBe('OFF');
  });

  it('an event that happens seldom is not on when nothing happens', () => {
    const events = [...alarms].filter(([name]) => /Failed$|^LambdaErrors|^DeadLetters/.test(name));

    expect(events.length).toBeGreaterThan(8);
    expect(new Set(events.map(([, { TreatMissingData }]) => TreatMissingData))).toEqual(new Set(['notBreaching']));
  });
});
