import { Metrics, type MetricUnit } from '@aws-lambda-powertools/metrics';

type Unit = (typeof MetricUnit)[keyof typeof MetricUnit];

/** Metrics of one moment by their names, each with its unit; and dimensions besides `Cluster`. */
export type Publish = (metrics: Readonly<Record<string, readonly [Unit, number]>>, dimensions?: Readonly<Record<string, string>>) => void;

/** The namespace of every metric of this product. */
const NAMESPACE = 'HopsworksDR';

/**
 * Publishes metrics of a cluster, at a resolution of one minute: each call prints one line of the embedded metric format,
 * of which CloudWatch makes metrics. Nothing is kept between calls.
 */
export function publisher(cluster: string): Publish {
  return (metrics, dimensions = {}) => {
    const line = new Metrics({ namespace: NAMESPACE });
    // Powertools adds a dimension "service" of its own.
    line.clearDefaultDimensions();
    line.setDefaultDimensions({ Cluster: cluster, ...dimensions });
    for (const [name, [unit, value]] of Object.entries(metrics)) line.addMetric(name, unit, value);
    line.publishStoredMetrics();
  };
}
