import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compareFingerprints } from '../../local/cluster/fingerprint.ts';
import { hopsworksQueries } from '../../local/stand-in/hopsworks-queries.ts';
import { queries } from '../../local/stand-in/queries.ts';
import { dumps, type Practice, ROWS, tableNames } from './practice.ts';

const users = readFileSync(new URL('../../local/stand-in/sample-users.sql', import.meta.url), 'utf8');
const accounts = ["'hops'@'10.0.%'", "'hopsworks'@'%'", "'left company'@'localhost'", "'o\\'brien'@'%'", "'on-call'@'%'", "'shop-onlinefs'@'%'",
  "'shop_reader'@'%'"]; // biome-ignore format: one list
const backquoted = accounts.map((account) => account.replace(/^'(.*)'@'(.*)'$/, '`$1`@`$2`').replace("\\'", "'"));
const hashOf = (account: string) => new RegExp(`^${account}\\tcaching_sha2_password\\t([0-9A-F]{140})?$`);
const views = ['best_customers', 'large_orders'];

/** The answer to each query that the stand-in knows: by a word that only this query has. */
const answers: [word: RegExp, rows: (practice: Practice) => unknown][] = [
  [/VERSION/, () => [expect.stringMatching(/^[0-9A-Za-z.+-]+$/)]],
  [/ndb_connectstring/, ({ cluster }) => [cluster.connectString]],
  [/ndb_metadata_sync/, () => ['0']],
  [/authentication_string/, () => expect.arrayContaining(backquoted.map((account) => expect.stringMatching(hashOf(account))))],
  [/QUOTE\(user\)/, () => accounts],
  [/schema_name FROM/, () => ['empty_featurestore', 'hops', 'hopsworks', 'shop_featurestore']],
  [/table_name\) FROM .* WHERE table_type/, () => tableNames],
  [/engine = 'ndbcluster'/, () => tableNames.map((name) => `${name.replace('.', '\t')}\t\`${name.replace('.', '`.`')}\``).sort()],
  [/engine <> 'ndbcluster'/, () => []],
  [/' ON `'/, () => views.map((name) => ` ON \`shop_featurestore\`.\`${name}\` TO `)],
  [/information_schema\.routines/, () => Array(7).fill('shop_featurestore')],
];

/** What the lines of the answers to Hopsworks' own queries look like, and how many there are at least. */
const hopsworksAnswers: [word: RegExp, line: RegExp, least: number][] = [
  [/^SELECT COUNT/, /^[1-9]\d*$/, 1],
  [/'proj'/, /^\d+\t\{.*"doc_type": ?"proj".*\}$/, 100],
  [/'ds'/, /^\d+\t\{.*"doc_type": ?"ds".*\}$/, 100],
  [/^SELECT topic_name, num_partitions/, /^topic-\d+\t\d+\t1$/, 100],
  [/^SELECT topic_name FROM/, /^topic-\d+$/, 100],
  [/hdfs_block_infos/, /^\d+\t\d+$/, 100],
];

/** What mysql and mysqldump print, and that their scripts can be replayed; changes nothing. */
export function sqlContracts(practice: () => Practice): void {
  it.each(Object.keys(hopsworksQueries))('mysql answers what Hopsworks asks: %s', async (query) => {
    const [, line = /^$/, least = 0] = hopsworksAnswers.find(([word]) => word.test(query)) ?? [];

    const { code, stdout } = await practice().sql(query);

    const lines = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThanOrEqual(least);
    expect(lines.filter((found) => !line.test(found))).toEqual([]);
  });

  it.each(Object.keys(queries).filter((query) => !(query in hopsworksQueries)))('mysql answers %s', async (query) => {
    const [answer, ...others] = answers.filter(([word]) => word.test(query));

    const { code, stdout } = await practice().sql(query);

    expect(others).toEqual([]);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, -1).sort()).toEqual(answer?.[1](practice()));
  });

  it('mysql reads a table, and forgets what it has opened', async () => {
    const { sql } = practice();

    const read = await sql("SELECT 1 FROM `shop_featurestore`.`odd-name's table` LIMIT 1");
    const forgotten = await sql('FLUSH LOCAL TABLES');
    const some = await sql("FLUSH LOCAL TABLES `hops`.`hdfs_users`,`shop_featurestore`.`odd-name's table`");
    const missing = await sql('SELECT 1 FROM `hops`.`none` LIMIT 1');

    expect([read, forgotten, some]).toMatchObject([
      { code: 0, stdout: '1\n' },
      { code: 0, stdout: '' },
      { code: 0, stdout: '' },
    ]);
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("ERROR 1146 (42S02) at line 1: Table 'hops.none' doesn't exist"),
    });
  });

  it('mysql refuses what is no statement, and says in which line', async () => {
    const refused = await practice().script('SET NAMES utf8mb4;\n\nFROBNICATE `a`;\nSELECT VERSION();\n');

    expect(refused).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^ERROR 1064 \(42000\) at line 3: .* near 'FROBNICATE `a`' at line 1/m),
    });
  });

  it('mysql counts the rows of a table under any label', async () => {
    const { stdout } = await practice().sql("SELECT 'it\\'s \\\\ odd', COUNT(*) FROM `hops`.`hdfs_inodes`;");

    expect(stdout).toBe(`it's \\ odd\t${ROWS}\n`);
  });

  it('mysql goes on after a refusal when it is told to, names every line, and ends well', async () => {
    const script = 'SELECT VERSION();\nUSE `none`;\n\nGRANT SELECT ON `hops`.`none` TO `shop_reader`@`%`;\nSELECT VERSION();\n';

    const { code, stdout, stderr } = await practice().script(script, '--force');

    expect(code).toBe(0);
    expect(stdout.match(/VERSION/g)).toHaveLength(2);
    expect(stderr).toMatch(/^ERROR 1049 \(42000\) at line 2: .*\nERROR 1146 \(42S02\) at line 4: /m);
  });

  it('the version of Hopsworks is a row among its variables', async () => {
    const version = await practice().sql("SELECT value FROM hopsworks.variables WHERE id = 'hopsworks_version'");

    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3\.7\.4$/m) });
  });

  it('ALTER USER sets what CREATE USER would have set', async () => {
    const { sql, script } = practice();
    const show = async (account = 0) =>
      (await sql(`SET SESSION print_identified_with_as_hex = ON; SHOW CREATE USER ${accounts[account]};`)).stdout;
    const [before, other] = [await show(), /0x\w+/.exec(await show(1))?.[0] ?? ''];
    const wanted = before.replace(/0x\w+/, other);

    const altered = await script(wanted.replace('CREATE', 'ALTER'));
    const during = await show();
    await script(before.replace('CREATE', 'ALTER'));

    expect(altered).toMatchObject({ code: 0, stderr: '' });
    expect([during, await show()]).toEqual([wanted, before]);
    expect(wanted).not.toBe(before);
  });

  it('mysql says when no server listens', async () => {
    const lost = await practice().run('mysql', ['--user=root', '--socket=/nowhere/mysql.sock', '-e', 'SELECT VERSION()']);

    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining("ERROR 2002 (HY000): Can't connect to local MySQL server") });
  });

  it('SHOW CREATE USER prints the hash in hex and the default role before REQUIRE', async () => {
    const { code, stdout } = await practice().sql(
      `SET SESSION print_identified_with_as_hex = ON, sql_mode = ''; SHOW CREATE USER ${accounts[3]};`,
    );

    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^CREATE USER `o'brien`@`%` IDENTIFIED WITH 'caching_sha2_password' AS 0x[0-9A-F]{140} DEFAULT ROLE `shop_reader`@`%` REQUIRE NONE .*\n$/,
    );
  });

  it('mysql prints the name of a column unless it is told not to', async () => {
    const { stdout } = await practice().script('SHOW CREATE USER `shop_reader`@`%`;\nSELECT VERSION();\n');

    expect(stdout).toMatch(/^CREATE USER for shop_reader@%\nCREATE USER `shop_reader`@`%` .*\nVERSION\(\)\n\S+\n$/);
  });

  it('SHOW GRANTS prints one grant a line, the roles among them', async () => {
    const { stdout } = await practice().sql(`SHOW GRANTS FOR ${accounts[3]}; SHOW GRANTS FOR ${accounts[4]}`);

    expect(stdout.trimEnd().split('\n')).toEqual([
      "GRANT USAGE ON *.* TO `o'brien`@`%`",
      "GRANT `on-call`@`%`,`shop_reader`@`%` TO `o'brien`@`%`",
      'GRANT PROCESS ON *.* TO `on-call`@`%`',
    ]);
  });

  it.each([
    ["SHOW CREATE USER 'nobody'@'%'", '1396 (HY000)'],
    ["SHOW GRANTS FOR 'nobody'@'%'", '1141 (42000)'],
    ['GRANT SELECT ON `hops`.* TO `nobody`@`%`', '1410 (42000)'],
    ["GRANT `nobody`@`%` TO `o'brien`@`%`", '3523 (HY000)'],
    ["GRANT SELECT ON `hops`.`none` TO `o'brien`@`%`", '1146 (42S02)'],
    ['USE `none`', '1049 (42000)'],
  ])('mysql refuses %s with error %s', async (statement, error) => {
    const refused = await practice().sql(statement);

    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`ERROR ${error} at line 1: `) });
  });

  it('a script of accounts and grants changes nothing where they are there', async () => {
    const { cluster, script } = practice();
    const before = await cluster.fingerprint();

    const replayed = await script(`SET NAMES utf8mb4;\nSET SESSION sql_mode = '';\n${users}`);

    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(compareFingerprints(before, await cluster.fingerprint())).toEqual([]);
  });

  it('the dumps of SQL objects end with their last line and change nothing when they are replayed', async () => {
    const { cluster, dump, script } = practice();
    const before = await cluster.fingerprint();

    const programs = await dump(dumps.programs());
    const triggers = await dump(dumps.triggers());
    const replayed = await script(programs.stdout + triggers.stdout);

    for (const { code, stdout } of [programs, triggers]) {
      expect(code).toBe(0);
      expect(stdout).toMatch(/^-- MySQL dump .*\n-- Dump completed\n$/s);
    }
    expect(programs.stdout).toContain('CREATE DATABASE /*!32312 IF NOT EXISTS*/ `empty_featurestore` ');
    expect(programs.stdout).toContain("-- A comment; with a semicolon, 'quotes' and CREATE TABLE text that no tool may edit.");
    expect(programs.stdout).not.toMatch(/CREATE.* TRIGGER/);
    expect(triggers.stdout).toMatch(/TRIGGER `order_is_positive` BEFORE INSERT|TRIGGER order_is_positive BEFORE INSERT/);
    expect(replayed).toMatchObject({ code: 0, stderr: '' });
    expect(compareFingerprints(before, await cluster.fingerprint())).toEqual([]);
  });

  it('mysqldump refuses a database that is not there', async () => {
    const refused = await practice().dump(dumps.triggers(), ['none']);

    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("Unknown database 'none' when selecting the database") });
  });
}
