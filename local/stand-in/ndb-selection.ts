import type { Table } from './state.ts';

const names = { type: 'string', multiple: true } as const;

/** The options of ndb_restore that say which tables it restores, and the new names of databases. */
export const selecting = {
  'include-databases': names,
  'include-tables': names,
  'exclude-databases': names,
  'exclude-tables': names,
  'rewrite-database': names,
} as const;

type Values = { readonly [option in keyof typeof selecting]?: string[] | undefined };

/** A table of a backup that is restored. */
export interface Selected extends Table {
  /** `database.table` in the backup. */
  readonly source: string;
  /** The database that it is restored into. */
  readonly target: string;
}

/** The tables that the options select; the scripts put what they exclude last, so it wins. */
export function select(tables: readonly Table[], values: Values): Selected[] {
  const chosen = (option: keyof Values) => values[option]?.flatMap((list) => list.split(',')) ?? [];
  const renames = new Map(values['rewrite-database']?.map((pair) => pair.split(',') as [string, string]));
  const isAmong = (verb: 'include' | 'exclude', { database, source }: Selected) =>
    chosen(`${verb}-databases`).includes(database) || chosen(`${verb}-tables`).includes(source);
  const isChosen = values['include-databases'] ?? values['include-tables'];
  return tables
    .map((table) => ({ ...table, source: `${table.database}.${table.name}`, target: renames.get(table.database) ?? table.database }))
    .filter((table) => (!isChosen || isAmong('include', table)) && !isAmong('exclude', table));
}

/** The foreign keys that ndb_restore brings back; none of a database under a new name. */
export function foreignKeysOf({ database, target, create }: Selected): { name: string; parent: string }[] {
  if (target !== database) return [];
  const keys = create.matchAll(/CONSTRAINT (\S+) FOREIGN KEY \([^)]*\) REFERENCES (\S+)/g);
  return [...keys].map(([, name = '', parent = '']) => ({ name, parent: `${database}.${parent}` }));
}
