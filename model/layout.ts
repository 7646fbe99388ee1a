/** The keys of everything in the backup bucket: the only place that spells them. */
export const layout = {
  cluster: (cluster: string) => `${cluster}/`,
  /** Which execution may change something of the cluster. */
  lease: (cluster: string) => `${cluster}/lease.json`,
  backups: (cluster: string) => `${cluster}/backups/`,
  backup: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}`,
  plan: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/plan.json`,
  manifest: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/manifest.json`,
  metadata: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/metadata`,
  rondbNode: (cluster: string, backupId: string, nodeId: number) => `${cluster}/backups/${backupId}/rondb/node=${nodeId}`,
  receipt: (cluster: string, backupId: string, nodeId: number) => `${cluster}/backups/${backupId}/rondb/node=${nodeId}/receipt.json`,
  /** The blocks of HopsFS, by storage; each is stored once, and backups refer to it. */
  blocks: (cluster: string, storageId: string) => `${cluster}/blocks/${storageId}`,
  storage: (cluster: string, backupId: string, storageId: string) => `${cluster}/backups/${backupId}/hopsfs/${storageId}`,
  storageReceipt: (cluster: string, backupId: string, storageId: string) =>
    `${cluster}/backups/${backupId}/hopsfs/${storageId}/receipt.json`,
  prunes: (cluster: string) => `${cluster}/prunes/`,
  /** Exists while a backup is being removed. */
  prune: (cluster: string, backupId: string) => `${cluster}/prunes/${backupId}.json`,
  /** What one sweep has found and done. */
  sweep: (cluster: string, executionId: string) => `${cluster}/sweeps/${executionId}`,
  /** `<storage> <backup id> <SHA-256>` a line: the lists of blocks that were read, `-` for what cannot be. */
  sweptLists: (cluster: string, executionId: string) => `${cluster}/sweeps/${executionId}/lists.txt`,
  /** `<storage>/<key> <bytes>` a line: blocks that no list names. */
  orphans: (cluster: string, executionId: string) => `${cluster}/sweeps/${executionId}/orphans.txt`,
  sweepReport: (cluster: string, executionId: string) => `${cluster}/sweeps/${executionId}/report.json`,
  restore: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}`,
  restorePlan: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/plan.json`,
  /** The same plan, for people. */
  restorePlanInWords: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/plan.md`,
  restores: (cluster: string) => `${cluster}/restores/`,
  /** The first to the last page of the deleted blocks that a restore brings back. */
  rewindPage: (cluster: string, executionId: string, page: number) => `${cluster}/restores/${executionId}/rewind/${page}.json`,
  /** `database.table<TAB>rows` a line, as counted after the restore. */
  restoredRows: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/rows.list`,
  /** The names of the Kafka topics, one a line. */
  restoredTopics: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/topics.list`,
  report: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/report.json`,
  /** The same report, for people. */
  reportPage: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/report.html`,
  verification: (cluster: string, executionId: string) => `${cluster}/verifications/${executionId}`,
  verificationPlan: (cluster: string, executionId: string) => `${cluster}/verifications/${executionId}/plan.json`,
  /** What one part of a verification found wrong: see model/verification.ts. */
  damageList: (cluster: string, executionId: string, part: string) => `${cluster}/verifications/${executionId}/${part}.found`,
  /** The rows of each table in the files of a data node: `database.table<TAB>rows` a line. */
  verifiedRows: (cluster: string, executionId: string, nodeId: number) => `${cluster}/verifications/${executionId}/node=${nodeId}.rows`,
  verificationReport: (cluster: string, executionId: string) => `${cluster}/verifications/${executionId}/report.json`,
  /** The last verification of a depth that found nothing wrong. */
  lastVerification: (cluster: string, depth: string) => `${cluster}/verifications/last/${depth}.json`,
  /** Below the prefix of a run: what its nodes read of a data node's directory, `<checksum> <bytes> <key> <path>` a line. */
  nodeList: (nodeId: number) => `rondb/node=${nodeId}.list`,
  /** The same of a storage of HopsFS, for a verification. */
  storageList: (storageId: string) => `hopsfs/${storageId}.list`,
  /** Of a run: `<SHA-256>  <name>` a line, of each list that its nodes read, and of what a restore unpacks of a storage of HopsFS. */
  listDigests: (prefix: string) => `${prefix}/lists.sha256`,
} as const;
