import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCompleted } from '../../../model/rondb/completed.ts';
import { unpack } from '../../nodes/given.ts';
import { killGroups, processesWith } from '../../story/processes.ts';
import type { Fault } from '../fault.ts';
import { type Cluster, onCluster } from '../stages/cluster.ts';
import { cut, flip, spoilFile } from './spoil.ts';

const locals = 'local backup on rondb-1, local backup on rondb-2';
const backup = { action: 'StartRondbBackup' } as const;
const isRunning = (cluster: Cluster, id = cluster.given().backupId) =>
  cluster.until(`backup ${id} runs`, async () => (await cluster.running()) === id);

/** A native backup that the product has not begun. */
async function anotherBackup(cluster: Cluster): Promise<void> {
  spawn(
    join(cluster.head.directory, 'mysql/bin/ndb_mgm'),
    ['--no-defaults', '-c', cluster.cluster.connectString, '-e', 'START BACKUP 77 WAIT COMPLETED'],
    { stdio: 'ignore' },
  );
  await isRunning(cluster, '77');
}

/** Kills a server; what is returned starts it anew as it ran, until the stage closes. */
async function killAndKeep(words: string): Promise<() => void> {
  const [pid] = processesWith(words);
  if (pid === undefined) throw new Error(`no process has ${words} in its command line`);
  const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  killGroups([pid]);
  return () => void spawn(program, args, { stdio: 'ignore', detached: true });
}

/** The file of a kind in the second part of what a data node wrote. */
function fileOf(cluster: Cluster, kind: string, node = 2): string {
  const part = readdirSync(cluster.backupOf(node)).find((name) => name.includes('PART-2'));
  const directory = join(cluster.backupOf(node), `${part}`);
  return join(directory, `${readdirSync(directory).find((name) => name.endsWith(kind))}`);
}

/** A row in which a completed native backup is spoilt on a data node before it is shipped: on the second, which compresses its files. */
const spoilt = (
  id: string,
  item: Fault['item'],
  injected: string,
  spoil: (cluster: Cluster) => unknown,
  { node = 'rondb-2', remains = `${locals}, 7 objects` } = {},
) =>
  onCluster({
    id,
    item,
    injected,
    action: 'UploadRondbBackup',
    on: 'rondb',
    async given(cluster) {
      await cluster.nativeBackup();
      await spoil(cluster);
    },
    error: 'BackupDirectoryInvalid',
    node,
    remains,
  });

/** What can happen to a backup; the last rows end servers of the cluster. */
export const clusterFaults: Fault[] = [
  onCluster({
    ...backup,
    id: 'real-second-backup',
    item: 'second backup running',
    injected: 'Another backup runs',
    given: anotherBackup,
    error: 'BackupAlreadyRunning',
    remains: 'the other backup',
  }),
  onCluster({
    ...backup,
    id: 'real-operator-aborts',
    item: 'beyond the list',
    injected: 'An operator aborts the backup: ABORT BACKUP',
    async meanwhile(cluster) {
      await isRunning(cluster);
      await cluster.manage(`ABORT BACKUP ${cluster.given().backupId}`);
    },
    error: 'BackupAborted',
    remains: locals,
  }),
  onCluster({
    ...backup,
    id: 'real-id-reuse',
    item: 'id reuse',
    injected: 'A backup of this id was aborted before, and left its files',
    async given(cluster) {
      const taken = cluster.manage(`START BACKUP ${cluster.given().backupId} WAIT COMPLETED`);
      await isRunning(cluster);
      await cluster.manage(`ABORT BACKUP ${cluster.given().backupId}`);
      await taken;
      await cluster.until('no backup runs', async () => (await cluster.running()) === undefined);
    },
    error: 'BackupIdTaken',
    remains: locals,
  }),
  onCluster({
    ...backup,
    id: 'real-stale-directory',
    item: 'stale directory of the same id',
    injected: 'One data node has a directory of another backup with this id',
    given(cluster) {
      const { backupId } = cluster.given();
      for (const part of [1, 2]) {
        const directory = join(cluster.backupOf(2), `BACKUP-${backupId}-PART-${part}-OF-2`);
        mkdirSync(directory, { recursive: true });
        writeFileSync(join(directory, `BACKUP-${backupId}.2.ctl`), 'NDBBCKUP');
      }
    },
    error: 'BackupIdTaken',
    remains: locals,
  }),
  onCluster({
    ...backup,
    id: 'real-id-above-int32',
    item: 'id above 2147483647',
    injected: 'The id 2611221030, which START BACKUP takes, and which older ndb_restore cannot find again',
    parameters: { backupId: '2611221030' },
    error: 'ParameterInvalid',
    proof: (cluster) => (existsSync(cluster.backupOf(1, '2611221030')) ? 'A BACKUP OF THIS ID' : ''),
    remains: 'nothing',
  }),
  onCluster({
    ...backup,
    id: 'real-single-user-mode',
    item: 'single-user mode',
    injected: 'The cluster is in single-user mode',
    given: (cluster) => cluster.manage('ENTER SINGLE USER MODE 52'),
    after: async (cluster) => {
      await cluster.manage('EXIT SINGLE USER MODE');
      await cluster.until(
        'all are started',
        async () => ((await cluster.manage('ALL STATUS')).stdout.match(/: started/g) ?? []).length === 2,
      );
    },
    error: 'DataNodeNotStarted',
    remains: 'nothing',
  }),
  onCluster({
    ...backup,
    id: 'real-out-of-time',
    item: 'slow node',
    injected: 'The backup takes longer than its step may',
    parameters: { timeoutSeconds: '2' },
    error: 'BackupTimedOut',
    remains: locals,
  }),
  onCluster({
    ...backup,
    id: 'real-kill-9',
    item: 'kill -9',
    injected: 'kill -9 of the script in the middle of the backup; then what clean-up does',
    async meanwhile(cluster, [run]) {
      await isRunning(cluster);
      run?.kill();
      await run?.ended;
      for (const [nodes, action] of [
        [[cluster.head], 'AbortRondbBackup'],
        [cluster.rondb, 'RemoveLocalBackup'],
      ] as const) {
        await Promise.all((await cluster.start(nodes, action)).map(({ ended }) => ended));
      }
    },
    error: 'NodeFailed',
    remains: 'nothing',
  }),
  onCluster({
    ...backup,
    id: 'real-doubled-start',
    item: 'doubled invocation',
    injected: 'The command is delivered twice',
    async meanwhile(cluster, runs) {
      await isRunning(cluster);
      runs.push(...(await cluster.start([cluster.head], 'StartRondbBackup')));
    },
    error: 'survives',
    proof(cluster, outputs) {
      const { backupId } = cluster.given();
      const log = readFileSync(join(cluster.head.directory, 'mysql-cluster/log/cluster.log'), 'utf8');
      const begun = log.match(new RegExp(`Backup ${backupId} started from node \\d+$`, 'gm')) ?? [];
      const reports = outputs.map((output) => parseCompleted(unpack(JSON.parse(output).output)).backupId);
      return `${begun.length} native backup, both answers of ${reports.every((id) => id === backupId) ? 'it' : 'ANOTHER'}`;
    },
    remains: `${locals}, 1 native backup, both answers of it`,
  }),
  onCluster({
    ...backup,
    id: 'real-ddl-during-backup',
    item: 'DDL during the backup',
    injected: 'A table is dropped while the backup runs',
    async given(cluster) {
      await cluster.sql('CREATE DATABASE IF NOT EXISTS victim; CREATE TABLE IF NOT EXISTS victim.t (id INT PRIMARY KEY) ENGINE ndbcluster');
    },
    async meanwhile(cluster) {
      await isRunning(cluster);
      // Refused, or done when the backup has ended.
      await cluster.sql('DROP TABLE victim.t').catch(() => {});
    },
    after: (cluster) => cluster.sql('DROP DATABASE IF EXISTS victim'),
    error: 'survives',
    async proof(cluster) {
      const { backupId } = cluster.given();
      const { stdout } = await cluster.tool(
        'ndb_restore',
        '-n',
        '1',
        '-b',
        backupId,
        '--print_meta',
        `--backup_path=${cluster.backupOf(1)}`,
      );
      return stdout.includes('-- victim/def/t --') ? 'the backup has the table' : 'THE BACKUP LACKS THE TABLE';
    },
    remains: `${locals}, the backup has the table`,
  }),
  ...(['.ctl', '.Data', '.log'] as const).map((kind) =>
    spoilt(
      `real-${kind.slice(1).toLowerCase()}-truncated`,
      `truncated ${kind}`,
      `A ${kind} has lost its second half before it is shipped`,
      (cluster) => spoilFile(fileOf(cluster, kind), cut),
    ),
  ),
  spoilt(
    'real-plain-data-truncated',
    'truncated .Data',
    'A .Data that is not compressed has lost its second half before it is shipped',
    (cluster) => spoilFile(fileOf(cluster, '.Data', 1), cut),
    { node: 'rondb-1' },
  ),
  spoilt('real-ctl-flipped', 'bit-flipped .ctl', "A bit of a .ctl flips on the data node's own disk before it is shipped", (cluster) =>
    spoilFile(fileOf(cluster, '.ctl'), flip),
  ),
  spoilt('real-part-missing', 'missing PART directory', 'A PART directory is gone before it is shipped', (cluster) => {
    rmSync(join(fileOf(cluster, '.ctl'), '..'), { recursive: true });
  }),
  spoilt('real-wrong-of-n', 'wrong OF-n', 'The PART directories say -OF-3', (cluster) => {
    for (const name of readdirSync(cluster.backupOf(2)))
      renameSync(join(cluster.backupOf(2), name), join(cluster.backupOf(2), name.replace('OF-2', 'OF-3')));
  }),
  spoilt(
    'real-directory-gone',
    'missing PART directory',
    'A data node has lost its whole directory',
    (cluster) => {
      rmSync(cluster.backupOf(2), { recursive: true });
    },
    { remains: 'local backup on rondb-1, 7 objects' },
  ),
  onCluster({
    ...backup,
    id: 'real-mgmd-dies',
    item: 'mgmd dying',
    injected: 'ndb_mgmd is killed during the backup',
    async meanwhile(cluster) {
      await isRunning(cluster);
      restartManagement = await killAndKeep(`--configdir=${join(cluster.head.directory, '')}`);
    },
    async after(cluster) {
      restartManagement?.();
      await cluster.until(
        'ndb_mgmd answers',
        async () => ((await cluster.manage('ALL STATUS')).stdout.match(/: started/g) ?? []).length === 2,
        60,
      );
    },
    error: 'BackupRefused',
    remains: locals,
  }),
  onCluster({
    id: 'real-mysqld-down',
    item: 'mysqld down',
    injected: 'mysqld is killed before the rows are counted',
    action: 'VerifyRestore',
    given: (cluster) => void killGroups(processesWith(`--defaults-file=${cluster.head.directory}`)),
    parameters: { prefix: 'practice/restores/run-1' },
    error: 'SqlServerUnreachable',
    remains: 'nothing',
  }),
  onCluster({
    id: 'real-mysqld-down-for-dump',
    item: 'mysqld down',
    injected: 'mysqld is down when accounts and SQL objects are to be dumped',
    action: 'DumpMetadata',
    error: 'MetadataDumpFailed',
    remains: 'nothing',
  }),
  onCluster({
    ...backup,
    id: 'real-data-node-dies',
    item: 'data node dying during START BACKUP',
    injected: 'A data node is killed during the backup',
    async meanwhile(cluster) {
      await isRunning(cluster);
      killGroups(processesWith(`--ndb-nodeid=2 --ndb-connectstring=${cluster.cluster.connectString}`));
    },
    error: 'BackupAborted',
    remains: locals,
  }),
  onCluster({
    ...backup,
    id: 'real-data-node-down',
    item: 'data node dying during START BACKUP',
    injected: 'A data node is down when the backup is to begin: RonDB would leave it out',
    error: 'DataNodeNotStarted',
    remains: 'nothing',
  }),
];

let restartManagement: (() => void) | undefined;
