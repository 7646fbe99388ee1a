import { type Fingerprint, notRestored, splitCounter } from './fingerprint.ts';
import type { MysqlClient, Row } from './mysql-client.ts';

/**
 * Reads the fingerprint of a cluster through its mysqlds. Every row of every table is read, once; of the other heads, as `… on head-2`,
 * only what lives in each mysqld: which tables it knows, views, routines, triggers, events and accounts.
 */
export async function readFingerprint(servers: readonly { name: string; mysql: MysqlClient }[]): Promise<Fingerprint> {
  const entries = servers.map(async ({ name, mysql }, index) => {
    const own = [...programsOf(mysql), readViewRows(mysql), readAccounts(mysql)];
    if (index === 0) return (await Promise.all([readDatabases(mysql), readTables(mysql), ...own])).flat();
    return (await Promise.all([readTableNames(mysql), ...own])).flat().map(([entry, value]): Entry => [`${entry} on ${name}`, value]);
  });
  return { entries: Object.fromEntries((await Promise.all(entries)).flat()) };
}

type Entry = readonly [name: string, value: string];

const foreign = ['mysql', 'information_schema', 'performance_schema', 'sys', 'ndbinfo', ...notRestored.databases];
const ours = (column: string) => `${column} NOT IN (${foreign.map((name) => `'${name}'`).join(', ')})`;

function readDatabases(mysql: MysqlClient): Promise<Entry[]> {
  const found = `SELECT schema_name AS name FROM information_schema.schemata WHERE ${ours('schema_name')}`;
  return readEach(mysql, found, async ({ name = '' }) => [
    [`database ${name}`, definition(await mysql.query(`SHOW CREATE DATABASE ${quoted(name)}`))],
  ]);
}

const allTables = `SELECT table_schema AS db, table_name AS name FROM information_schema.tables
  WHERE table_type = 'BASE TABLE' AND ${ours('table_schema')}`;

function readTables(mysql: MysqlClient): Promise<Entry[]> {
  return readEach(mysql, allTables, async ({ db = '', name = '' }) => {
    const table = `${quoted(db)}.${quoted(name)}`;
    const { createTable, next } = splitCounter(definition(await mysql.query(`SHOW CREATE TABLE ${table}`)));
    const create: Entry = [`create table ${db}.${name}`, createTable];
    if ((notRestored.rows as readonly string[]).includes(`${db}.${name}`)) return [create];

    const columns = await mysql.query(`SELECT column_name AS name, extra AS extra FROM information_schema.columns
      WHERE table_schema = ${literal(db)} AND table_name = ${literal(name)} ORDER BY ordinal_position`);
    const counted = columns.find((column) => column.extra?.includes('auto_increment'))?.name;
    const [sums = {}] = await mysql.query(
      checksum(
        table,
        columns.map((column) => column.name ?? ''),
        counted,
        next,
      ),
    );
    return Object.entries(sums)
      .map(([aspect, value]): Entry => [`table ${db}.${name} ${aspect}`, value])
      .concat([create]);
  });
}

async function readTableNames(mysql: MysqlClient): Promise<Entry[]> {
  const names = (await mysql.query(allTables)).map(({ db, name }) => `${db}.${name}`);
  return [['tables known', names.sort().join('\n')]];
}

/**
 * Counts a table and hashes its rows, in whatever order they come. Each row is hashed as a whole, so that values swapped between
 * rows show; NULL is no hash and differs from every value. Rows that are there twice cancel out in the one aggregate, not in the other.
 */
function checksum(table: string, columns: string[], counted: string | undefined, next: bigint): string {
  const values = columns.map((name) => `IFNULL(SHA2(CAST(${quoted(name)} AS BINARY), 256), 'NULL')`);
  const [number, nextNumber] =
    counted === undefined ? ['', ''] : [`, ${quoted(counted)} AS number`, `, ${isFree(next)} AS \`next number\``];
  return `SELECT COUNT(*) AS \`rows\`,
    CONCAT(HEX(BIT_XOR(CONV(LEFT(hash, 16), 16, 10))), ' ', IFNULL(SUM(CAST(CONV(RIGHT(hash, 16), 16, 10) AS UNSIGNED)), 0)) AS checksum
    ${nextNumber}
    FROM (SELECT SHA2(CONCAT_WS(',', ${values.join(', ')}), 256) AS hash ${number} FROM ${table}) AS hashed`;
}

function isFree(next: bigint): string {
  return `IF(IFNULL(MAX(number) >= ${next}, FALSE), 'taken', 'free')`;
}

const programKinds = {
  view: `SELECT table_schema AS db, table_name AS name FROM information_schema.views WHERE ${ours('table_schema')}`,
  procedure: routines('PROCEDURE'),
  function: routines('FUNCTION'),
  trigger: `SELECT trigger_schema AS db, trigger_name AS name FROM information_schema.triggers WHERE ${ours('trigger_schema')}`,
  event: `SELECT event_schema AS db, event_name AS name FROM information_schema.events WHERE ${ours('event_schema')}`,
};

function routines(type: string): string {
  return `SELECT routine_schema AS db, routine_name AS name FROM information_schema.routines
    WHERE routine_type = '${type}' AND ${ours('routine_schema')}`;
}

function programsOf(mysql: MysqlClient): Promise<Entry[]>[] {
  return Object.entries(programKinds).map(([kind, found]) => readPrograms(mysql, kind, found));
}

function readPrograms(mysql: MysqlClient, kind: string, found: string): Promise<Entry[]> {
  return readEach(mysql, found, async ({ db = '', name = '' }) => [
    [`${kind} ${db}.${name}`, definition(await mysql.query(`SHOW CREATE ${kind} ${quoted(db)}.${quoted(name)}`))],
  ]);
}

function readViewRows(mysql: MysqlClient): Promise<Entry[]> {
  return readEach(mysql, programKinds.view, async ({ db = '', name = '' }) => {
    const count = mysql.query(`SELECT COUNT(*) AS count FROM ${quoted(db)}.${quoted(name)}`);
    // A view whose definer is missing exists, but does not answer: that is a difference to report, not a reason to stop.
    return [[`view ${db}.${name} rows`, await count.then(definition, String)]];
  });
}

function readAccounts(mysql: MysqlClient): Promise<Entry[]> {
  const found = `SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) AS account FROM mysql.user
    WHERE user NOT IN ('root', 'mysql.sys', 'mysql.session', 'mysql.infoschema')`;
  return readEach(mysql, found, async ({ account = '' }) => [
    // Salts hold raw bytes, which do not survive a change of character set.
    [`user ${account}`, definition(await mysql.query(`SET SESSION print_identified_with_as_hex = ON; SHOW CREATE USER ${account}`))],
    [`grants ${account}`, definition(await mysql.query(`SHOW GRANTS FOR ${account}`))],
  ]);
}

async function readEach(mysql: MysqlClient, found: string, read: (row: Row) => Promise<Entry[]>): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const row of await mysql.query(found)) entries.push(...(await read(row)));
  return entries;
}

/** All columns of a SHOW statement but the time when the object was created: a restore creates it again. */
function definition(rows: Row[]): string {
  const texts = rows.map((row) => Object.keys(row).flatMap((column) => (column === 'Created' ? [] : [row[column]])));
  return texts
    .map((text) => text.join('\n'))
    .sort()
    .join('\n');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function literal(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
