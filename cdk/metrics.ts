import { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, SearchExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Cluster } from '../model/cluster.ts';
import { type DepthMetricName, type MetricName, metricNamespace, type NodeMetricName } from '../model/metrics.ts';
import type { Depth } from '../model/verification.ts';

/** How often watch-backups publishes. */
export const watchPeriod = Duration.minutes(15);

/** A metric of the cluster, its greatest value in each period. */
export function clusterMetric({ name }: Cluster, metricName: MetricName, period = watchPeriod): Metric {
  return new Metric({ namespace: metricNamespace, metricName, dimensionsMap: { Cluster: name }, statistic: Stats.MAXIMUM, period });
}

/** How long ago a verification has proved a depth, of itself or by a deeper one, without finding anything wrong. */
export function verificationAge({ name }: Cluster, depth: Depth, period = watchPeriod): Metric {
  const metricName: DepthMetricName = 'VerificationAgeSeconds';
  const dimensionsMap = { Cluster: name, Depth: depth };
  return new Metric({ namespace: metricNamespace, metricName, dimensionsMap, statistic: Stats.MAXIMUM, period });
}

/** The bytes of each RonDB data node, whichever nodes have taken part in backups. */
export function nodeBytes({ name }: Cluster, period: Duration): SearchExpression {
  const metricName: NodeMetricName = 'NodeBytes';
  const search = `{${metricNamespace},Cluster,Node} MetricName="${metricName}" Cluster="${name}"`;
  return new SearchExpression({
    expression: `SEARCH('${search}', 'Maximum', ${period.toSeconds()})`,
    label: "node ${PROP('Dim.Node')}",
    period,
  });
}

/** Executions that did not succeed; a redriven one that fails again counts again. */
export function unsuccessful(machine: StateMachine, period: Duration): MathExpression {
  return new MathExpression({
    expression: 'failed + timedOut + aborted',
    usingMetrics: { failed: machine.metricFailed(), timedOut: machine.metricTimedOut(), aborted: machine.metricAborted() },
    label: 'failed, timed out or stopped',
    period,
  });
}

/** Invocations that failed, and those that Lambda refused for want of concurrency. */
export function lambdaErrors(lambda: Lambda, period: Duration): MathExpression {
  return new MathExpression({
    expression: 'errors + throttles',
    usingMetrics: { errors: lambda.metricErrors(), throttles: lambda.metricThrottles() },
    label: lambda.node.id,
    period,
  });
}
