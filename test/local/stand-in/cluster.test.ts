import { execFile, spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PracticeCluster } from '../../../local/cluster/cluster.ts';
import type { Fingerprint } from '../../../local/cluster/fingerprint.ts';
import { createStandInCluster } from '../../../local/cluster/stand-in.ts';
import { fragmentsOf, openState } from '../../../local/stand-in/state.ts';

const ID = '263261030';

const tablesOf = ({ entries }: Fingerprint) => Object.entries(entries).filter(([entry]) => /^(create )?table /.test(entry));

describe('a practice cluster of the stand-in', () => {
  let parent: string;
  let cluster: PracticeCluster;
  const tool = (of: PracticeCluster, name: string, ...args: string[]) =>
    promisify(execFile)(join(`${of.nodes[0]?.directory}`, 'mysql/bin', name), ['-c', of.connectString, ...args]);
  const backups = (of: PracticeCluster, node: number) => join(`${of.nodes[node]?.directory}`, 'mysql-cluster/ndb/backups');
  const backup = (node: number) => join(backups(cluster, node), `BACKUP/BACKUP-${ID}`);
  /** How many rows RonDB says that the backup holds. */
  const takeBackup = async () =>
    /#Records: (\d+)/.exec((await tool(cluster, 'ndb_mgm', '-e', `START BACKUP ${ID} SNAPSHOTEND WAIT COMPLETED`)).stdout)?.[1];
  const restore = (node: number, ...step: string[]) =>
    tool(cluster, 'ndb_restore', '-n', `${node}`, '-b', ID, `--backup_path=${join(parent, `${node}`)}`, ...step);

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'hopsdr-stand-in-'));
    cluster = await createStandInCluster({ directory: join(parent, 'a'), dataNodes: 2, backupDuration: 300 });
    await cluster.start();
  });
  afterEach(async () => {
    await cluster.stop();
    await rm(parent, { recursive: true });
  });

  it('gives every fragment of every table some rows, and reads the same fingerprint again', async () => {
    await cluster.load(1000);

    const state = openState(join(parent, 'a/stand-in/state'));
    const sizes = state.tables
      .names()
      .flatMap((table) => fragmentsOf(state, table))
      .map((fragment) => Object.keys(state.rows.get(fragment) ?? {}).length);
    expect(sizes).toHaveLength(18 * 4);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(await cluster.fingerprint()).toEqual(await cluster.fingerprint());
  });

  it('notices a changed row, a table without indexes and a view whose definer is missing', async () => {
    await cluster.load(100);
    const before = await cluster.fingerprint();
    const state = openState(join(parent, 'a/stand-in/state'));
    const [fragment = ''] = fragmentsOf(state, 'hops.hdfs_inodes');
    const table = state.tables.get('hops.hdfs_users');
    if (table === undefined) throw new Error('there is no hops.hdfs_users');
    const rows = state.rows.get(fragment) ?? {};

    state.rows.put(fragment, { ...rows, [Object.keys(rows)[0] ?? '']: 'changed' });
    state.tables.put('hops.hdfs_users', { ...table, indexed: false });
    state.accounts.remove("'o\\'brien'@'%'");

    const { entries } = await cluster.fingerprint();
    const changed = Object.keys(before.entries).filter((name) => entries[name] !== before.entries[name]);
    expect(changed.sort()).toEqual([
      'create table hops.hdfs_users',
      "grants 'o\\'brien'@'%'",
      'table hops.hdfs_inodes checksum',
      "user 'o\\'brien'@'%'",
      'view shop_featurestore.best_customers rows',
    ]);
  });

  it('loses everything in a disaster but its connect string', async () => {
    const { connectString } = cluster;
    await cluster.load(100);
    await takeBackup();

    await cluster.destroy();

    expect((await cluster.fingerprint()).entries).toEqual({});
    expect(await Promise.all([1, 2].map((node) => readdir(backups(cluster, node))))).toEqual([[], []]);
    expect(cluster.connectString).toBe(connectString);
  });

  it('completes a backup whose client was killed', async () => {
    const client = spawn(join(`${cluster.nodes[0]?.directory}`, 'mysql/bin/ndb_mgm'), [
      ...['-c', cluster.connectString, '-e', `START BACKUP ${ID} SNAPSHOTEND WAIT COMPLETED`],
    ]);
    const status = async () => (await tool(cluster, 'ndb_mgm', '-e', 'ALL REPORT BACKUPSTATUS')).stdout;
    const killed = new Promise((resolve) => client.once('exit', resolve));
    await new Promise<void>((begun) => client.stdout.on('data', (text) => String(text).includes('Waiting') && begun()));
    await expect.poll(async () => readdir(backups(cluster, 1)), { interval: 5 }).toEqual(['BACKUP']);

    client.kill('SIGKILL');
    await killed;

    await expect.poll(status, { timeout: 10_000 }).toContain('Node 1: Backup not started');
    const verdict = await tool(cluster, 'ndb_restore', '-n', '2', '-b', ID, '--print_meta', `--backup_path=${backup(2)}`);
    expect(verdict.stdout).toContain('[part 2] Data and log restore successful');
  });

  it.each([
    { dataNodes: 4, firstNodeId: 3 },
    { dataNodes: 1, firstNodeId: 2 },
  ])('comes back as $dataNodes data nodes from id $firstNodeId on, and every node of a backup brings its rows there', async (shape) => {
    await cluster.load(100);
    const before = tablesOf(await cluster.fingerprint());
    const records = await takeBackup();
    for (const node of [1, 2]) await cp(backup(node), join(parent, `${node}`), { recursive: true });

    await cluster.destroy(shape);
    await restore(1, '-m', '--disable-indexes');
    await Promise.all([1, 2].map((node) => restore(node, '-r')));
    await restore(2, '--rebuild-indexes');
    await promisify(execFile)(join(`${cluster.nodes[0]?.directory}`, 'mysql/bin/mysql'), [
      `--socket=${cluster.nodes[0]?.directory}/mysql-cluster/mysql.sock`,
      '--execute=SET GLOBAL ndb_metadata_sync = ON',
    ]);

    expect(tablesOf(await cluster.fingerprint())).toEqual(before);
    expect(Number(records)).toBeGreaterThan(1000);
    expect(await takeBackup()).toBe(records);
    const ids = Array.from({ length: shape.dataNodes }, (_, index) => shape.firstNodeId + index);
    expect(cluster.nodes.map(({ name }) => name)).toEqual(['head-1', ...ids.map((id) => `rondb-${id}`)]);
    await Promise.all(
      ids.map((id, index) => tool(cluster, 'ndb_restore', '-n', `${id}`, '-b', ID, '--print_meta', `--backup_path=${backup(index + 1)}`)),
    );
  });

  it('comes back with no other number of threads that hold data: its backups have two parts, always', async () => {
    await expect(cluster.destroy({ ldm: 4 })).rejects.toThrow('a data node of the stand-in has 2 LDM threads, not 4');
  });

  it('stays stopped, and then no server answers', async () => {
    await cluster.stop();

    await expect(cluster.start()).rejects.toThrow('has been stopped');
    await expect(tool(cluster, 'ndb_mgm', '-e', 'SHOW')).rejects.toMatchObject({ code: 255 });
  });

  it('ends the client of a backup when its management server ends, as RonDB does', async () => {
    const slow = await createStandInCluster({ directory: join(parent, 'b'), dataNodes: 2, backupDuration: 60_000 });
    await slow.start();
    const client = tool(slow, 'ndb_mgm', '-e', `START BACKUP ${ID} SNAPSHOTEND WAIT COMPLETED`);
    const ended = expect(client).rejects.toMatchObject({ code: 255, stdout: expect.stringContaining('1006: Illegal reply from server') });
    while (!openState(join(parent, 'b/stand-in/state')).backups.get('running')) await delay(10);

    await slow.stop();

    await ended;
  });
});
