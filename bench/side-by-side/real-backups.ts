import { execFile } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PracticeCluster } from '../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import { BACKUP_ID } from './directories.ts';
import { alternate } from './statistics.ts';

/** Rows of about 800 bytes, half of which nobody can compress. */
const ROW = "CONCAT('label ', id), HEX(RANDOM_BYTES(350))";
const STATEMENT_ROWS = 2048;

/** Native backups of a real cluster of two data nodes. */
export interface RealBackup {
  /** What each data node wrote: files of both nodes have different names. */
  readonly directories: readonly string[];
  readonly compressed: boolean;
}

/** Seconds of ndb_restore for the data of both nodes, in each round. */
export interface RestoreTimes {
  readonly together: number[];
  readonly oneByOne: number[];
}

/** Takes a backup of a fresh cluster with so many rows; `then` may go on with the cluster, which is stopped afterwards. */
export async function takeBackup(
  { rondbHome, directory, rows, compressed }: { rondbHome: string; directory: string; rows: number; compressed: boolean },
  then: (cluster: PracticeCluster, backup: RealBackup) => Promise<void> = async () => undefined,
): Promise<RealBackup> {
  const cluster = await createRondbCluster({
    rondbHome,
    directory: join(directory, compressed ? 'c1' : 'c0'),
    dataNodes: 2,
    rows: 2 * rows,
    compressed,
  });
  try {
    await cluster.start();
    await fill(cluster, rondbHome, rows);
    await execute(join(rondbHome, 'bin/ndb_mgm'), [
      '--no-defaults',
      '-c',
      cluster.connectString,
      '-e',
      `START BACKUP ${BACKUP_ID} WAIT COMPLETED`,
    ]);
    const directories = cluster.nodes
      .filter(({ roles }) => roles.includes('rondb'))
      .map(({ name, directory: from }) => {
        const kept = join(directory, `${compressed ? 'compressed' : 'plain'}-${name}`);
        mkdirSync(kept);
        cpSync(join(from, 'mysql-cluster/ndb/backups/BACKUP', `BACKUP-${BACKUP_ID}`), kept, { recursive: true });
        return kept;
      });
    const backup = { directories, compressed };
    await then(cluster, backup);
    return backup;
  } finally {
    await cluster.stop();
  }
}

/** Restores the rows into a new cluster: of both nodes at once, and one after the other. */
export async function timeRestores(
  cluster: PracticeCluster,
  rondbHome: string,
  { directories }: RealBackup,
  rounds: number,
): Promise<RestoreTimes> {
  const restore = (index: number, ...options: string[]) => {
    const which = ['-n', String(index + 1), '-b', BACKUP_ID, `--backup_path=${directories[index]}`];
    return execute(join(rondbHome, 'bin/ndb_restore'), ['--no-defaults', '-c', cluster.connectString, ...which, ...options]);
  };
  await cluster.destroy();
  await restore(0, '-m', '--disable-indexes', '--no-binlog', '--exclude-tables=mysql.ndb_apply_status');
  const ways = {
    together: () => Promise.all(directories.map((_, index) => restore(index, '-r'))),
    oneByOne: async () => {
      for (const index of directories.keys()) await restore(index, '-r');
    },
  };
  // The rows are there afterwards: every measured restore writes them over again.
  await ways.together();
  const times: RestoreTimes = { together: [], oneByOne: [] };
  await alternate(rounds, ['together', 'oneByOne'] as const, async (way) => {
    const begun = performance.now();
    await ways[way]();
    times[way].push((performance.now() - begun) / 1000);
  });
  return times;
}

async function fill({ nodes }: PracticeCluster, rondbHome: string, rows: number): Promise<void> {
  const socket = join(`${nodes.find(({ roles }) => roles.includes('head'))?.directory}`, 'mysql-cluster/mysql.sock');
  const sql = (statement: string) =>
    execute(join(rondbHome, 'bin/mysql'), ['--no-defaults', '--user=root', `--socket=${socket}`, '-e', statement]);
  await sql(`CREATE DATABASE bench; CREATE TABLE bench.events (id INT AUTO_INCREMENT PRIMARY KEY, label VARCHAR(100), content VARCHAR(1500)) ENGINE ndbcluster;
    INSERT INTO bench.events (label, content) VALUES ('first', 'row')`);
  // NDB takes so many rows in one transaction, and no more.
  for (let count = 1; count < rows; count += Math.min(count, STATEMENT_ROWS)) {
    await sql(`INSERT INTO bench.events (label, content) SELECT ${ROW} FROM bench.events LIMIT ${STATEMENT_ROWS}`);
  }
}

const execute = promisify(execFile);
