/** The keys of everything in the backup bucket: the only place that spells them. */
export const layout = {
  cluster: (cluster: string) => `${cluster}/`,
  backups: (cluster: string) => `${cluster}/backups/`,
  backup: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}`,
  plan: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/plan.json`,
  manifest: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/manifest.json`,
  metadata: (cluster: string, backupId: string) => `${cluster}/backups/${backupId}/metadata`,
  rondbNode: (cluster: string, backupId: string, nodeId: number) => `${cluster}/backups/${backupId}/rondb/node=${nodeId}`,
  receipt: (cluster: string, backupId: string, nodeId: number) => `${cluster}/backups/${backupId}/rondb/node=${nodeId}/receipt.json`,
  prunes: (cluster: string) => `${cluster}/prunes/`,
  /** Exists while a backup is being removed. */
  prune: (cluster: string, backupId: string) => `${cluster}/prunes/${backupId}.json`,
  restore: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}`,
  restorePlan: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/plan.json`,
  /** The same plan, for people. */
  restorePlanInWords: (cluster: string, executionId: string) => `${cluster}/restores/${executionId}/plan.md`,
  downloadList: (cluster: string, executionId: string, nodeId: number) => `${cluster}/restores/${executionId}/rondb/node=${nodeId}.list`,
} as const;
