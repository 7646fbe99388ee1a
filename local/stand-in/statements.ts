import { queries } from './queries.ts';
import { ACCOUNT, accountName, backquote, NAME, quote, unquote } from './sql-names.ts';
import { type Account, fragmentsOf, type ObjectKind, rowsOf, type State } from './state.ts';

export interface Session {
  readonly state: State;
  /** The database that USE named. */
  database: string | undefined;
}

export interface Result {
  readonly header: string;
  readonly rows: readonly string[];
}

/** A refusal of mysqld: its number, SQLSTATE and sentence. */
export class SqlError extends Error {
  readonly number: number;
  readonly state: string;

  constructor(number: number, state: string, message: string) {
    super(message);
    this.name = 'SqlError';
    this.number = number;
    this.state = state;
  }
}

/** Executes one statement. Those that the node scripts send and those of their dumps are all that there are: no other is guessed. */
export function perform(session: Session, text: string): Result {
  for (const [pattern, run] of statements) {
    const found = pattern.exec(text);
    if (found) return { header: header(text), rows: run(session, found.slice(1), text) ?? [] };
  }
  const query = text.replace(/\s+/g, ' ');
  const answer = queries[query];
  if (answer) return { header: header(query), rows: answer(session.state) };
  const manual = 'check the manual that corresponds to your MySQL server version for the right syntax to use';
  throw new SqlError(1064, '42000', `You have an error in your SQL syntax; ${manual} near '${text.slice(0, 80)}' at line 1`);
}

function header(query: string): string {
  const account = new RegExp(`^SHOW CREATE USER ${ACCOUNT}$`).exec(query);
  if (account) return `CREATE USER for ${unquote(account[1] ?? '')}@${unquote(account[2] ?? '')}`;
  return /^SELECT (.*?)(?: FROM |$)/.exec(query)?.[1] ?? query;
}

type Run = (session: Session, groups: string[], text: string) => string[] | undefined;

const pattern = (...parts: string[]) => new RegExp(`^${parts.join('')}$`, 's');
const KIND = '(VIEW|PROCEDURE|FUNCTION|TRIGGER|EVENT)';

const statements: [RegExp, Run][] = [
  [/^SET GLOBAL ndb_metadata_sync = ON$/, synchronise],
  // A session's character sets, modes and user variables change no text that the stand-in keeps.
  [/^SET (?!GLOBAL|PERSIST|PASSWORD|DEFAULT|ROLE)/i, () => undefined],
  [pattern('USE ', NAME), use],
  [pattern('CREATE DATABASE IF NOT EXISTS\\s+', NAME, '( .*)?'), createDatabase],
  [pattern('DROP DATABASE ', NAME), dropDatabase],
  [pattern('DROP ', KIND, ' IF EXISTS ', NAME), dropObject],
  [pattern('CREATE(?:\\s+DEFINER ?= ?', ACCOUNT, ')?(?:\\s+SQL SECURITY \\w+)?\\s+', KIND, ' ', NAME, '[\\s(].*'), createObject],
  [pattern('CREATE USER IF NOT EXISTS ', ACCOUNT, '( .*)'), createUser],
  [pattern('ALTER USER ', ACCOUNT, ' (DEFAULT ROLE .+)'), defaultRole],
  [pattern('ALTER USER ', ACCOUNT, '( IDENTIFIED .+)'), alterUser],
  [pattern('GRANT (.+) TO ', ACCOUNT, '( WITH GRANT OPTION)?'), grant],
  [/^FLUSH LOCAL TABLES( .+)?$/, () => undefined],
  [pattern('SELECT 1 FROM ', NAME, '\\.', NAME, ' LIMIT 1'), readTable],
  [pattern("SELECT '((?:[^'\\\\]|\\\\.)*)', COUNT\\(\\*\\) FROM ", NAME, '\\.', NAME), countRows],
  [/^SELECT value FROM (hopsworks)\.(variables) WHERE id = 'hopsworks_version'$/, readVersion],
  [pattern('SHOW CREATE USER ', ACCOUNT), showCreateUser],
  [pattern('SHOW GRANTS FOR ', ACCOUNT), showGrants],
];

/** mysqld learns of tables that ndb_restore created, and of their databases, but not while they lack the indexes of their definitions. */
function synchronise({ state }: Session): undefined {
  for (const table of state.tables.all().filter(({ known, indexed }) => !known && indexed)) {
    if (state.databases.get(table.database) === undefined) state.databases.put(table.database, '');
    state.tables.put(`${table.database}.${table.name}`, { ...table, known: true });
  }
}

function use(session: Session, [name = '']: string[]): undefined {
  const database = unquote(name);
  if (session.state.databases.get(database) === undefined) unknownDatabase(database);
  session.database = database;
}

function unknownDatabase(database: string): never {
  throw new SqlError(1049, '42000', `Unknown database '${database}'`);
}

function createDatabase({ state }: Session, [name = '', options = '']: string[]): undefined {
  state.databases.add(unquote(name), options.trim());
}

/** Drops all tables that RonDB has in it, also those that mysqld does not know. */
function dropDatabase({ state }: Session, [name = '']: string[]): undefined {
  const database = unquote(name);
  if (state.databases.get(database) === undefined) unknownDatabase(database);
  for (const table of state.tables.all().filter((each) => each.database === database)) {
    for (const fragment of fragmentsOf(state, `${database}.${table.name}`)) state.rows.remove(fragment);
    state.tables.remove(`${database}.${table.name}`);
  }
  for (const { kind, name } of state.objects.all().filter((each) => each.database === database))
    state.objects.remove(`${kind} ${database}.${name}`);
  state.databases.remove(database);
}

function current({ database }: Session): string {
  if (database === undefined) throw new SqlError(1046, '3D000', 'No database selected');
  return database;
}

function dropObject(session: Session, [kind = '', name = '']: string[]): undefined {
  session.state.objects.remove(`${kind} ${current(session)}.${unquote(name)}`);
}

function createObject(session: Session, [, , kind = '', name = '']: string[], text: string): undefined {
  const object = { kind: kind as ObjectKind, database: current(session), name: unquote(name), create: text };
  if (!session.state.objects.add(`${kind} ${object.database}.${object.name}`, object)) {
    throw new SqlError(1304, '42000', `${kind} ${object.name} already exists`);
  }
}

function createUser({ state }: Session, [user = '', host = '', options = '']: string[]): undefined {
  const account = `${backquote(unquote(user))}@${backquote(unquote(host))}`;
  state.accounts.add(accountName(user, host), { create: `CREATE USER ${account}${options}`, grants: [`GRANT USAGE ON *.* TO ${account}`] });
}

function defaultRole({ state }: Session, [user = '', host = '', clause = '']: string[]): undefined {
  const name = accountName(user, host);
  const account = state.accounts.get(name) ?? refuse(1396, 'HY000', `Operation ALTER USER failed for ${name}`);
  state.accounts.put(name, { ...account, defaultRole: clause });
}

function alterUser({ state }: Session, [user = '', host = '', options = '']: string[]): undefined {
  const name = accountName(user, host);
  const account = state.accounts.get(name) ?? refuse(1396, 'HY000', `Operation ALTER USER failed for ${name}`);
  state.accounts.put(name, { ...account, create: `CREATE USER ${backquote(unquote(user))}@${backquote(unquote(host))}${options}` });
}

function grant({ state }: Session, [what = '', user = '', host = '', option = '']: string[]): undefined {
  const name = accountName(user, host);
  const account = state.accounts.get(name) ?? refuse(1410, '42000', 'You are not allowed to create a user with GRANT');
  requireRoles(state, what);
  requireTable(state, what);
  const text = `GRANT ${what} TO ${backquote(unquote(user))}@${backquote(unquote(host))}${option}`;
  if (account.grants.includes(text) || (what === 'USAGE ON *.*' && account.grants.length > 0)) return;
  // A privilege for everything takes the place of USAGE, which is none; NDB_STORED_USER is of another kind.
  const replaces = what.endsWith(' ON *.*') && !what.startsWith('NDB_STORED_USER ');
  const kept = account.grants.filter((old) => !(replaces && old.startsWith('GRANT USAGE ')));
  state.accounts.put(name, { ...account, grants: [...kept, text] });
}

function requireRoles(state: State, what: string): void {
  if (what.includes(' ON ')) return;
  for (const [role, user = '', host = ''] of what.matchAll(new RegExp(ACCOUNT, 'g'))) {
    if (state.accounts.get(accountName(user, host)) === undefined) throw new SqlError(3523, 'HY000', `Unknown authorization ID ${role}`);
  }
}

function requireTable(state: State, what: string): void {
  const [, database, table] = new RegExp(` ON ${NAME}\\.${NAME}$`).exec(what) ?? [];
  if (database === undefined || table === undefined) return;
  const name = tableName(state, database, table);
  if (!state.tables.get(name)?.known && !state.objects.get(`VIEW ${name}`)) noSuchTable(name);
}

function readTable({ state }: Session, [database = '', table = '']: string[]): string[] {
  const name = tableName(state, database, table);
  if (!state.tables.get(name)?.known) noSuchTable(name);
  return rowsOf(state, name).length > 0 ? ['1'] : [];
}

function readVersion(session: Session, table: string[]): string[] {
  return readTable(session, table).map(() => '3.7.4');
}

function countRows({ state }: Session, [label = '', database = '', table = '']: string[]): string[] {
  const name = tableName(state, database, table);
  if (!state.tables.get(name)?.known) noSuchTable(name);
  return [`${unquote(`'${label}'`)}\t${rowsOf(state, name).length}`];
}

function tableName(state: State, database: string, table: string): string {
  if (state.databases.get(unquote(database)) === undefined) unknownDatabase(unquote(database));
  return `${unquote(database)}.${unquote(table)}`;
}

function noSuchTable(name: string): never {
  throw new SqlError(1146, '42S02', `Table '${name}' doesn't exist`);
}

function showCreateUser({ state }: Session, [user = '', host = '']: string[]): string[] {
  const name = accountName(user, host);
  const failure = `Operation SHOW CREATE USER failed for ${name} (User account does not exist)`;
  return [createStatement(state.accounts.get(name) ?? refuse(1396, 'HY000', failure))];
}

/** As SHOW CREATE USER prints it. */
export function createStatement({ create, defaultRole }: Account): string {
  return defaultRole === undefined ? create : create.replace(/ REQUIRE /, ` ${defaultRole} REQUIRE `);
}

function showGrants({ state }: Session, [user = '', host = '']: string[]): string[] {
  const who = `user ${quote(unquote(user))} on host ${quote(unquote(host))}`;
  const account = state.accounts.get(accountName(user, host)) ?? refuse(1141, '42000', `There is no such grant defined for ${who}`);
  return [...account.grants];
}

function refuse(number: number, state: string, message: string): never {
  throw new SqlError(number, state, message);
}
