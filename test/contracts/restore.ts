import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { BACKUP_ID, type Ended, type Practice, ROWS, tables } from './practice.ts';

const users = readFileSync(new URL('../../local/stand-in/sample-users.sql', import.meta.url), 'utf8');
const successful = { code: 0, stdout: expect.stringContaining('Data and log restore successful') };

/** What was there before the disaster: its fingerprint, and the dump of its SQL objects. */
export interface Before {
  readonly fingerprint: Fingerprint;
  readonly objects: string;
}

/** How ndb_restore and mysql bring everything back into a new cluster, step by step. */
export function restoreContracts(practice: () => Practice, before: () => Before): void {
  const differences = async () =>
    compareFingerprints(before().fingerprint, await practice().cluster.fingerprint()).map(({ entry }) => entry);
  const tableDifferences = async () => (await differences()).filter((entry) => /^(create )?table /.test(entry));
  const tuples = ({ stdout }: Ended) => {
    const counts = [...stdout.matchAll(/\[part \d+\] Restored (\d+) tuples and 0 log entries/g)];
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  };
  /** As the scripts restore a selection: what is excluded comes last. */
  const restorePart = (options: string[], excluded: string, ...step: string[]) =>
    practice().run('ndb_restore', ['-c', practice().cluster.connectString, '-n', '1', '-b', BACKUP_ID, '--no-binlog', ...options,
      `--exclude-tables=${excluded}`, `--backup_path=${practice().saved(1)}`, ...step]); // biome-ignore format: one command
  const listed = (database: string) => async () => {
    const { stdout } = await practice().run('ndb_show_tables', ['-c', practice().cluster.connectString, '-p', '-t', '2']);
    const rows = stdout.split('\n').map((line) => line.split('\t'));
    return rows.flatMap((row) => (row[4] === `'${database}'` && !row[6]?.startsWith("'NDB$") ? [row[6]] : [])).sort();
  };
  const describeTable = async () => {
    const { stdout } = await practice().run('ndb_desc', ['-c', practice().cluster.connectString, '-d', 'hops', '--', 'hdfs_users']);
    return /^Version: (\d+)$/m.exec(stdout)?.[1];
  };

  it('a new cluster holds nothing, and no backup', async () => {
    const { cluster, printMeta, backupOf } = practice();

    const found = await cluster.fingerprint();

    expect(found.entries).toEqual({});
    expect((await printMeta(backupOf(1))).code).toBe(1);
  });

  it('a new cluster has no logfile group', async () => {
    const { run, cluster } = practice();

    const found = await run('ndb_show_tables', ['-c', cluster.connectString, '-p', '-t', '21']);

    expect(found).toMatchObject({ code: 0, stdout: expect.not.stringContaining('LogfileGroup') });
  });

  it('a table is refused when a foreign key leads from it to one that is not there, after it was created', async () => {
    const { run, cluster } = practice();

    const refused = await restorePart(['--include-tables=hops.hdfs_users_groups'], 'a.b', '-m', '--disable-indexes');

    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Foreign key \S+ parent table hops\.hdfs_\w+ not found: 723/),
    });
    expect((await run('ndb_drop_table', ['-c', cluster.connectString, '-d', 'hops', '--', 'hdfs_users_groups'])).code).toBe(0);
  });

  it('rows without tables are refused with 723', async () => {
    const refused = await practice().restore(1, '-r');

    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/Unable to find table: .* 723: No such table existed/) });
  });

  it('a grant on a table whose database is missing stops the script', async () => {
    const refused = await practice().script(users);

    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^ERROR 1049 \(42000\) at line \d+: Unknown database 'shop_featurestore'$/m),
    });
  });

  it('any node brings back the tables, once: those that exist are refused with 721', async () => {
    const { restore } = practice();

    const created = await restore(2, '-m', '--disable-indexes');
    const refused = await restore(1, '-m', '--disable-indexes');

    expect(created).toMatchObject(successful);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Create table .* failed: 721: Schema object with given name already exists/),
    });
  });

  it('tables can be dropped up to one that is not there, and created again', async () => {
    const { cluster, run, restore } = practice();
    const drop = ([database, names]: [string, string[]]) =>
      run('ndb_drop_table', ['-c', cluster.connectString, '-d', database, ...names, 'none']);

    const version = await describeTable();
    const dropped = await Promise.all(Object.entries(tables).map(drop));
    const created = await restore(1, '-m', '--disable-indexes');

    expect(await describeTable()).toMatch(/^\d+$/);
    expect(await describeTable()).not.toBe(version);
    expect(dropped.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(dropped[2]?.stdout).toContain("Dropping table odd-name's table...OK\n");
    expect(dropped[2]?.stdout).toContain('Dropping table none...\n723: No such table existed\n');
    expect(created).toMatchObject(successful);
  });

  it('a node brings back its own part of the rows, also twice; all nodes bring back all', async () => {
    const { restore, countRows } = practice();

    const first = await restore(1, '-r');
    const part = await countRows('hops', 'hdfs_inodes');
    const [again, second] = await Promise.all([restore(1, '-r'), restore(2, '-r')]);

    expect([first, again, second]).toMatchObject([successful, successful, successful]);
    expect(part).toBeGreaterThan(0);
    expect(part).toBeLessThan(ROWS);
    expect(tuples(again)).toBe(tuples(first));
    expect(tuples(second)).toBeGreaterThan(ROWS - part);
  });

  it('indexes and foreign keys come last, once, unless they are dropped before', async () => {
    const { restore } = practice();

    const built = await restore(1, '--rebuild-indexes');
    const refused = await restore(1, '--rebuild-indexes');
    const dropped = [await restore(1, '--disable-indexes'), await restore(1, '--disable-indexes')];
    const rebuilt = await restore(2, '--rebuild-indexes');

    expect([built, ...dropped, rebuilt]).toMatchObject([successful, successful, successful, successful]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Failed to create foreign key .* 721: Schema object with given name already exists/),
    });
  });

  it('mysqld sees the tables, with their indexes and all rows, once it is told to synchronise and to open them anew', async () => {
    const { sql } = practice();

    const told = await sql('SET GLOBAL ndb_metadata_sync = ON');

    await expect.poll(async () => (await sql('SELECT @@GLOBAL.ndb_metadata_sync')).stdout, { timeout: 30_000 }).toBe('0\n');
    expect(told.code).toBe(0);
    // mysqld may have opened a table by itself before its indexes were rebuilt: its first readers are refused with error 1412.
    expect((await sql('FLUSH LOCAL TABLES')).code).toBe(0);
    await expect.poll(tableDifferences, { timeout: 60_000 }).toEqual([]);
  });

  it('accounts, grants and SQL objects complete what the native backup lacks', async () => {
    const { script } = practice();

    const accounts = await script(users);
    const objects = await script(before().objects);

    expect([accounts, objects]).toMatchObject([{ code: 0 }, { code: 0 }]);
    // The passwords are those of the script, not of the cluster that was lost.
    expect((await differences()).filter((entry) => !entry.startsWith('user '))).toEqual([]);
  });

  it('a selection is the same for every step, under new names beside the living database', async () => {
    const options = [
      '--include-databases=shop_featurestore',
      '--include-tables=hops.hdfs_users',
      '--rewrite-database=shop_featurestore,copy',
    ];
    const excluded = 'hops.hdfs_users,shop_featurestore.customers_1';
    const step = (...args: string[]) => restorePart(options, excluded, ...args);

    const meta = await step('--print_meta');
    const ended = [
      await step('--no-restore-disk-objects', '-m', '--disable-indexes'),
      await step('-r'),
      await step('--rebuild-indexes'),
      await step('--rebuild-indexes'),
      await step('--disable-indexes'),
    ];
    const again = await step('-m', '--disable-indexes');

    const printed = [...new Set(meta.stdout.match(/^-- (?!sys\/).*\/def\/(?!NDB\$).* --$/gm))].sort();
    expect(printed).toEqual(["-- shop_featurestore/def/odd-name's table --", '-- shop_featurestore/def/orders_1 --']);
    expect(ended).toMatchObject(ended.map(() => successful));
    expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/failed: 721: Schema object with given name already exists/) });
    expect(await listed('copy')()).toEqual(["'odd-name's table'", "'orders_1'"]);
    expect(await practice().countRows('copy', 'orders_1')).toBeGreaterThan(0);
    expect(await listed('hops')()).toHaveLength(7);
  });

  it('mysqld drops a database with tables that it does not know, once it has created it', async () => {
    const { sql } = practice();

    const dropped = await sql(
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60; CREATE DATABASE IF NOT EXISTS `copy`; DROP DATABASE `copy`',
    );

    expect(dropped.code).toBe(0);
    expect(await listed('copy')()).toEqual([]);
    expect((await differences()).filter((entry) => !entry.startsWith('user '))).toEqual([]);
  });

  it('mysqld drops a database that foreign keys of another lead to, with all that is in it', async () => {
    const { sql } = practice();

    const dropped = await sql(
      'SET SESSION foreign_key_checks = 0, lock_wait_timeout = 60; CREATE DATABASE IF NOT EXISTS `shop_featurestore`; DROP DATABASE `shop_featurestore`',
    );
    const refused = await sql('DROP DATABASE `shop_featurestore`');

    const { entries } = await practice().cluster.fingerprint();
    expect([dropped.code, refused.code]).toEqual([0, 1]);
    expect(Object.keys(entries).filter((entry) => entry.includes('shop_featurestore.'))).toEqual([]);
    expect(await listed('shop_featurestore')()).toEqual([]);
  });
}
