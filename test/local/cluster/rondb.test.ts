import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster } from '../../../local/cluster/cluster.ts';
import { compareFingerprints, type Fingerprint } from '../../../local/cluster/fingerprint.ts';
import { createRondbCluster } from '../../../local/cluster/rondb.ts';
import { rondbHome } from '../../rondb-home.ts';

const BACKUP_ID = '263261030';

describe.skipIf(rondbHome === undefined)('a practice cluster of real RonDB binaries', { timeout: 180_000 }, () => {
  let directory: string;
  let cluster: PracticeCluster;
  let before: Fingerprint;

  const run = async (name: string, ...args: string[]) => (await promisify(execFile)(join(`${rondbHome}`, 'bin', name), args)).stdout;
  const mysql = (sql: string) => run('mysql', `--defaults-file=${join(directory, 'head-1/mysql-cluster/my.cnf')}`, '-N', '-e', sql);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'hopsdr-rondb-'));
    cluster = await createRondbCluster({ rondbHome: `${rondbHome}`, directory, dataNodes: 2, compressed: true });
    await cluster.start();
    await cluster.load(3000);
    before = await cluster.fingerprint();
  }, 180_000);

  afterAll(async () => {
    await cluster.stop();
    await rm(directory, { recursive: true });
  }, 60_000);

  it('gives every fragment of every table some rows', async () => {
    const empty = await mysql(`SELECT fq_name, fragment_num FROM ndbinfo.memory_per_fragment
      WHERE type = 'User table' AND fixed_elem_count = 0 AND SUBSTRING_INDEX(fq_name, '/', 1) IN ('hops', 'hopsworks', 'shop_featurestore')`);

    expect(empty).toBe('');
  });

  it('reads the same fingerprint twice', async () => {
    const again = await cluster.fingerprint();

    expect(compareFingerprints(before, again)).toEqual([]);
    expect(before.entries['table hops.hdfs_inodes rows']).toBe('3000');
  });

  it.each([
    ['values swapped between two rows', 'UPDATE hops.hdfs_inodes SET size = 3000 - size WHERE id IN (1, 2)', 'hops.hdfs_inodes'],
    ['a value that became NULL', 'UPDATE hopsworks.users SET settings = NULL WHERE uid = 1', 'hopsworks.users'],
    [
      'a changed byte in a blob',
      "UPDATE hops.hdfs_inode_file_data SET data = INSERT(data, 9, 1, 'x') WHERE inode_id = 1",
      'hops.hdfs_inode_file_data',
    ],
  ])('notices %s', async (_, change, table) => {
    await mysql(change);

    const changed = await cluster.fingerprint();

    expect(compareFingerprints(before, changed).map(({ entry }) => entry)).toEqual([`table ${table} checksum`]);
    before = changed;
  });

  it('loses everything in a disaster, and gets every row back from a native backup, but what is no NDB table', async () => {
    const backup = await takeBackup();
    const connectString = cluster.connectString;

    await cluster.destroy();
    const emptied = await cluster.fingerprint();
    const left = await Promise.all(['rondb-1', 'rondb-2'].map((name) => readdir(join(directory, name, 'mysql-cluster/ndb/backups'))));
    await restore(backup);
    const restored = await cluster.fingerprint();

    expect(emptied.entries).toEqual({});
    expect(left).toEqual([[], []]);
    expect(cluster.connectString).toBe(connectString);
    const kinds = compareFingerprints(before, restored).map(
      ({ entry, after }) => `${entry.split(' ')[0]} ${after === undefined ? 'lost' : 'changed'}`,
    );
    expect([...new Set(kinds)]).toEqual(
      ['database', 'event', 'function', 'grants', 'procedure', 'trigger', 'user', 'view'].map((kind) => `${kind} lost`),
    );
    expect(await mysql('SELECT COUNT(*) FROM hopsworks.hosts')).toBe('0\n');
    await expect(mysql("INSERT INTO hopsworks.dataset (project_id, name) VALUES (999, 'orphan')")).rejects.toThrow(
      'foreign key constraint fails',
    );
    await expect(mysql("INSERT INTO hops.hdfs_users (name) VALUES ('project1__meb10000')")).rejects.toThrow('Duplicate entry');
    await mysql("INSERT INTO hopsworks.dataset (project_id, name) VALUES (1, 'next')");
  });

  it('frees its port when it is stopped, and stays stopped', async () => {
    const port = Number(cluster.connectString.split(':')[1]);

    await cluster.stop();

    const server = createServer();
    await new Promise<void>((listening, taken) => server.once('error', taken).listen(port, '127.0.0.1', listening));
    await new Promise((closed) => server.close(closed));
    await expect(cluster.start()).rejects.toThrow('has been stopped');
  });

  async function takeBackup(): Promise<string> {
    await run('ndb_mgm', '-c', cluster.connectString, '-e', `START BACKUP ${BACKUP_ID} SNAPSHOTEND WAIT COMPLETED`);
    const backup = join(directory, 'backup');
    for (const node of ['rondb-1', 'rondb-2'])
      await cp(join(directory, node, `mysql-cluster/ndb/backups/BACKUP/BACKUP-${BACKUP_ID}`), join(backup, node), { recursive: true });
    const file = `rondb-1/BACKUP-${BACKUP_ID}-PART-1-OF-2/BACKUP-${BACKUP_ID}-0.1.Data`;
    expect((await readFile(join(backup, file))).subarray(0, 2).toString('hex')).toBe('fe03');
    return backup;
  }

  async function restore(backup: string): Promise<void> {
    const ndbRestore = (node: number, excluded: string, ...step: string[]) =>
      run('ndb_restore', '-c', cluster.connectString, '-n', `${node}`, '-b', BACKUP_ID, '--no-binlog', `--exclude-tables=${excluded}`,
        `--backup_path=${join(backup, `rondb-${node}`)}`, ...step); // biome-ignore format: one command
    const excluded = 'mysql.ndb_apply_status,glassfish_timers.EJB__TIMER__TBL';
    await ndbRestore(2, excluded, '-m', '--disable-indexes');
    await Promise.all([1, 2].map((node) => ndbRestore(node, `${excluded},hopsworks.hosts,hopsworks.host_services`, '-r')));
    await ndbRestore(1, excluded, '--rebuild-indexes');
    await mysql('SET GLOBAL ndb_metadata_sync = ON');
    while ((await mysql('SELECT @@ndb_metadata_sync')) !== '0\n') await new Promise((again) => setTimeout(again, 200));
  }
});
