import { createHash } from 'node:crypto';
import { type Fingerprint, notRestored } from '../cluster/fingerprint.ts';
import { ACCOUNT, accountName } from './sql-names.ts';
import { rowsOf, type SqlObject, type State, type Table } from './state.ts';
import { createStatement } from './statements.ts';

/** Reads the fingerprint of the stand-in by the state of each head: its pieces have the names that those of a real cluster have. */
export function readFingerprint(heads: readonly { name: string; state: State }[]): Fingerprint {
  const entries = heads.flatMap(({ name, state }, index) => {
    const own = serverEntries(state);
    if (index === 0) return [...sharedEntries(state), ...own];
    return own.map(([entry, value]): Entry => [`${entry} on ${name}`, value]);
  });
  return { entries: Object.fromEntries(entries) };
}

type Entry = [name: string, value: string];

function sharedEntries(state: State): Entry[] {
  const isOurs = (database: string) => !(notRestored.databases as readonly string[]).includes(database);
  const databases = state.databases.names().filter(isOurs);
  const tables = state.tables.all().filter(({ database, known }) => known && isOurs(database));
  return [
    ...databases.map((name): Entry => [`database ${name}`, state.databases.get(name) ?? '']),
    ...tables.flatMap((table) => tableEntries(state, table)),
  ];
}

function serverEntries(state: State): Entry[] {
  return [
    ...state.objects.all().flatMap((object) => objectEntries(state, object)),
    ...state.accounts.names().flatMap((name) => accountEntries(state, name)),
  ];
}

function tableEntries(state: State, table: Table): Entry[] {
  const name = `${table.database}.${table.name}`;
  const create: Entry = [`create table ${name}`, table.indexed ? table.create : `${table.create}, without its indexes`];
  if ((notRestored.rows as readonly string[]).includes(name)) return [create];
  const rows = rowsOf(state, name);
  const checksum = createHash('sha256').update(JSON.stringify(rows.sort(([one], [other]) => Number(one) - Number(other))));
  return [create, [`table ${name} rows`, `${rows.length}`], [`table ${name} checksum`, checksum.digest('hex')]];
}

function objectEntries(state: State, { kind, database, name, create }: SqlObject): Entry[] {
  const entry = `${kind.toLowerCase()} ${database}.${name}`;
  if (kind !== 'VIEW') return [[entry, create]];
  // Without an SQL engine a view has no rows, but it answers only if the account that defines it is there.
  const [, user = '', host = ''] = new RegExp(`DEFINER ?= ?${ACCOUNT}`).exec(create) ?? [];
  const definer = accountName(user, host);
  return [
    [entry, create],
    [`${entry} rows`, state.accounts.get(definer) ? 'answers' : `its definer ${definer} is missing`],
  ];
}

function accountEntries(state: State, name: string): Entry[] {
  const account = state.accounts.get(name);
  if (account === undefined) return [];
  return [
    [`user ${name}`, createStatement(account)],
    [`grants ${name}`, [...account.grants].sort().join('\n')],
  ];
}
