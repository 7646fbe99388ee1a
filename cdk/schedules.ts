import { Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import {
  type IScheduleTarget,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Functions } from './functions.ts';
import { watchPeriod } from './metrics.ts';
import { allow } from './permission.ts';

interface SchedulesProps {
  readonly cluster: Cluster;
  readonly functions: Functions;
  readonly deadLetters: DeadLetters;
}

/** When backups and verifications start, and how often somebody looks whether they did. */
export class Schedules extends Construct {
  private readonly role: Role;
  private readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, { cluster, functions, deadLetters }: SchedulesProps) {
    super(scope, id);
    this.deadLetters = deadLetters.queue;
    const scheduleGroup = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: resourceName(cluster.name),
      // It would stay, and its name be taken when the cluster is deployed again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account, 'aws:SourceArn': scheduleGroup.scheduleGroupArn },
        },
      }),
    });
    const { startBackup, startVerification, watchBackups } = functions;
    const invoked = [startBackup, startVerification, watchBackups].map(({ functionArn }) => functionArn);
    allow(this.role, { actions: ['lambda:InvokeFunction'], resources: invoked });
    allow(this.role, { actions: ['sqs:SendMessage'], resources: [this.deadLetters.queueArn] });

    const add = (of: Cluster['schedules'][number], what: string, starter: Lambda, more = {}) => {
      const { name, expression, timeZone, flexibleMinutes, enabled } = of;
      const input = { schedule: name, scheduledTime: '<aws.scheduler.scheduled-time>', ...more };
      new Schedule(this, name, {
        scheduleGroup,
        scheduleName: name,
        description: `${what} of the Hopsworks cluster ${cluster.name}`,
        schedule: ScheduleExpression.expression(expression, TimeZone.of(timeZone)),
        timeWindow: flexibleMinutes > 0 ? TimeWindow.flexible(Duration.minutes(flexibleMinutes)) : TimeWindow.off(),
        enabled,
        target: this.invoke(starter, Duration.hours(2), ScheduleTargetInput.fromObject(input)),
      });
    };
    for (const schedule of cluster.schedules) add(schedule, 'Backup', startBackup);
    for (const { depth, ...schedule } of cluster.verifications) add(schedule, 'Verification', startVerification, { depth });
    new Schedule(this, 'WatchBackups', {
      scheduleGroup,
      description: `Age of the newest recovery point of the Hopsworks cluster ${cluster.name}`,
      schedule: ScheduleExpression.rate(watchPeriod),
      target: this.invoke(watchBackups, Duration.minutes(10)),
    });
  }

  /** CDK's own target for a Lambda would also admit its versions, and make a role for each. */
  private invoke(lambda: Lambda, maxEventAge: Duration, input?: ScheduleTargetInput): IScheduleTarget {
    return {
      bind: () => ({
        arn: lambda.functionArn,
        role: this.role,
        deadLetterConfig: { arn: this.deadLetters.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: maxEventAge.toSeconds(), maximumRetryAttempts: 20 },
        ...(input && { input }),
      }),
    };
  }
}
