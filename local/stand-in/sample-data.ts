import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { splitSql } from './split-sql.ts';
import { NAME, unquote } from './sql-names.ts';
import { type Configuration, fragmentName, fragmentsOf, homeOf, type State } from './state.ts';
import { perform } from './statements.ts';

/** Fills the empty stand-in with the tables of a real practice cluster, and rows of noise. */
export function loadTables(state: State, configuration: Configuration, rows: number): void {
  createTables(state, sample('../cluster/sample-data/tables.sql'));
  for (const { database, name } of state.tables.all()) {
    const table = `${database}.${name}`;
    fill(state, configuration, table, Math.ceil(Math.max(100, rows * (shares[table] ?? SMALL))));
  }
}

/** Fills the mysqld of one head with the SQL objects of a real practice cluster, and accounts like its own. */
export function loadServer(state: State): void {
  const session = { state, database: undefined };
  for (const script of ['./sample-users.sql', '../cluster/sample-data/objects.sql']) {
    for (const { text } of splitSql(sample(script))) perform(session, text);
  }
}

/** Deletes the rows of a table whose keys are even. */
export function deleteHalf(state: State, table: string): void {
  for (const fragment of fragmentsOf(state, table)) {
    const rows = Object.entries(state.rows.get(fragment) ?? {}).filter(([key]) => Number(key) % 2 === 1);
    state.rows.put(fragment, Object.fromEntries(rows));
  }
}

/** Gives the mysqld of one head another view. */
export function addView(state: State, database: string, name: string): void {
  perform({ state, database }, `CREATE VIEW ${name} AS SELECT 1`);
}

/** The size of a table as a share of the biggest one's. */
const shares: Record<string, number> = {
  'hops.hdfs_inodes': 1,
  'hops.hdfs_block_infos': 0.05,
  'shop_featurestore.orders_1': 0.5,
  'shop_featurestore.customers_1': 0.1,
};
const SMALL = 0.02;

function sample(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}

function createTables(state: State, script: string): void {
  let database = '';
  for (const { text } of splitSql(script)) {
    const [, verb, quoted = ''] = new RegExp(`^(SET|USE|CREATE DATABASE|CREATE TABLE) ${NAME}`).exec(text) ?? [];
    const name = unquote(quoted);
    if (verb === 'USE') database = name;
    else if (verb === 'CREATE DATABASE') state.databases.put(name, '');
    else if (verb === 'CREATE TABLE') state.tables.put(`${database}.${name}`, { database, name, create: text, indexed: true, known: true });
    else if (verb !== 'SET') throw new Error(`the stand-in cannot load: ${text}`);
  }
}

function fill(state: State, configuration: Configuration, table: string, count: number): void {
  const fragments = new Map<string, Record<string, string>>();
  for (let row = 1; row <= count; row++) {
    const { nodeId, part } = homeOf(configuration, `${row}`);
    const fragment = fragmentName(table, nodeId, part);
    const rows = fragments.get(fragment) ?? {};
    fragments.set(fragment, rows);
    rows[row] = createHash('sha256')
      .update(`${table} ${row}`)
      .digest('hex')
      .repeat(row % 4);
  }
  for (const [fragment, rows] of fragments) state.rows.put(fragment, rows);
}
