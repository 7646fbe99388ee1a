/** One failure: its name is API (Step Functions matches on it), its text is what an operator reads at 3 am. */
interface CatalogueEntry {
  /** Exit code of a node script; absent for failures that only a Lambda can find. Codes are never reused. */
  readonly exitCode?: number;
  readonly meaning: string;
  readonly action: string;
}

/**
 * Every failure of this product. Node scripts exit with `exitCode`, Lambdas throw a {@link DrError} of that name,
 * the state machines name nothing else (apart from `States.*` and `Lambda.*`).
 */
export const catalogue = {
  ParameterInvalid: {
    exitCode: 10,
    meaning: 'A parameter of an SSM document is missing or malformed.',
    action: 'Start the state machine instead of sending the document by hand; compare the parameter with the pattern in the message.',
  },
  ToolMissing: {
    exitCode: 11,
    meaning: 'A program that the step needs is not on the node.',
    action: 'Install the named program on the named node and start again.',
  },
  ManagementServerUnreachable: {
    exitCode: 12,
    meaning: 'ndb_mgmd does not answer at the connect string of the cluster.',
    action: 'Check that ndb_mgmd runs and that rondb.connectString in the cluster file is right, then start again.',
  },
  DataNodeNotStarted: {
    exitCode: 13,
    meaning: 'A RonDB data node is not in the state "started", so a backup would be partial or hang.',
    action: 'Bring the named data node to "started" (ndb_mgm -e "ALL STATUS"), leave single-user mode, then start again.',
  },
  DataNodeUnknown: {
    exitCode: 14,
    meaning: 'The instance hosts no RonDB data node of the cluster, or not the expected one.',
    action: 'Compare the role tags of the instances with the [ndbd] sections of config.ini.',
  },
  DiskFull: {
    exitCode: 15,
    meaning: 'A volume of the node has too little free space for the step.',
    action: 'Free or add space on the named node, then start again.',
  },
  BucketUnreachable: {
    exitCode: 16,
    meaning: 'The node cannot use the backup bucket.',
    action: "Attach the stack's node policy to the instance role, check the route to S3 and the AWS CLI's version, then start again.",
  },
  SqlServerUnreachable: {
    exitCode: 17,
    meaning: 'mysqld does not answer on its local socket.',
    action: 'Start mysqld on the named head node, then start again.',
  },
  BackupIdTaken: {
    exitCode: 20,
    meaning: 'A data node already holds files of this backup id, and they are not a completed backup of this run.',
    action: 'Start a new backup: it gets a new id. Remove the left-over BACKUP directory on the named node.',
  },
  BackupAlreadyRunning: {
    exitCode: 21,
    meaning: 'RonDB is already taking another backup.',
    action: 'Wait until it ends (ndb_mgm -e "ALL REPORT BACKUPSTATUS"), then start again.',
  },
  BackupAborted: {
    exitCode: 22,
    meaning: 'RonDB aborted the backup: by request, by the loss of a data node, or by a full disk.',
    action: 'Read the reason in the message, repair it, and start a new backup.',
  },
  BackupRefused: {
    exitCode: 23,
    meaning: 'RonDB refused the backup or did not report its completion.',
    action: 'Read the reason in the message and the cluster log of ndb_mgmd, and start a new backup.',
  },
  BackupTimedOut: {
    exitCode: 24,
    meaning: 'The native backup did not complete within its time limit and was aborted.',
    action: 'Check the disks of the data nodes and MaxDiskWriteSpeed; raise the limit if the data has grown.',
  },
  BackupDirectoryInvalid: {
    exitCode: 25,
    meaning: 'The BACKUP directory of a data node is missing, incomplete, or not a completed backup.',
    action: 'Start a new backup. If it happens again, check BackupDataDir on the named node.',
  },
  UploadFailed: {
    exitCode: 26,
    meaning: 'A file could not be stored in the bucket.',
    action: 'Redrive the execution: files already stored are not sent again. If another object is stored there, start a new backup.',
  },
  MetadataDumpFailed: {
    exitCode: 27,
    meaning: 'Users or SQL objects could not be read from mysqld, or changed between two attempts.',
    action: 'Read the message, repair, and start a new backup.',
  },
  CleanupFailed: {
    exitCode: 28,
    meaning: 'Files of the backup could not be removed from the node.',
    action: 'Remove the named directory by hand.',
  },
  AbortFailed: {
    exitCode: 29,
    meaning: 'A native backup that had to be stopped did not end.',
    action: 'Watch it (ndb_mgm -e "ALL REPORT BACKUPSTATUS"), stop it (ndb_mgm -e "ABORT BACKUP <id>"), then remove its directories.',
  },
  DownloadFailed: {
    exitCode: 30,
    meaning: 'A file of the backup could not be fetched or unpacked.',
    action: 'Read the message; redrive the execution: files already verified are not fetched again.',
  },
  ChecksumMismatch: {
    exitCode: 31,
    meaning: 'A file does not have the SHA-256 that was recorded when it was written. Nothing of it was restored.',
    action:
      'An object: restore another backup, or its noncurrent version, and find out who altered it. A file that was fetched: start the restore again.',
  },
  SchemaRestoreFailed: {
    exitCode: 32,
    meaning: 'ndb_restore could not recreate the tables.',
    action: 'Read its message and log; empty the target and start a new restore.',
  },
  DataRestoreFailed: {
    exitCode: 33,
    meaning: 'ndb_restore could not restore rows.',
    action: 'Read its message and log; redrive: restoring rows again is safe.',
  },
  IndexRebuildFailed: {
    exitCode: 34,
    meaning: 'ndb_restore could not rebuild indexes or foreign keys.',
    action: 'Read its message and log; redrive: rebuilding again is safe.',
  },
  UserRestoreFailed: {
    exitCode: 35,
    meaning: 'Users, grants or SQL objects could not be recreated on mysqld.',
    action: 'Read the MySQL message; repair, and redrive: the step may run again.',
  },
  TargetNotEmpty: {
    exitCode: 36,
    meaning: 'The RonDB that shall be restored into still holds user tables.',
    action: 'Restore into an empty cluster: drop the named tables or deploy a new cluster.',
  },
  NoFreeApiSlot: {
    exitCode: 37,
    meaning: 'ndb_restore found no free [api] or [mysqld] slot in config.ini.',
    action: 'Add open [api] slots (one for each ndb_restore that runs at the same time), then redrive.',
  },
  ServiceNotStopped: {
    exitCode: 38,
    meaning: 'A systemd unit that must not run during a restore did not stop. RonDB was not touched.',
    action: 'Stop the named unit on the named node by hand, find out what holds it, then redrive.',
  },
  ServiceNotStarted: {
    exitCode: 39,
    meaning: 'A systemd unit did not start, or ended again at once.',
    action: 'Read its journal on the named node (journalctl -u <unit>), repair, then redrive.',
  },
  SnapshotFailed: {
    exitCode: 40,
    meaning: 'The blocks of a HopsFS datanode could not be held by hard links, or are not those of a datanode.',
    action: 'Read the message; compare hopsfs.dataDirectories with dfs.datanode.data.dir on the named node, then start a new backup.',
  },
  StorageOccupied: {
    exitCode: 41,
    meaning: 'A data directory that shall take a HopsFS storage of the backup holds another one with blocks, or a running datanode.',
    action: 'Stop the datanode on the named node; move the named directory aside, then redrive.',
  },
  BlockRestoreFailed: {
    exitCode: 42,
    meaning: 'Blocks of a HopsFS storage could not be put back.',
    action: 'Read the message; redrive: blocks that are there already are kept.',
  },
  NameNodeFailed: {
    exitCode: 43,
    meaning: 'The NameNode did not start from the restored metadata, or hdfs does not answer.',
    action: 'Read its log on the named node and repair. Never format it: that would erase the restored metadata. Then redrive.',
  },
  SafeModeStuck: {
    exitCode: 44,
    meaning: 'HopsFS did not leave safe mode by itself within its limit.',
    action:
      'Look which datanodes do not report (hdfs dfsadmin -report), start them, then redrive. Do not force safe mode off: it hides missing blocks.',
  },
  BlocksMissing: {
    exitCode: 45,
    meaning: 'HopsFS misses blocks that the restored metadata names.',
    action: 'List the files (hdfs fsck / -list-corruptfileblocks); bring the missing storage or objects back, then redrive.',
  },
  SearchRebuildFailed: {
    exitCode: 46,
    meaning: 'The index of OpenSearch could not be rebuilt from RonDB.',
    action: 'Read the message and the log of ePipe; repair, then redrive: the index is built anew.',
  },
  TopicsIncomplete: {
    exitCode: 47,
    meaning: 'Not every Kafka topic that RonDB names could be created.',
    action: 'Read the message about the named topic (often more replicas than brokers); repair, then redrive: topics that exist stay.',
  },
  EmptyingFailed: {
    exitCode: 48,
    meaning: 'The databases that the restore replaces could not all be dropped, or are not those that the plan named.',
    action: 'Start a new plan and compare its list; a table that came since must be looked at by a person.',
  },
  VerificationFailed: {
    exitCode: 49,
    meaning: 'What was restored could not be counted.',
    action: 'Read the message; redrive: verifying changes nothing.',
  },
  CredentialsMissing: {
    exitCode: 50,
    meaning: 'The instance has no credentials of AWS.',
    action: "Attach an instance profile whose role has the stack's node policy to the named instance, then start again.",
  },
  NameUnsupported: {
    exitCode: 60,
    meaning:
      'A database, table, view, account or grant has a name with a tab, a line break or a zero, which no list and no script can hold.',
    action: 'Rename or drop what the message shows, then start again.',
  },
  ScriptFailed: {
    exitCode: 1,
    meaning: 'A script of a step ended in a way it does not foresee.',
    action: "Read the node's log of the step; report it as a defect.",
  },

  RequestInvalid: {
    meaning: 'The input of the execution is not what the state machine accepts. Nothing was touched.',
    action: 'Correct the field named in the message.',
  },
  ClusterFileInvalid: {
    meaning: 'A file in clusters/ does not describe a cluster.',
    action: 'Correct the field named in the message; clusters/example.json shows every key.',
  },
  UnknownCluster: {
    meaning: 'The request names another cluster than the one this state machine belongs to. Nothing was touched.',
    action: "Start the named cluster's own state machine, or correct the name.",
  },
  NodeOffline: {
    meaning: 'An instance of the cluster is not reachable through SSM.',
    action: 'Start the instance and its SSM agent, then start again.',
  },
  NoNodes: {
    meaning: 'No instance carries the tags of a role of the cluster.',
    action: 'Compare the tags of the instances with the roles in the cluster file.',
  },
  NodeUnaccounted: {
    meaning: 'A RonDB data node runs on no instance of the cluster, or on more than one.',
    action: 'Tag every instance that hosts a data node with the rondb role, and no other.',
  },
  BackupExists: {
    meaning: 'A complete backup with this id exists already.',
    action: 'Leave backupId out to take a new one.',
  },
  BackupIncomplete: {
    meaning: 'What the nodes reported does not make a whole backup, so it was not sealed.',
    action: 'Read what is missing in the message; start a new backup.',
  },
  ObjectMissing: {
    meaning: 'An object of the backup is not in the bucket.',
    action: 'Restore another backup; find out who removed the object (versions and access logs).',
  },
  ObjectAltered: {
    meaning: 'An object in the bucket is not the one that was stored: size or checksum differ.',
    action: 'Restore another backup, or the noncurrent version of the object; find out who altered it.',
  },
  BlockBucketUnsafe: {
    meaning: 'The bucket of the HopsFS blocks does not keep removed blocks as long as backups refer to them.',
    action: 'Correct every setting of the bucket that the message names, then start again.',
  },
  BlockBucketUnreadable: {
    meaning: 'Versioning, lifecycle rules or versions of the bucket of the HopsFS blocks could not be read.',
    action: "Correct hopsfs.bucket in the cluster file, or let the bucket's policy allow them to be read, then start again.",
  },
  PruneRefused: {
    meaning: 'The backup just sealed would not be among those kept, so nothing was removed.',
    action: 'Compare the times that the manifests record: a clock may be wrong. The backup itself is complete.',
  },
  SweepRefused: {
    meaning:
      'Blocks of HopsFS that no backup names were not removed, because a manifest or a list of blocks could not be read. All else is done.',
    action: 'Read which one; bring the object back, or remove that backup. A backup that was sealed before is complete.',
  },
  ManifestMissing: {
    meaning: 'No complete backup with this id exists: there is no manifest.',
    action: 'Choose an id that has a manifest.json, or "latest".',
  },
  ManifestUnsupported: {
    meaning: 'The manifest has another format than this version understands, or is damaged.',
    action: 'Use the version of hopsworks-dr that wrote it, or another backup.',
  },
  VersionTooOld: {
    meaning: "The target's RonDB is older than the one the backup was taken with.",
    action: 'Install the RonDB version of the backup, or a newer one, on the target.',
  },
  SelectionUnknown: {
    meaning: 'The request includes, excludes or renames a database or table that the backup does not have.',
    action: 'Compare the names with the tables in the manifest of the backup.',
  },
  CapacityTooSmall: {
    meaning: "The target's memory or API slots do not suffice for what the backup holds.",
    action: 'Raise DataMemory or add open [api] slots in config.ini as the message says, or choose bigger instances, then start again.',
  },
  StorageUnplaced: {
    meaning: 'A HopsFS storage of the backup finds no datanode on the target that can take it.',
    action: 'Deploy as many datanodes, with as many data directories each and enough space, as the backup has; then start again.',
  },
  DeletionGuardMissing: {
    meaning: 'A NameNode would delete blocks that it does not know as soon as it starts.',
    action: 'Set dfs.namenode.startup.delay.block.deletion.sec to 86400 in hdfs-site.xml of every NameNode, then start again.',
  },
  BlocksLost: {
    meaning: 'Too few of the HopsFS blocks that the backup names can be found in their bucket: HopsFS would not leave safe mode.',
    action: 'Restore a newer backup; look into the lifecycle rules and the access logs of the bucket.',
  },
  RewindFailed: {
    meaning: 'Deleted blocks could not be brought back in the bucket of HopsFS.',
    action: 'Read the message; redrive: what has come back already stays.',
  },
  RestoreDiffers: {
    meaning: 'What was restored is not what the backup recorded.',
    action: 'Read report.html: it names every table, account and block that differs. Do not open the cluster to its users.',
  },
  RowsDiffer: {
    meaning: 'The files of the backup do not hold as many rows of a table as RonDB counted when it wrote them.',
    action: 'Take a new backup now and verify it; do not rely on this one. Report it: its files were damaged before they were shipped.',
  },
  BackupRemoved: {
    meaning: 'The backup was removed while it was verified. Nothing is said of it.',
    action: 'Verify another one. When nobody removed it, and retention did not, find out who did (access logs of the bucket).',
  },
  ExecutionStopped: {
    meaning: 'The execution was stopped while it sent a command; the command was cancelled.',
    action: 'Redrive the execution, or start a new one.',
  },
  LeaseHeld: {
    meaning: 'Another backup or restore of the cluster runs, and only one may at a time. This one has changed nothing meanwhile.',
    action: 'Wait until the named execution has ended, or stop it; then start again, or redrive an execution that had begun.',
  },
  CleanUpUnderWay: {
    meaning: 'What an execution that did not succeed has left on the nodes is still being cancelled and removed.',
    action: 'Wait until the clean-up machine has ended, then start again.',
  },
  LeaseInvalid: {
    meaning: 'lease.json in the bucket, which says whose turn it is, is not what this version writes.',
    action: 'Make sure that no backup or restore of the cluster runs, remove the named object, then start again; find out who wrote it.',
  },
  NodeFailed: {
    meaning: 'SSM reports that a node did not run the command to its end.',
    action: 'Look at the named command and instance in Run Command, then redrive.',
  },
  NodeOutputInvalid: {
    meaning: 'A node ended with success but did not print the receipt that the step promises.',
    action: "Read the step's log on the node; report it as a defect.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorName = keyof typeof catalogue;

/** A failure with a name from the {@link catalogue}; the AWS Lambda runtime reports `name` as the error of the task. */
export class DrError extends Error {
  constructor(name: ErrorName, message: string, options?: ErrorOptions) {
    super(`${message} ${catalogue[name].action}`, options);
    this.name = name;
  }
}

const nameByExitCode = new Map(
  Object.entries(catalogue).flatMap(([name, entry]) => ('exitCode' in entry ? [[entry.exitCode as number, name as ErrorName]] : [])),
);

/** The catalogue name of a node script's exit code; `ScriptFailed` for codes the catalogue does not know. */
export function errorNameOf(exitCode: number): ErrorName {
  return nameByExitCode.get(exitCode) ?? 'ScriptFailed';
}
