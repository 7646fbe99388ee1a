import { hopsworksQueries } from './hopsworks-queries.ts';
import { backquote } from './sql-names.ts';
import { configurationOf, type State, type Table } from './state.ts';

const own = "NOT IN ('mysql','sys','information_schema','performance_schema','ndbinfo','glassfish_timers')";
const ownAccounts = ['infoschema', 'session', 'sys'].map((name) => `\`mysql.${name}\`@\`localhost\`\tcaching_sha2_password\t24412430`);

/** What the scripts read from mysqld, with every white space a single blank: each query has its own answer. */
export const queries: Readonly<Record<string, (state: State) => string[]>> = {
  ...hopsworksQueries,
  'SELECT VERSION()': () => ['9.7.2-cluster'],
  'SELECT @@GLOBAL.ndb_connectstring': (state) => [configurationOf(state).connectString],
  'SELECT @@GLOBAL.ndb_metadata_sync': () => ['0'],
  "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user NOT IN ('root', 'mysql.sys', 'mysql.session', 'mysql.infoschema') ORDER BY user, host":
    (state) => state.accounts.names(),
  "SELECT CONCAT('`', REPLACE(user, '`', '``'), '`@`', REPLACE(host, '`', '``'), '`'), plugin, HEX(IFNULL(authentication_string, '')) FROM mysql.user":
    (state) => [...ownAccounts, ...state.accounts.all().map(({ create }) => password(create))],
  [`SELECT schema_name FROM information_schema.schemata WHERE schema_name ${own} ORDER BY 1`]: (state) =>
    [...new Set([...state.databases.names(), ...state.objects.all().map(({ database }) => database)])]
      .filter((name) => name !== 'glassfish_timers')
      .sort(),
  [`SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema ${own}`]:
    baseTables,
  [`SELECT table_schema, table_name, CONCAT('\`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`') FROM information_schema.tables WHERE engine = 'ndbcluster' AND table_schema ${own}`]:
    (state) => knownTables(state).map(({ database, name }) => `${database}\t${name}\t${backquote(database)}.${backquote(name)}`),
  [`SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND engine <> 'ndbcluster' AND table_schema ${own} ORDER BY 1 LIMIT 1`]:
    () => [],
  [`SELECT CONCAT(' ON \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` TO ') FROM information_schema.views WHERE table_schema ${own}`]:
    (state) => views(state).map(({ database, name }) => ` ON ${backquote(database)}.${backquote(name)} TO `),
  [`SELECT table_schema FROM information_schema.views WHERE table_schema ${own} UNION ALL SELECT routine_schema FROM information_schema.routines WHERE routine_schema ${own} UNION ALL SELECT trigger_schema FROM information_schema.triggers WHERE trigger_schema ${own} UNION ALL SELECT event_schema FROM information_schema.events WHERE event_schema ${own}`]:
    (state) => state.objects.all().map(({ database }) => database),
};

function knownTables(state: State): Table[] {
  return state.tables.all().filter((table) => table.known && table.database !== 'glassfish_timers');
}

function baseTables(state: State): string[] {
  return knownTables(state).map(({ database, name }) => `${database}.${name}`);
}

function views(state: State) {
  return state.objects.all().filter(({ kind }) => kind === 'VIEW');
}

/** Account, plugin and hash in hex, as mysql.user has them. */
function password(create: string): string {
  const [, account, plugin, hash = ''] = /^CREATE USER (\S.*?) IDENTIFIED WITH '(\w+)'(?: AS 0x(\w+))?/.exec(create) ?? [];
  return `${account}\t${plugin}\t${hash}`;
}
