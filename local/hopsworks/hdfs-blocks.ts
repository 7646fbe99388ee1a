import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PracticeNode } from '../cluster/cluster.ts';

/** The bucket in which HopsFS keeps its blocks. */
export interface BlockObjects {
  readonly bucket: string;
  put(key: string, content: Buffer): Promise<void>;
  /** Every key of the bucket. */
  list(): Promise<string[]>;
  get(key: string): Promise<Buffer>;
}

/** Where HopsFS keeps its blocks: on the disks of the nodes with the role hopsfs, or in a bucket. */
export type Blocks = 'disks' | BlockObjects;

/** dfs.datanode.data.dir, as the cluster file names it. */
export const dataDirectory = '/srv/hopsworks-data/hops/hopsdata/hdfs/dn';
/** The same, below a practice node's directory. */
export const dataBelowNode = dataDirectory.slice('/srv/'.length);
/** The cluster that RonDB's metadata belong to: a datanode of another is not let in. */
export const clusterId = 'CID-4f2c6a10-practice';

const POOL = 'BP-1411772011-10.0.0.7-1600000000000';
/** So many rows have their blocks written at a time. */
const CHUNK = 200;

/** Lays down the data directory of a datanode without blocks, of a cluster of its own unless `cluster` says which. */
export async function deployStorage(node: PracticeNode, cluster = `CID-${randomUUID()}`): Promise<void> {
  const current = join(node.directory, dataBelowNode, 'current');
  await rm(join(node.directory, dataBelowNode), { recursive: true, force: true });
  await mkdir(join(current, POOL, 'current', 'finalized'), { recursive: true });
  await mkdir(join(current, POOL, 'current', 'rbw'));
  await writeFile(join(current, 'VERSION'), version({ storageID: `DS-${randomUUID()}`, clusterID: cluster, datanodeUuid: randomUUID() }));
  await writeFile(join(current, POOL, 'current', 'VERSION'), version({ blockpoolID: POOL, namespaceID: '1411772011' }));
  await writeFile(join(node.directory, dataBelowNode, 'in_use.lock'), '');
}

/** Gives every row of hops.hdfs_block_infos its block: a file with its .meta on one of the datanodes, or an object. Their content depends on the row alone. */
export async function loadBlocks(nodes: readonly PracticeNode[], blocks: Blocks): Promise<void> {
  const datanodes = withRole(nodes, 'hopsfs');
  if (blocks === 'disks') for (const node of datanodes) await deployStorage(node, clusterId);
  const rows = await readRows(nodes);
  for (let first = 0; first < rows.length; first += CHUNK) {
    await Promise.all(
      rows.slice(first, first + CHUNK).map((row, index) => {
        if (blocks !== 'disks') return putBlock(blocks, row);
        const node = datanodes[(first + index) % datanodes.length];
        if (!node) throw new Error('HopsFS on disks needs nodes with the role hopsfs');
        return writeBlock(join(node.directory, dataBelowNode, 'current', POOL, 'current', 'finalized'), row);
      }),
    );
  }
}

/** `block <id>` → the SHA-256 of what is stored of it, with its .meta and generation stamp, wherever it is. */
export async function readBlocks(nodes: readonly PracticeNode[], blocks: Blocks): Promise<Readonly<Record<string, string>>> {
  if (blocks !== 'disks') {
    const keys = (await blocks.list()).filter((key) => /blk_\d+_\d+\.data$/.test(key));
    return Object.fromEntries(await Promise.all(keys.map(async (key) => [nameOf(key), sha256(key, await blocks.get(key))])));
  }
  const found = await Promise.all(withRole(nodes, 'hopsfs').map(({ directory }) => readDisk(join(directory, dataBelowNode, 'current'))));
  return Object.fromEntries(found.flat());
}

/** The nodes with a role. */
export function withRole(nodes: readonly PracticeNode[], role: PracticeNode['roles'][number]): PracticeNode[] {
  return nodes.filter(({ roles }) => roles.includes(role));
}

interface BlockRow {
  readonly id: number;
  readonly stamp: number;
}

async function readRows(nodes: readonly PracticeNode[]): Promise<BlockRow[]> {
  const [head] = withRole(nodes, 'head');
  if (!head) throw new Error('there is no head');
  const { stdout } = await promisify(execFile)(
    join(head.directory, 'mysql', 'bin', 'mysql'),
    [
      '--no-defaults',
      '--user=root',
      `--socket=${join(head.directory, 'mysql-cluster', 'mysql.sock')}`,
      '-Ne',
      'SELECT block_id, generation_stamp FROM hops.hdfs_block_infos',
    ],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t').map(Number))
    .map(([id = 0, stamp = 0]) => ({ id, stamp }))
    .sort((one, other) => one.id - other.id);
}

async function writeBlock(finalized: string, row: BlockRow): Promise<void> {
  const directory = join(finalized, `subdir${(row.id >> 16) & 31}`, `subdir${(row.id >> 8) & 31}`);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `blk_${row.id}`), contentOf(row));
  await writeFile(join(directory, `blk_${row.id}_${row.stamp}.meta`), metaOf(row));
}

async function putBlock(objects: BlockObjects, row: BlockRow): Promise<void> {
  const key = `hopsfs-blocks-set-${row.id % 16}/blk_${row.id}_${row.stamp}`;
  await objects.put(`${key}.data`, contentOf(row));
  await objects.put(`${key}.meta`, metaOf(row));
}

async function readDisk(current: string): Promise<[string, string][]> {
  const files = await readdir(current, { recursive: true }).catch(() => []);
  const metas = files.filter((file) => /\/finalized\/.*\.meta$/.test(file));
  return Promise.all(
    metas.map(async (file): Promise<[string, string]> => {
      const data = await readFile(join(current, file.replace(/_\d+\.meta$/, '')));
      return [nameOf(file), sha256(file, data, await readFile(join(current, file)))];
    }),
  );
}

const contentOf = ({ id }: BlockRow) => Buffer.from(`block ${id}\n`.repeat(1 + (id % 20)));
/** A header for checksums of 512 bytes each, and something in their place. */
const metaOf = (row: BlockRow) => Buffer.from([0, 1, 2, 0, 0, 2, 0, ...createHash('md5').update(contentOf(row)).digest()]);
const nameOf = (file: string) => `block ${/blk_(\d+)_\d+\.(data|meta)$/.exec(file)?.[1]}`;

function sha256(file: string, ...contents: Buffer[]): string {
  const hash = createHash('sha256').update(/blk_\d+_\d+/.exec(file)?.[0] ?? '');
  for (const content of contents) hash.update(content);
  return hash.digest('hex');
}

function version(properties: Record<string, string>): string {
  const all = { ...properties, cTime: '0', layoutVersion: '-56' };
  return `#Sun Nov 22 10:30:00 UTC 2026\n${Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}`;
}
