import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compareFingerprints } from '../../local/cluster/fingerprint.ts';
import { queries } from '../../local/stand-in/queries.ts';
import { dumps, type Practice, tableNames } from './practice.ts';

const users = readFileSync(new URL('../../local/stand-in/sample-users.sql', import.meta.url), 'utf8');
const accounts = ["'hops'@'10.0.%'", "'hopsworks'@'%'", "'left company'@'localhost'", "'o\\'brien'@'%'", "'on-call'@'%'", "'shop-onlinefs'@'%'",
  "'shop_reader'@'%'"]; // biome-ignore format: one list
const views = ['best_customers', 'large_orders'];

/** The answer to each query that the stand-in knows: by a word that only this query has. */
const answers: [word: RegExp, rows: (practice: Practice) => unknown][] = [
  [/VERSION/, () => [expect.stringMatching(/^[0-9A-Za-z.+-]+$/)]],
  [/ndb_connectstring/, ({ cluster }) => [cluster.connectString]],
  [/ndb_metadata_sync/, () => ['0']],
  [/COUNT\(\*\) FROM mysql.user/, () => [`${4 + accounts.length}`]],
  [/QUOTE\(user\)/, () => accounts],
  [/schema_name FROM/, () => ['empty_featurestore', 'hops', 'hopsworks', 'shop_featurestore']],
  [/table_name\) FROM .* WHERE table_type/, () => tableNames],
  [/table_name\) FROM .* WHERE table_schema/, () => [...tableNames, ...views.map((name) => `shop_featurestore.${name}`)].sort()],
  [/engine = 'ndbcluster'/, () => tableNames.map((name) => `\`${name.replace('.', '`.`')}\``).sort()],
  [/engine <> 'ndbcluster'/, () => []],
  [/' ON `'/, () => views.map((name) => ` ON \`shop_featurestore\`.\`${name}\` TO `)],
  [/information_schema\.routines/, () => ['7']],
];

/** What mysql and mysqldump print, and that their scripts can be replayed; changes nothing. */
export function sqlContracts(practice: () => Practice): void {
  it.each(Object.keys(queries))('mysql answers %s', async (query) => {
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
    const missing = await sql('SELECT 1 FROM `hops`.`none` LIMIT 1');

    expect([read, forgotten]).toMatchObject([
      { code: 0, stdout: '1\n' },
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
