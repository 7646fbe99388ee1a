import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeNode, Shape } from './cluster.ts';
import { configIni, myCnf } from './rondb-config.ts';

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

export interface RondbNodes {
  readonly head: RondbNode;
  readonly rondb: (RondbNode & { readonly nodeId: number })[];
}

/** The data nodes of the biggest practice cluster. */
export const MOST_DATA_NODES = 4;

/** sun_path of a Unix socket holds 108 bytes, the last of them a zero. */
const LONGEST_SOCKET_PATH = 107;

/** Names the nodes of a cluster and their directories, a data node's by its RonDB node id; creates nothing. */
export function layOutNodes(directory: string, { dataNodes, firstNodeId }: Pick<Shape, 'dataNodes' | 'firstNodeId'>): RondbNodes {
  if (![1, 2, 4].includes(dataNodes)) throw new Error(`a practice cluster has 1, 2 or 4 data nodes, not ${dataNodes}`);
  const head = node(directory, 'head', 1);
  const length = Buffer.byteLength(head.socket);
  if (length > LONGEST_SOCKET_PATH)
    throw new Error(
      `choose a shorter directory: the path of mysqld's socket, ${head.socket}, has ${length} bytes and may have ${LONGEST_SOCKET_PATH}`,
    );
  const nodeIds = Array.from({ length: dataNodes }, (_, index) => firstNodeId + index);
  return { head, rondb: nodeIds.map((nodeId) => ({ ...node(directory, 'rondb', nodeId), nodeId })) };
}

/** Removes what a disaster took for good: the data nodes that the new layout has no more. */
export async function removeLostNodes(before: RondbNodes, after: RondbNodes): Promise<void> {
  const kept = new Set(after.rondb.map(({ nodeId }) => nodeId));
  for (const { nodeId, directory } of before.rondb) if (!kept.has(nodeId)) await rm(directory, { recursive: true });
}

/** Makes the nodes new: nothing but their logs is left of what RonDB kept there. `ports`: of ndb_mgmd, then of each data node. */
export async function prepareNodes(
  { head, rondb }: RondbNodes,
  config: { rondbHome: string; ports: number[]; ldm: number; compressed: boolean; rows: number },
): Promise<void> {
  const { rondbHome, ldm, compressed, rows } = config;
  const [managementPort = 0, ...ports] = config.ports;
  for (const node of [head, ...rondb]) {
    for (const lost of [node.ndbData, node.ndbBackups, node.mysqlData]) await rm(lost, { recursive: true, force: true });
    for (const empty of [node.ndbData, node.ndbBackups, node.logs]) await mkdir(empty, { recursive: true });
    await rm(join(node.directory, 'mysql'), { force: true });
    await symlink(rondbHome, join(node.directory, 'mysql'));
  }
  const management = { port: managementPort, dataDirectory: head.ndbData, log: join(head.logs, 'cluster.log') };
  const dataNodes = rondb.map((node, index) => ({
    nodeId: node.nodeId,
    port: ports[index] ?? 0,
    dataDirectory: node.ndbData,
    backupDirectory: node.ndbBackups,
  }));
  await writeFile(head.configIni, configIni({ management, dataNodes, ldm, compressed, rows }));
  const connectString = `127.0.0.1:${managementPort}`;
  await writeFile(head.myCnf, myCnf({ rondbHome, dataDirectory: head.mysqlData, socket: head.socket, connectString }));
}

function node(parent: string, role: 'head' | 'rondb', number: number): RondbNode {
  const name = `${role}-${number}`;
  const directory = join(parent, name);
  const inside = (path: string) => join(directory, 'mysql-cluster', path);
  return {
    // 17 hexadecimal digits, as EC2 gives them.
    instanceId: `i-0000000000000${role === 'head' ? 'a' : 'b'}${String(number).padStart(3, '0')}`,
    name,
    roles: [role],
    directory,
    environment: { HOPS_ROOT: directory, HOPS_DATA_ROOT: directory },
    logs: inside('log'),
    ndbData: inside('ndb_data'),
    ndbBackups: inside('ndb/backups'),
    mysqlData: inside('mysql'),
    socket: inside('mysql.sock'),
    configIni: inside('config.ini'),
    myCnf: inside('my.cnf'),
  };
}
