import { selectionPattern } from './selection.ts';

/** One parameter of an SSM document; it reaches the script as the environment variable `SSM_<name>`. */
interface ParameterDefinition {
  /** Lets nothing through that could leave double quotes in a shell: old agents put the value into the script's text. */
  readonly pattern: string;
  readonly description: string;
}

const NODE_ID = '[1-9][0-9]{0,2}';
const INSTANCE_ID = '(i-[0-9a-f]{8,17}|mi-[0-9a-f]{17})';
const PART = `${INSTANCE_ID}=${NODE_ID}([+]${NODE_ID})*`;
const UNIT = '[A-Za-z0-9][A-Za-z0-9@_.-]{0,80}';
const PATH = '(/[.]?[A-Za-z0-9_][A-Za-z0-9_.-]*)+';
const KEY = '([A-Za-z0-9_=-][A-Za-z0-9_.=-]*/)*[A-Za-z0-9_=-][A-Za-z0-9_.=-]*';
const STORAGE = 'DS-[A-Za-z0-9.:_-]{1,120}';

const HOST = '[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?';
const URL = `https?://${HOST}(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*`;

/** Every parameter that a node script can take. Patterns are enforced by SSM (`allowedPattern`) and again on the node. */
export const parameters = {
  connectString: {
    pattern: `^${HOST}(,${HOST})*$`,
    description: 'Where ndb_mgmd listens: host:port, several separated by commas',
  },
  backupId: { pattern: '^[1-9][0-9]{8}$', description: 'The backup id: date -u +%y%j%H%M' },
  bucket: { pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$', description: 'The bucket that holds the backups' },
  prefix: {
    pattern: '^[a-z][a-z0-9-]{0,39}/(backups/[1-9][0-9]{8}|(restores|verifications|sweeps)/[A-Za-z0-9_-]{1,80})$',
    description: 'The key prefix of this backup, or of this run of a restore, a verification or a sweep, without a slash at its end',
  },
  bytesPerSecond: {
    pattern: '^(0|[1-9][0-9]{5,11})$',
    description: 'Bytes that each instance may ship, or read to verify them, in a second; 0: as many as it can',
  },
  depth: { pattern: '^(objects|bytes|database)$', description: 'How deep a verification looks' },
  graceDays: { pattern: '^(0|[1-9][0-9]{0,3})$', description: 'Days for which nothing is debris yet' },
  remove: { pattern: '^(true|false)$', description: 'Whether debris is removed; otherwise it is only reported' },
  requiredBytes: { pattern: '^[0-9]{1,16}$', description: 'Bytes that must be free on the volume of BackupDataDir' },
  assignments: {
    pattern: `^${PART}(;${PART})*$`,
    description: 'Which instance restores the directories of which backup node ids: i-…=1+3;i-…=2',
  },
  backupNodeId: { pattern: `^${NODE_ID}$`, description: 'The RonDB node id whose backup directory is used' },
  usersSha256: { pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of metadata/users.sql' },
  objectsSha256: { pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of metadata/objects.sql' },
  listsSha256: { pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of lists.sha256, which names those of the lists that the planner wrote' },
  metadataPrefix: {
    pattern: '^[a-z][a-z0-9-]{0,39}/backups/[1-9][0-9]{8}$',
    description: 'The key prefix of the backup whose metadata is restored',
  },
  selection: {
    pattern: selectionPattern,
    description: 'What of the backup is restored: all, or options of ndb_restore without dashes, separated by semicolons',
  },
  accounts: {
    pattern: '^(keep|replace|none)$',
    description: 'What becomes of accounts that exist: keep or replace; none: no account is restored',
  },
  tablesSha256: { pattern: '^[0-9a-f]{64}$', description: 'SHA-256 of the sorted database.table lines that the plan found' },
  dataDirectories: {
    pattern: `^${PATH}(:${PATH})*$`,
    description: 'dfs.datanode.data.dir of HopsFS: absolute paths, separated by colons',
  },
  storages: {
    pattern: `^${INSTANCE_ID}=${STORAGE}([+]${STORAGE})*(;${INSTANCE_ID}=${STORAGE}([+]${STORAGE})*)*$`,
    description: 'Which instance takes which HopsFS storages of the backup: i-…=DS-…+DS-…;i-…=DS-…',
  },
  previousBackupId: {
    pattern: '^(none|[1-9][0-9]{8})$',
    description: 'The newest backup whose lists say which blocks are stored already, or none',
  },
  units: { pattern: `^${UNIT}([+]${UNIT})*$`, description: 'systemd units in their order: a+b' },
  unitAssignments: {
    pattern: `^${INSTANCE_ID}=${UNIT}([+]${UNIT})*(;${INSTANCE_ID}=${UNIT}([+]${UNIT})*)*$`,
    description: 'Which instance starts which systemd units: i-…=a+b;i-…=a',
  },
  limitSeconds: { pattern: '^[1-9][0-9]{0,5}$', description: 'Seconds that HopsFS may take to leave safe mode by itself' },
  definition: {
    pattern: `^(none|${PATH}|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/${KEY})$`,
    description: 'The cluster definition: an absolute path, s3://bucket/key, or none',
  },
  passwordFile: { pattern: `^${PATH}$`, description: 'The file with the encryption master password, of which only a fingerprint is taken' },
  searchUrl: { pattern: `^${URL}$`, description: 'Where OpenSearch answers' },
  searchIndex: { pattern: '^[a-z0-9][a-z0-9_.-]{0,100}$', description: 'The index that ePipe fills' },
  hopsworksUrl: { pattern: `^${URL}$`, description: 'Where Hopsworks answers' },
  credentialsFile: { pattern: `^(none|${PATH})$`, description: 'A file in the format of curl --config with credentials, or none' },
  timeoutSeconds: { pattern: '^[1-9][0-9]{0,5}$', description: 'Seconds after which the agent ends the script' },
} as const satisfies Record<string, ParameterDefinition>;

/** The pattern of a parameter, for what is configured before it becomes one. */
export const patternOf = (name: ParameterName) => new RegExp(parameters[name].pattern);

export type ParameterName = keyof typeof parameters;

/** What a step does on a node. The state, the script (kebab-case) and the SSM document share its name. */
export interface Action {
  /** Without `timeoutSeconds`, which every action has; see {@link documentParameters}. */
  readonly parameters: readonly ParameterName[];
  /** Execution timeout of the SSM document in seconds; the state that waits for it has a longer one. At most 172,800. */
  readonly timeoutSeconds: number;
}

const HOUR = 3600;

export const actions = {
  InspectCluster: { parameters: ['connectString', 'definition', 'passwordFile'], timeoutSeconds: 300 },
  InspectHopsfs: { parameters: ['dataDirectories'], timeoutSeconds: 900 },
  CheckNodes: { parameters: ['connectString', 'bucket', 'prefix', 'requiredBytes'], timeoutSeconds: 300 },
  DumpMetadata: { parameters: ['backupId', 'bucket', 'prefix', 'definition', 'passwordFile'], timeoutSeconds: HOUR },
  SnapshotBlocks: { parameters: ['backupId', 'dataDirectories'], timeoutSeconds: 4 * HOUR },
  StartRondbBackup: { parameters: ['connectString', 'backupId'], timeoutSeconds: 46 * HOUR },
  AbortRondbBackup: { parameters: ['connectString', 'backupId'], timeoutSeconds: 900 },
  FollowRondbBackup: { parameters: ['connectString', 'backupId', 'bucket', 'prefix', 'bytesPerSecond'], timeoutSeconds: 46 * HOUR },
  UploadRondbBackup: { parameters: ['connectString', 'backupId', 'bucket', 'prefix', 'bytesPerSecond'], timeoutSeconds: 46 * HOUR },
  UploadBlocks: { parameters: ['backupId', 'bucket', 'prefix', 'dataDirectories', 'previousBackupId'], timeoutSeconds: 46 * HOUR },
  RemoveLocalBackup: { parameters: ['connectString', 'backupId', 'bucket', 'prefix'], timeoutSeconds: HOUR },
  SweepNodes: {
    parameters: ['connectString', 'bucket', 'prefix', 'dataDirectories', 'graceDays', 'remove'],
    timeoutSeconds: 2 * HOUR,
  },
  FindOrphans: { parameters: ['bucket', 'prefix', 'graceDays'], timeoutSeconds: 12 * HOUR },

  StopServices: { parameters: ['units'], timeoutSeconds: HOUR },
  DownloadRondbBackup: {
    parameters: ['connectString', 'backupId', 'bucket', 'prefix', 'listsSha256', 'assignments'],
    timeoutSeconds: 46 * HOUR,
  },
  EmptyRondb: { parameters: ['connectString', 'backupId', 'tablesSha256'], timeoutSeconds: 4 * HOUR },
  RestoreRondbSchema: { parameters: ['connectString', 'backupId', 'backupNodeId', 'selection'], timeoutSeconds: 4 * HOUR },
  RestoreRondbData: { parameters: ['connectString', 'backupId', 'assignments', 'selection'], timeoutSeconds: 46 * HOUR },
  RebuildRondbIndexes: { parameters: ['connectString', 'backupId', 'backupNodeId', 'selection'], timeoutSeconds: 46 * HOUR },
  RestoreUsers: {
    parameters: ['backupId', 'bucket', 'metadataPrefix', 'usersSha256', 'objectsSha256', 'selection', 'accounts'],
    timeoutSeconds: HOUR,
  },
  RestoreBlocks: {
    parameters: ['backupId', 'bucket', 'prefix', 'listsSha256', 'dataDirectories', 'storages'],
    timeoutSeconds: 46 * HOUR,
  },
  RollBackDeletedBlocks: { parameters: [], timeoutSeconds: 12 * HOUR },
  StartNameNode: { parameters: ['units'], timeoutSeconds: HOUR },
  StartHopsfs: { parameters: ['unitAssignments'], timeoutSeconds: HOUR },
  AwaitSafeModeExit: { parameters: ['limitSeconds'], timeoutSeconds: 46 * HOUR },
  ReindexOpenSearch: { parameters: ['searchUrl', 'searchIndex', 'credentialsFile'], timeoutSeconds: 12 * HOUR },
  RecreateKafkaTopics: { parameters: ['bucket', 'prefix'], timeoutSeconds: 2 * HOUR },
  StartServices: { parameters: ['units'], timeoutSeconds: HOUR },
  ReindexFeatureStore: { parameters: ['hopsworksUrl', 'credentialsFile'], timeoutSeconds: HOUR },
  VerifyRondbBackup: {
    parameters: ['connectString', 'backupId', 'bucket', 'prefix', 'listsSha256', 'assignments', 'depth', 'bytesPerSecond'],
    timeoutSeconds: 46 * HOUR,
  },
  VerifyBlocks: { parameters: ['bucket', 'prefix', 'listsSha256', 'storages', 'depth', 'bytesPerSecond'], timeoutSeconds: 46 * HOUR },
  RemoveVerification: { parameters: ['connectString', 'prefix'], timeoutSeconds: HOUR },
  VerifyRestore: { parameters: ['bucket', 'prefix', 'selection'], timeoutSeconds: 12 * HOUR },
} as const satisfies Record<string, Action>;

export type ActionName = keyof typeof actions;

/** Every parameter of an action's SSM document: its own, and the `timeoutSeconds` that each has. */
export function documentParameters(action: ActionName): ParameterName[] {
  return [...actions[action].parameters, 'timeoutSeconds'];
}

/** `UploadRondbBackup` → `upload-rondb-backup`: the name of the script, of its test and of its SSM document. */
export function scriptName(action: ActionName): string {
  return action.replace(/(?<!^)[A-Z]/g, '-$&').toLowerCase();
}
