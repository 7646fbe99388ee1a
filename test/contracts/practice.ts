import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PracticeCluster } from '../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Practice = Awaited<ReturnType<typeof beginPractice>>;

export const BACKUP_ID = '263261030';
export const ROWS = 1000;
/** The options of the two dumps. */
export const dumps = {
  programs: () => ['--routines', '--events', '--skip-triggers', ...tableNames.map((name) => `--ignore-table=${name}`)],
  triggers: () => ['--no-create-info', '--no-create-db', '--triggers', '--add-drop-trigger'],
};
const EXCLUDED = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL';

/** A cluster of two data nodes with sample data, whose tools are called exactly as the node scripts call them. */
export async function beginPractice(rondbHome: string | undefined) {
  const parent = await mkdtemp(join(tmpdir(), 'hopsdr-contracts-'));
  const place = { directory: join(parent, 'nodes'), dataNodes: 2 };
  // The stand-in's backups take as long as the test that meets one in progress needs.
  const cluster: PracticeCluster = rondbHome
    ? await createRondbCluster({ rondbHome, ...place })
    : await createStandInCluster({ ...place, backupDuration: 1500 });
  const used = new Set<string>();
  const [head, ...rondb] = cluster.nodes;
  const home = `${head?.directory}`;

  function run(tool: string, args: string[], input = ''): Promise<Ended> {
    used.add(tool);
    const child = spawn(join(home, 'mysql/bin', tool), ['--no-defaults', ...args], { stdio: 'pipe' });
    const code = new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    child.stdin.on('error', () => undefined).end(input);
    return Promise.all([code, text(child.stdout), text(child.stderr)]).then(([code, stdout, stderr]) => ({ code, stdout, stderr }));
  }

  const asking = ['--user=root', `--socket=${home}/mysql-cluster/mysql.sock`, '--default-character-set=utf8mb4'];
  const saved = (node: number) => join(parent, 'saved', `${node}`);
  const backupOf = (node: number, id = BACKUP_ID) =>
    join(`${rondb[node - 1]?.directory}`, 'mysql-cluster/ndb/backups/BACKUP', `BACKUP-${id}`);
  await cluster.start();
  await cluster.load(ROWS);

  return {
    cluster,
    home,
    parent,
    used,
    run,
    backupOf,
    saved,
    /** Keeps the backup where no disaster reaches it. */
    save: () => Promise.all([1, 2].map((node) => cp(backupOf(node), saved(node), { recursive: true }))),
    manage: (command: string) => run('ndb_mgm', ['-t', '3', '-c', cluster.connectString, '-e', command]),
    startBackup: (id: string) =>
      run('ndb_mgm', ['-t', '3', '-c', cluster.connectString, '-e', `START BACKUP ${id} SNAPSHOTEND WAIT COMPLETED`]),
    sql: (statement: string) => run('mysql', [...asking, '-Nre', statement]),
    script: (script: string, ...args: string[]) => run('mysql', [...asking, ...args], script),
    dump: (args: string[], databases = ['empty_featurestore', ...Object.keys(tables)]) =>
      run('mysqldump', [...asking, '--set-gtid-purged=OFF', '--skip-lock-tables', '--no-tablespaces', '--skip-dump-date', '--no-data', ...args,
        '--databases', '--', ...databases]), // biome-ignore format: one command
    printMeta: (path: string, node = 1, id = BACKUP_ID) =>
      run('ndb_restore', ['-n', `${node}`, '-b', id, '--print_meta', `--backup_path=${path}`]),
    restore: (node: number, ...step: string[]) =>
      run('ndb_restore', ['-c', cluster.connectString, '-n', `${node}`, '-b', BACKUP_ID, '--no-binlog', `--exclude-tables=${EXCLUDED}`,
        `--backup_path=${saved(node)}`, ...step]), // biome-ignore format: one command
    async countRows(database: string, table: string): Promise<number> {
      const { stdout } = await run('ndb_select_count', ['-c', cluster.connectString, '-d', database, '--', table]);
      return Number(/^(\d+) records in table /m.exec(stdout)?.[1]);
    },
    async end() {
      await cluster.stop();
      await rm(parent, { recursive: true });
    },
  };
}

/** The tables of the sample data that a dump sees, by database. */
export const tables: Readonly<Record<string, string[]>> = {
  hops: ['hdfs_block_infos', 'hdfs_groups', 'hdfs_inode_file_data', 'hdfs_inodes', 'hdfs_users', 'hdfs_users_groups', 'hdfs_variables'],
  hopsworks: ['dataset', 'host_services', 'hosts', 'project', 'project_topics', 'users', 'variables'],
  shop_featurestore: ['customers_1', "odd-name's table", 'orders_1'],
};

export const tableNames = Object.entries(tables).flatMap(([database, names]) => names.map((name) => `${database}.${name}`));
