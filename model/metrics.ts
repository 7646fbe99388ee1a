/** The namespace of every metric of this product. */
export const metricNamespace = 'HopsworksDR';

/** What the Lambdas publish of a cluster; `Seconds` and `Bytes` are units, the others are counts.
 * `BackupLateBytes` were shipped after RonDB had completed the native backup, not while it was written.
 */
export type MetricName =
  | 'RecoveryPointAgeSeconds'
  | 'SecondsToNextBackup'
  | 'Backups'
  | 'Debris'
  | 'UnreadableManifests'
  | 'BackupDurationSeconds'
  | 'BackupBytes'
  | 'BackupLateBytes'
  | 'BackupRows';

/** What they publish of each RonDB data node, with the dimension `Node`. */
export type NodeMetricName = 'NodeBytes';

/** What they publish of each depth of a verification, with the dimension `Depth`. */
export type DepthMetricName = 'VerificationAgeSeconds';
