import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';
import { type DepthMetricName, type MetricName, metricNamespace, type NodeMetricName } from '../model/metrics.ts';

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** Metrics of one moment by their names, each with its unit; and dimensions besides `Cluster`. */
export type Publish = (
  metrics: Readonly<Partial<Record<MetricName | NodeMetricName | DepthMetricName, readonly [Unit, number]>>>,
  dimensions?: Readonly<Record<string, string>>,
) => void;

/**
 * Publishes metrics of a cluster, at a resolution of one minute: each call prints one line of the embedded metric format,
 * of which CloudWatch makes metrics. Nothing is kept between calls.
 */
export function publisher(cluster: string): Publish {
  return (metrics, dimensions = {}) => {
    const line = new Metrics({ namespace: metricNamespace });
    // Powertools adds a dimension "service" of its own.
    line.clearDefaultDimensions();
    line.setDefaultDimensions({ Cluster: cluster, ...dimensions });
    for (const [name, [unit, value]] of Object.entries(metrics)) line.addMetric(name, unit, value);
    line.publishStoredMetrics();
  };
}
