import type { Report, ReportedTable } from '../../model/report.ts';
import { readSelection } from '../../model/selected.ts';

/** Rows by `database.table`. */
export type Rows = ReadonlyMap<string, number>;

interface Counts {
  /** Rows as RonDB counted them when the backup began; undefined when the backup does not record them. */
  readonly recorded: Rows | undefined;
  /** Changes that the backup took in while it ran. */
  readonly logRecords: number;
  readonly restored: Rows;
  /** What of the backup was restored, as node scripts take it. */
  readonly selection: string;
}

/** Tables that come back without their rows: a new cluster writes its own. */
const WITHOUT_ROWS = new Set(['hopsworks.hosts', 'hopsworks.host_services']);

/**
 * Compares every table that the backup records, under the name that it was restored as. A change that RonDB logged during the
 * backup alters the count of one table by one row at most: counts may differ by as many rows as there are log records, all
 * tables together. When they differ by more, every table whose count is another one is named.
 */
export function compareRows({ recorded, logRecords, restored, selection }: Counts): Report['rows'] {
  const of = (tables: ReportedTable[], difference = 0) => ({
    comparison: comparisonOf(tables),
    restored: [...restored.values()].reduce((sum, rows) => sum + rows, 0),
    difference,
    logRecords,
    tables: tables.sort((a, b) => rank(a) - rank(b) || gap(b) - gap(a) || (a.table < b.table ? -1 : 1)),
  });
  if (!recorded) return of([...restored].map(([table, rows]) => ({ table, recorded: null, restored: rows, outcome: 'not-compared' })));

  const { restoredAs, isPart } = readSelection(selection);
  const named = [...recorded.keys()].flatMap((table) => {
    const name = restoredAs(table);
    return name === undefined ? [] : [{ table: name, recorded: recorded.get(table) ?? 0, withoutRows: WITHOUT_ROWS.has(table) }];
  });
  const names = new Set(named.map(({ table }) => table));
  // A table that the backup has not recorded had no rows. Beside a part there are tables of others.
  const others = isPart ? [] : [...restored.keys()].filter((table) => !names.has(table));
  const pairs = [...named, ...others.map((table) => ({ table, recorded: 0, withoutRows: false }))].map((pair) => ({
    ...pair,
    restored: restored.get(pair.table) ?? null,
  }));
  const difference = pairs.filter(({ withoutRows }) => !withoutRows).reduce((sum, pair) => sum + gap(pair), 0);
  const outcomeOf = (pair: (typeof pairs)[number]): ReportedTable['outcome'] => {
    if (pair.restored === null) return 'missing';
    if (pair.withoutRows) return 'left-out';
    if (pair.restored === pair.recorded) return 'equal';
    return difference <= logRecords ? 'explained' : 'differs';
  };
  return of(
    pairs.map((pair) => ({ table: pair.table, recorded: pair.recorded, restored: pair.restored, outcome: outcomeOf(pair) })),
    difference,
  );
}

function comparisonOf(tables: readonly ReportedTable[]): Report['rows']['comparison'] {
  if (tables.some(isDifferent)) return 'differs';
  return tables.some(({ outcome }) => outcome === 'not-compared') ? 'not-compared' : 'same';
}

/** Whether a table is not what the backup recorded. */
export function isDifferent({ outcome }: ReportedTable): boolean {
  return outcome === 'differs' || outcome === 'missing';
}

const ORDER: readonly ReportedTable['outcome'][] = ['missing', 'differs', 'explained', 'not-compared', 'left-out', 'equal'];
const rank = ({ outcome }: ReportedTable) => ORDER.indexOf(outcome);
const gap = ({ recorded, restored }: Pick<ReportedTable, 'recorded' | 'restored'>) => Math.abs((restored ?? 0) - (recorded ?? 0));
