import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Functions } from './functions.ts';
import { clusterMetric, lambdaErrors, unsuccessful, verificationAge } from './metrics.ts';
import type { Notifications } from './notifications.ts';
import type { StateMachines } from './state-machines.ts';

interface AlarmsProps {
  readonly cluster: Cluster;
  readonly functions: Functions;
  readonly machines: StateMachines;
  readonly deadLetters: DeadLetters;
  readonly notifications: Notifications;
}

/** What an alarm watches, and what it tells: what happened, and what to do in one sentence. */
interface Watch {
  /** The alarm's heading in the runbook, as its link spells it. */
  readonly heading: string;
  readonly metric: IMetric;
  /** The greatest value that is well; 0 unless given. */
  readonly threshold?: number;
  readonly evaluationPeriods?: number;
  readonly missingData?: TreatMissingData;
  /** It tells of an event: that it has not happened again is no reason to write "OK". */
  readonly event?: true;
  readonly happened: string;
  readonly todo: string;
}

const soon = Duration.minutes(5);

/** Tells people what went wrong, and of a state also when it is over, with a heading of the runbook that says what to do. */
export class Alarms extends Construct {
  readonly all: Alarm[] = [];
  private readonly cluster: Cluster;
  private readonly action: SnsAction;

  constructor(scope: Construct, id: string, { cluster, functions, machines, deadLetters, notifications }: AlarmsProps) {
    super(scope, id);
    this.cluster = cluster;
    this.action = new SnsAction(notifications.topic);
    const { recoveryPointHours, verificationDays } = cluster.objectives;

    this.add('BackupFailed', {
      heading: 'backup-failed',
      metric: unsuccessful(machines.backup, soon),
      event: true,
      happened: 'a backup failed, timed out or was stopped',
      todo: 'Read the message that names the error, then redrive the execution or start a new backup.',
    });
    this.add('RestoreFailed', {
      heading: 'restore-failed',
      metric: unsuccessful(machines.restore, soon),
      event: true,
      happened: 'a restore, or the plan of one, failed, timed out or was stopped',
      todo: 'Read the message: it names the error, what to repair, and whether to redrive or to start again.',
    });
    this.add('VerifyFailed', {
      heading: 'verify-failed',
      metric: unsuccessful(machines.verify, soon),
      event: true,
      happened: 'a backup is damaged, or its verification failed, timed out or was stopped',
      todo: 'Read the message: it names what is wrong. Take a backup now if it is damage.',
    });
    this.add('SweepFailed', {
      heading: 'sweep-failed',
      metric: unsuccessful(machines.sweep, soon),
      event: true,
      happened: 'a sweep failed, timed out or was stopped, so that what dead runs left is neither known nor removed',
      todo: 'Read the message that names the error, then start the sweep again: it finds what is left.',
    });
    this.add('CleanUpFailed', {
      heading: 'clean-up-failed',
      // Throttled state transitions are late, not lost: they are not counted.
      metric: unsuccessful(machines.cleanUp, soon),
      event: true,
      happened: 'what follows a failed backup, restore, verification or sweep has failed itself',
      todo: 'Look for commands and a native backup that still run on the nodes, and end them.',
    });
    if (recoveryPointHours !== null) {
      this.add('RecoveryPointTooOld', {
        heading: 'recovery-point-too-old',
        metric: clusterMetric(cluster, 'RecoveryPointAgeSeconds'),
        threshold: Duration.hours(recoveryPointHours).toSeconds(),
        // One lost look at the bucket is no alarm; two are: nobody knows then how old the recovery point is.
        evaluationPeriods: 2,
        missingData: TreatMissingData.BREACHING,
        happened: `there is no complete backup younger than ${recoveryPointHours} h, or nobody looks`,
        todo: 'Start a backup now, then find out why the schedules have not.',
      });
    }
    if (verificationDays !== null) {
      this.add('VerificationTooOld', {
        heading: 'verification-too-old',
        // The shallowest depth, which every other proves too.
        metric: verificationAge(cluster, 'objects'),
        threshold: Duration.days(verificationDays).toSeconds(),
        evaluationPeriods: 2,
        missingData: TreatMissingData.BREACHING,
        happened: `no verification of a backup, of whatever depth, has found it whole for ${verificationDays} days, or nobody looks`,
        todo: 'Verify the latest backup now.',
      });
    }
    this.add('DeadLetters', {
      heading: 'dead-letters',
      metric: deadLetters.queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: soon }),
      happened: 'a schedule or an event could not be delivered, so a backup, a look at the backups or a clean-up did not start',
      todo: 'Read the message in the queue, start by hand what it was to start, and delete it.',
    });
    this.add('DebrisFound', {
      heading: 'debris-found',
      metric: clusterMetric(cluster, 'Debris'),
      missingData: TreatMissingData.IGNORE,
      happened: `the bucket holds remains of a backup that was begun, never completed, and untouched for ${cluster.debris.graceDays} days`,
      todo: 'Let a sweep tell what it is, and remove it.',
    });
    this.add('UnreadableManifests', {
      heading: 'unreadable-manifests',
      metric: clusterMetric(cluster, 'UnreadableManifests'),
      missingData: TreatMissingData.IGNORE,
      happened: 'a manifest in the bucket cannot be read, so its backup can be neither restored nor pruned',
      todo: 'Compare the versions of the object and restore the readable one.',
    });
    for (const lambda of functions.all) {
      this.add(`LambdaErrors-${lambda.node.id}`, {
        heading: 'lambda-errors',
        metric: lambdaErrors(lambda, soon),
        event: true,
        happened: `the Lambda ${lambda.node.id} failed or was throttled`,
        todo: 'If an execution failed too, follow its alarm; else read the log of the function.',
      });
    }
  }

  private add(name: string, { heading, metric, threshold = 0, evaluationPeriods = 1, missingData, event, happened, todo }: Watch): void {
    const { name: cluster, notifications } = this.cluster;
    const alarm = new Alarm(this, name, {
      alarmName: resourceName(cluster, name),
      alarmDescription: `Hopsworks cluster ${cluster}: ${happened}. ${todo} ${notifications.runbook}#${heading}`,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods,
      treatMissingData: missingData ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(this.action);
    if (!event) alarm.addOkAction(this.action);
    this.all.push(alarm);
  }
}
