import { backquote } from './sql-names.ts';
import { configurationOf, type State, type Table } from './state.ts';

const own = "NOT IN ('mysql','sys','information_schema','performance_schema','ndbinfo','glassfish_timers')";
const OWN_ACCOUNTS = 4;

/** What the scripts read from mysqld, with every white space a single blank: each query has its own answer. */
export const queries: Readonly<Record<string, (state: State) => string[]>> = {
  'SELECT VERSION()': () => ['9.7.2-cluster'],
  'SELECT @@GLOBAL.ndb_connectstring': (state) => [configurationOf(state).connectString],
  'SELECT @@GLOBAL.ndb_metadata_sync': () => ['0'],
  'SELECT COUNT(*) FROM mysql.user': (state) => [`${OWN_ACCOUNTS + state.accounts.names().length}`],
  "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user NOT IN ('root', 'mysql.sys', 'mysql.session', 'mysql.infoschema') ORDER BY user, host":
    (state) => state.accounts.names(),
  [`SELECT schema_name FROM information_schema.schemata WHERE schema_name ${own} ORDER BY 1`]: (state) =>
    state.databases.names().filter((name) => name !== 'glassfish_timers'),
  [`SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema ${own}`]:
    baseTables,
  [`SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables WHERE table_schema ${own}`]: (state) => [
    ...baseTables(state),
    ...views(state).map(({ database, name }) => `${database}.${name}`),
  ],
  [`SELECT CONCAT('\`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\`') FROM information_schema.tables WHERE engine = 'ndbcluster' AND table_schema ${own}`]:
    (state) => knownTables(state).map(({ database, name }) => `${backquote(database)}.${backquote(name)}`),
  [`SELECT CONCAT(table_schema, '.', table_name, ' (', engine, ')') FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND engine <> 'ndbcluster' AND table_schema ${own} ORDER BY 1 LIMIT 1`]:
    () => [],
  [`SELECT CONCAT(' ON \`', REPLACE(table_schema, '\`', '\`\`'), '\`.\`', REPLACE(table_name, '\`', '\`\`'), '\` TO ') FROM information_schema.views WHERE table_schema ${own}`]:
    (state) => views(state).map(({ database, name }) => ` ON ${backquote(database)}.${backquote(name)} TO `),
  [`SELECT (SELECT COUNT(*) FROM information_schema.views WHERE table_schema ${own}) + (SELECT COUNT(*) FROM information_schema.routines WHERE routine_schema ${own}) + (SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema ${own}) + (SELECT COUNT(*) FROM information_schema.events WHERE event_schema ${own})`]:
    (state) => [`${state.objects.names().length}`],
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
