/** One data node: its RonDB node id, its port and its directories. */
interface DataNodeConfig {
  readonly nodeId: number;
  readonly port: number;
  readonly dataDirectory: string;
  readonly backupDirectory: string;
}

/** Of the [api] slots, for RonDB's tools. */
export const apiNodeIds = Array.from({ length: 12 }, (_, index) => 60 + index);

/** Lines of a section of config.ini. */
export type Settings = Readonly<Record<string, string | number>>;

/** config.ini of a cluster that starts in seconds, takes about 600 MB of memory for each data node and has room for the sample data. */
export function configIni(config: {
  management: { port: number; dataDirectory: string; log: string };
  dataNodes: DataNodeConfig[];
  ldm: number;
  compressed: boolean;
  rows: number;
  settings: (nodeId: number) => Settings;
}): string {
  const { management, dataNodes, ldm, compressed, rows, settings } = config;
  const sections = [
    section('ndbd default', {
      NoOfReplicas: Math.min(2, dataNodes.length),
      // A row of the biggest table, with its share of the others, takes about 600 bytes.
      DataMemory: `${128 + Math.ceil(rows / 1000)}M`,
      MaxNoOfConcurrentOperations: 8192,
      RedoBuffer: '8M',
      FragmentLogFileSize: '16M',
      NoOfFragmentLogFiles: 4 + Math.ceil(rows / 20_000),
      LongMessageBuffer: '8M',
      TransactionMemory: '32M',
      SharedGlobalMemory: '20M',
      CompressedBackup: compressed ? 1 : 0,
      AutomaticThreadConfig: 0,
      ThreadConfig: `ldm={count=${ldm}},main={count=1},recv={count=1}`,
    }),
    section('ndb_mgmd', {
      NodeId: 49,
      HostName: '127.0.0.1',
      PortNumber: management.port,
      DataDir: management.dataDirectory,
      LogDestination: `FILE:filename=${management.log}`,
    }),
    ...dataNodes.map((node) =>
      section('ndbd', {
        NodeId: node.nodeId,
        HostName: '127.0.0.1',
        ServerPort: node.port,
        DataDir: node.dataDirectory,
        BackupDataDir: node.backupDirectory,
        ...settings(node.nodeId),
      }),
    ),
    ...[52, 53].map((NodeId) => section('mysqld', { NodeId })),
    ...apiNodeIds.map((NodeId) => section('api', { NodeId })),
  ];
  return sections.join('\n');
}

/** my.cnf of a mysqld that listens on its socket only, and of the clients that use it. */
export function myCnf(config: { rondbHome: string; dataDirectory: string; socket: string; connectString: string }): string {
  return [
    section('mysqld', {
      basedir: config.rondbHome,
      datadir: config.dataDirectory,
      socket: config.socket,
      'skip-networking': 1,
      'skip-log-bin': 1,
      // Nobody connects over the network: no keys and certificates to compute at each start.
      'auto-generate-certs': 0,
      'caching-sha2-password-auto-generate-rsa-keys': 0,
      // mysqld refuses to run as root unless it is told to.
      ...(process.getuid?.() === 0 && { user: 'root' }),
      'innodb-buffer-pool-size': '32M',
      'innodb-redo-log-capacity': '16M',
      ndbcluster: 1,
      'ndb-connectstring': config.connectString,
    }),
    section('client', { socket: config.socket, user: 'root' }),
  ].join('\n');
}

function section(name: string, settings: Settings): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  return `[${name}]\n${lines.join('')}`;
}
