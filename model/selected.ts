/** The databases whose tables are no user's, or are never restored. */
const FOREIGN = /^(mysql|sys|information_schema|performance_schema|ndbinfo|glassfish_timers)[.]/;

/** What becomes of the tables of a backup. */
export interface Selected {
  /** Whether only what is included is restored. */
  readonly isPart: boolean;
  /** The name that a table of the backup gets; undefined when it is not restored. */
  readonly restoredAs: (table: string) => string | undefined;
}

/** Reads a selection as the node scripts take it: as for ndb_restore, what excludes comes before what includes. */
export function readSelection(selection: string): Selected {
  const options = selection === 'all' ? [] : selection.split(';').map((option) => option.split('=') as [string, string]);
  const listed = (name: string) => options.filter(([option]) => option === name).map(([, values]) => values.split(','));
  const isNamed = (verb: string, table: string) =>
    listed(`${verb}-databases`).some((names) => names.some((name) => table.startsWith(`${name}.`))) ||
    listed(`${verb}-tables`).some((names) => names.includes(table));
  const isPart = options.some(([option]) => option.startsWith('include-'));
  const renames = listed('rewrite-database');
  return {
    isPart,
    restoredAs(table) {
      if (FOREIGN.test(table) || isNamed('exclude', table) || (isPart && !isNamed('include', table))) return undefined;
      const [from, to] = renames.find(([name]) => table.startsWith(`${name}.`)) ?? [];
      return from === undefined ? table : `${to}${table.slice(from.length)}`;
    },
  };
}
