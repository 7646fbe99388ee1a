import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { type Damage, parseRows } from '../../model/verification.ts';
import { number } from '../quantities.ts';
import type { Verified } from './report-verification.ts';

/** How many tables have recorded rows, how many rows these are, and how many the files hold. */
export interface ComparedRows {
  readonly tables: number;
  readonly recorded: number;
  readonly found: number;
  readonly damage: readonly Damage[];
}

/**
 * Compares the rows of each user's table that ndb_restore reads in the files with what RonDB counted when it wrote them: the same rows,
 * whatever was written meanwhile. Null when a directory could not be read, or the backup has recorded no rows.
 */
export async function compareRows(
  { receipts }: Manifest,
  { execution, rondb }: Verified,
  cluster: string,
  read: (key: string) => Promise<string>,
): Promise<ComparedRows | null> {
  const recorded = receipts.flatMap(({ tables = [] }) => tables);
  const nodes = rondb.flatMap(({ answer }) => answer.nodes);
  if (recorded.length === 0 || nodes.some(({ records }) => records === null)) return null;
  const lists = await Promise.all(nodes.map(({ nodeId }) => read(layout.verifiedRows(cluster, execution.name, nodeId))));
  const rows = new Map<string, number>();
  for (const [table, count] of lists.flatMap(parseRows)) rows.set(table, (rows.get(table) ?? 0) + count);
  const compared = recorded.map(({ table, rows: counted }) => ({ table, counted, found: rows.get(table) ?? 0 }));
  return {
    tables: compared.length,
    recorded: compared.reduce((sum, { counted }) => sum + counted, 0),
    found: compared.reduce((sum, { found }) => sum + found, 0),
    damage: compared.flatMap(({ table, counted, found }): Damage[] =>
      found === counted
        ? []
        : [{ error: 'RowsDiffer', object: table, found: `has ${number(found)} rows in the files; RonDB counted ${number(counted)}` }],
    ),
  };
}
