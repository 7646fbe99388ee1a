import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  Color,
  GraphWidget,
  type IMetric,
  type IWidget,
  MathExpression,
  type Metric,
  PeriodOverride,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import { type Depth, depthSchema } from '../model/verification.ts';
import { dashboardPage, machinePage } from './console.ts';
import type { Functions } from './functions.ts';
import { clusterMetric, nodeBytes, verificationAge, watchPeriod } from './metrics.ts';
import { inWords } from './schedule-in-words.ts';
import type { StateMachines } from './state-machines.ts';

interface DashboardProps {
  readonly cluster: Cluster;
  readonly functions: Functions;
  readonly machines: StateMachines;
  readonly alarms: readonly Alarm[];
}

const hourly = Duration.hours(1);
const daily = Duration.days(1);

/** One page that answers: is there a recovery point, when comes the next, how large are they, and what failed. */
export class Dashboard extends Construct {
  /** Its page in the AWS console. */
  readonly page: string;

  constructor(scope: Construct, id: string, { cluster, functions, machines, alarms }: DashboardProps) {
    super(scope, id);
    const dashboardName = resourceName(cluster.name);
    const { backup, restore, verify, sweep, cleanUp } = machines;
    const { recoveryPointHours, verificationDays } = cluster.objectives;
    const metric = (name: Parameters<typeof clusterMetric>[1], period: Duration, label = '') =>
      clusterMetric(cluster, name, period).with({ label });
    const leftBehind = [metric('Debris', watchPeriod, 'debris'), metric('UnreadableManifests', watchPeriod, 'unreadable manifests')];
    const perLambda = (of: 'metricErrors' | 'metricThrottles') =>
      functions.all.map((lambda) => lambda[of]({ label: lambda.node.id, period: daily }));
    const verified = (depth: Depth, period: Duration) => inDays(verificationAge(cluster, depth, period), depth);
    const objective = (value: number | null) => (value === null ? [] : [{ value, label: 'objective', color: Color.RED }]);

    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName,
      defaultInterval: Duration.days(14),
      // Most metrics come once a backup: a period that follows the time range would smear them.
      periodOverride: PeriodOverride.INHERIT,
      widgets: [
        [
          new TextWidget({ width: 12, height: 8, markdown: instructions(cluster, machines) }),
          new AlarmStatusWidget({ width: 12, height: 8, title: 'Alarms', alarms: [...alarms] }),
        ],
        [
          value('Newest recovery point', inHours(metric('RecoveryPointAgeSeconds', watchPeriod), 'hours old')),
          value('Next backup', inHours(metric('SecondsToNextBackup', watchPeriod), 'hours from now')),
          value('Backups in the bucket', metric('Backups', watchPeriod, 'complete')),
          value('Left behind', ...leftBehind),
        ],
        [
          graph(
            'Age of the newest recovery point (hours)',
            [inHours(metric('RecoveryPointAgeSeconds', hourly), 'age')],
            objective(recoveryPointHours),
          ),
          graph('Duration of a backup (hours)', [inHours(metric('BackupDurationSeconds', daily), 'duration')]),
          graph('Size of a backup (bytes)', [
            metric('BackupBytes', daily, 'all'),
            metric('BackupLateBytes', daily, 'shipped after RonDB had completed'),
          ]),
        ],
        [
          value('Last verified, at each depth (days ago)', ...depthSchema.options.map((depth) => verified(depth, watchPeriod))),
          graph(
            'Age of the last verification that found nothing wrong (days)',
            depthSchema.options.map((depth) => verified(depth, hourly)),
            objective(verificationDays),
            18,
          ),
        ],
        [
          graph('Rows of a backup', [metric('BackupRows', daily, 'rows')]),
          graph('Bytes of each data node', [nodeBytes(cluster, daily)]),
          graph('Left behind', leftBehind),
        ],
        [executions('Backups a day', backup), executions('Restores and plans a day', restore), executions('Verifications a day', verify)],
        [executions('Sweeps a day', sweep), executions('Clean-ups a day', cleanUp)],
        [
          graph('Failed invocations a day', perLambda('metricErrors'), [], 12),
          graph('Throttled invocations a day', perLambda('metricThrottles'), [], 12),
        ],
      ],
    });
    this.page = dashboardPage(this, dashboardName);
  }
}

function instructions({ name, schedules, verifications, objectives }: Cluster, { backup, restore }: StateMachines): string {
  const { recoveryPointHours } = objectives;
  return [
    `# ${name}: backup and restore`,
    `**Scheduled backups**: ${schedules.map(inWords).join('; ') || 'none'}.`,
    `**Scheduled verifications**: ${verifications.map((of) => `${inWords(of)} (${of.depth})`).join('; ') || 'none'}.`,
    `**Objective**: ${recoveryPointHours === null ? 'none' : `a complete backup that is at most ${recoveryPointHours} h old`}.`,
    `**Back up now**: [backup machine](${machinePage(backup)}), *Start execution*, input \`{"cluster": "${name}"}\`.`,
    `**Plan a restore** (changes nothing): [restore machine](${machinePage(restore)}), *Start execution*, input \`{"cluster": "${name}", "backup": "latest"}\`. To restore, add \`"confirm": "${name}"\`.`,
  ].join('\n\n');
}

function inHours(seconds: Metric, label: string): IMetric {
  return new MathExpression({ expression: 'seconds / 3600', usingMetrics: { seconds }, label, period: seconds.period });
}

/** Of several metrics in one widget, each has an id of its own. */
function inDays(seconds: Metric, id: string): IMetric {
  return new MathExpression({ expression: `${id} / 86400`, usingMetrics: { [id]: seconds }, label: id, period: seconds.period });
}

/** What was measured last, and nothing when that is more than an hour ago: an old number would calm people. */
function value(title: string, ...metrics: IMetric[]): IWidget {
  return new SingleValueWidget({ title, metrics, width: 6, height: 4, start: '-PT1H' });
}

function graph(
  title: string,
  left: IMetric[],
  leftAnnotations: { value: number; label: string; color: string }[] = [],
  width = 8,
): IWidget {
  return new GraphWidget({ title, left, leftAnnotations, width, height: 6, leftYAxis: { min: 0, showUnits: false } });
}

function executions(title: string, machine: StateMachine): IWidget {
  const [period, statistic] = [daily, 'Sum'];
  const ended = [
    machine.metricSucceeded({ period, statistic, label: 'succeeded', color: Color.GREEN }),
    machine.metricFailed({ period, statistic, label: 'failed', color: Color.RED }),
    machine.metricTimedOut({ period, statistic, label: 'timed out', color: Color.ORANGE }),
    machine.metricAborted({ period, statistic, label: 'stopped', color: Color.GREY }),
  ];
  return graph(title, ended);
}
