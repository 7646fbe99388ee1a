import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { type Ended, type Practice, ROWS, tables } from './practice.ts';

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

  it('a new cluster holds nothing, and no backup', async () => {
    const { cluster, printMeta, backupOf } = practice();

    const found = await cluster.fingerprint();

    expect(found.entries).toEqual({});
    expect((await printMeta(backupOf(1))).code).toBe(1);
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

    const dropped = await Promise.all(Object.entries(tables).map(drop));
    const created = await restore(1, '-m', '--disable-indexes');

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
}
