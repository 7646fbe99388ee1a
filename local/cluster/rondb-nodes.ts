import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeNode, Shape } from './cluster.ts';
import { apiNodeIds, configIni, myCnf, type Settings } from './rondb-config.ts';
import { installTools } from './rondb-tools.ts';

/** A node with the places where RonDB's servers keep their files, as on a Hopsworks node below its HOPS_ROOT. */
export interface RondbNode extends PracticeNode {
  readonly logs: string;
  readonly ndbData: string;
  readonly ndbBackups: string;
  readonly mysqlData: string;
  readonly socket: string;
  readonly configIni: string;
  readonly myCnf: string;
}

export interface ClusterNodes {
  /** The first has the management server; each has a mysqld. */
  readonly heads: readonly [RondbNode, ...RondbNode[]];
  readonly rondb: (RondbNode & { readonly nodeId: number })[];
  readonly hopsfs: PracticeNode[];
}

/** The data nodes of the biggest practice cluster. */
export const MOST_DATA_NODES = 4;

/** sun_path of a Unix socket holds 108 bytes, the last of them a zero. */
const LONGEST_SOCKET_PATH = 107;

/** Two slots in config.ini are for mysqld. */
const MOST_HEADS = 2;

/** All nodes of a cluster: heads, data nodes of RonDB, datanodes of HopsFS. */
export function allNodes({ heads, rondb, hopsfs }: ClusterNodes): PracticeNode[] {
  return [...heads, ...rondb, ...hopsfs];
}

/** Names the nodes of a cluster and their directories, a data node's by its RonDB node id; creates nothing. */
export function layOutNodes(directory: string, { dataNodes, firstNodeId, heads, hopsfs }: Omit<Shape, 'ldm'>): ClusterNodes {
  if (![1, 2, 4].includes(dataNodes)) throw new Error(`a practice cluster has 1, 2 or 4 data nodes, not ${dataNodes}`);
  if (heads < 1 || heads > MOST_HEADS) throw new Error(`a practice cluster has 1 or ${MOST_HEADS} heads, not ${heads}`);
  const first = rondbNode(directory, 'head', 1);
  const length = Buffer.byteLength(first.socket);
  if (length > LONGEST_SOCKET_PATH)
    throw new Error(
      `choose a shorter directory: the path of mysqld's socket, ${first.socket}, has ${length} bytes and may have ${LONGEST_SOCKET_PATH}`,
    );
  const count = (from: number, length: number) => Array.from({ length }, (_, index) => from + index);
  return {
    heads: [first, ...count(2, heads - 1).map((number) => rondbNode(directory, 'head', number))],
    rondb: count(firstNodeId, dataNodes).map((nodeId) => ({ ...rondbNode(directory, 'rondb', nodeId), nodeId })),
    hopsfs: count(1, hopsfs).map((number) => practiceNode(directory, 'hopsfs', number)),
  };
}

/** What stays of a node's directory when the node is lost: what was printed there. */
const LOGS = ['ssm', 'mysql-cluster'];

/** Removes what a disaster took: the nodes that the new layout has no more, and of the others all but their logs. */
export async function loseNodes(before: ClusterNodes, after: ClusterNodes): Promise<void> {
  const kept = new Set(allNodes(after).map(({ name }) => name));
  for (const { name, directory } of allNodes(before)) {
    if (!kept.has(name)) await rm(directory, { recursive: true });
    else for (const entry of await readdir(directory)) if (!LOGS.includes(entry)) await rm(join(directory, entry), { recursive: true });
  }
}

/** Makes empty directories for what runs on each node: nothing but logs is left of what RonDB kept there. */
export async function emptyNodes({ heads, rondb, hopsfs }: ClusterNodes): Promise<void> {
  for (const { directory } of hopsfs) await mkdir(directory, { recursive: true });
  for (const node of [...heads, ...rondb]) {
    for (const lost of [node.ndbData, node.ndbBackups, node.mysqlData]) await rm(lost, { recursive: true, force: true });
    for (const empty of [node.ndbData, node.ndbBackups, node.logs]) await mkdir(empty, { recursive: true });
  }
}

/** Makes the nodes new, with RonDB's programs and configuration. `ports`: of ndb_mgmd, then of each data node. */
export async function prepareNodes(
  nodes: ClusterNodes,
  config: {
    rondbHome: string;
    ports: number[];
    ldm: number;
    compressed: boolean;
    rows: number;
    settings: (nodeId: number) => Settings;
  },
): Promise<void> {
  const { heads, rondb } = nodes;
  const { rondbHome, ldm, compressed, rows, settings } = config;
  const [managementPort = 0, ...ports] = config.ports;
  await emptyNodes(nodes);
  const [head] = heads;
  const locks = join(head.directory, '..', 'api-node-ids');
  for (const { directory } of [...heads, ...rondb]) await installTools(directory, rondbHome, locks, apiNodeIds);
  const management = { port: managementPort, dataDirectory: head.ndbData, log: join(head.logs, 'cluster.log') };
  const dataNodes = rondb.map((node, index) => ({
    nodeId: node.nodeId,
    port: ports[index] ?? 0,
    dataDirectory: node.ndbData,
    backupDirectory: node.ndbBackups,
  }));
  await writeFile(head.configIni, configIni({ management, dataNodes, ldm, compressed, rows, settings }));
  const connectString = `127.0.0.1:${managementPort}`;
  for (const { myCnf: file, mysqlData, socket } of heads) {
    await writeFile(file, myCnf({ rondbHome, dataDirectory: mysqlData, socket, connectString }));
  }
}

const LETTERS = { head: 'a', rondb: 'b', hopsfs: 'c' } as const;

function practiceNode(parent: string, role: keyof typeof LETTERS, number: number): PracticeNode {
  const name = `${role}-${number}`;
  const directory = join(parent, name);
  return {
    // 17 hexadecimal digits, as EC2 gives them.
    instanceId: `i-0000000000000${LETTERS[role]}${String(number).padStart(3, '0')}`,
    name,
    roles: [role],
    directory,
    environment: { HOPS_ROOT: directory, HOPS_DATA_ROOT: directory },
  };
}

function rondbNode(parent: string, role: 'head' | 'rondb', number: number): RondbNode {
  const node = practiceNode(parent, role, number);
  const inside = (path: string) => join(node.directory, 'mysql-cluster', path);
  return {
    ...node,
    logs: inside('log'),
    ndbData: inside('ndb_data'),
    ndbBackups: inside('ndb/backups'),
    mysqlData: inside('mysql'),
    socket: inside('mysql.sock'),
    configIni: inside('config.ini'),
    myCnf: inside('my.cnf'),
  };
}
