import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RestoreRequest } from '../../model/request.ts';
import { readSelection } from '../../model/selected.ts';
import { formatSelection } from '../../model/selection.ts';
import type { Inspection } from '../inspection.ts';
import { nameSome } from '../obstacles.ts';
import type { Notes } from './notes.ts';

/** Every table that a backup records, with its rows; empty when it was taken before tables were recorded. */
export function recordedTables({ receipts }: Pick<Manifest, 'receipts'>): { table: string; rows: number }[] {
  return receipts.flatMap(({ tables }) => tables ?? []);
}

/**
 * Refuses names that the backup does not have, two tables under one name, and what the target holds in their place, as
 * `SelectionUnknown`, `RequestInvalid` and `TargetNotEmpty`. `begun`: the tables may be those of this restore.
 */
export function checkSelection(
  manifest: Manifest,
  request: RestoreRequest,
  { userTables }: Pick<Inspection, 'userTables'>,
  begun: boolean,
  notes: Notes,
): void {
  const recorded = recordedTables(manifest).map(({ table }) => table);
  const { isPart, restoredAs } = readSelection(formatSelection(request));
  if (recorded.length > 0) checkNames(recorded, request, notes);
  const created = recorded.flatMap((table) => restoredAs(table) ?? []);
  const twice = created.filter((table, index) => created.indexOf(table) !== index);
  if (twice.length > 0) notes.refuse(new DrError('RequestInvalid', `rename: two tables would become ${nameSome(twice)}.`));
  if (Object.keys(request.rename ?? {}).length > 0) {
    notes.warn(
      'Foreign keys do not come with a database under another name: mysqld shows them as if they led to the original, RonDB has none.',
    );
  }
  if (begun) return;
  const { count, names } = userTables;
  if (!isPart) {
    if (count > 0 && !request.replace) {
      notes.refuse(new DrError('TargetNotEmpty', `RonDB holds ${count} user tables: ${nameSome(names, count)}.`));
    }
    return;
  }
  const wanted = new Set(recorded.length > 0 ? created : (request.include?.tables ?? []).flatMap((table) => restoredAs(table) ?? []));
  const inTheWay = names.filter((table) => wanted.has(table));
  if (inTheWay.length > 0) {
    notes.refuse(new DrError('TargetNotEmpty', `RonDB holds tables that would be restored: ${nameSome(inTheWay)}.`));
  }
  if (count > names.length || recorded.length === 0) {
    const why = recorded.length === 0 ? 'the backup does not record its tables' : `only ${names.length} of ${count} tables are known here`;
    notes.warn(`Whether RonDB holds other tables of the same names is not sure: ${why}. RestoreRondbSchema refuses before it creates any.`);
  }
}

function checkNames(recorded: readonly string[], { include, exclude }: RestoreRequest, { refuse }: Notes): void {
  const databases = new Set(recorded.map((table) => table.slice(0, table.indexOf('.'))));
  const tables = new Set(recorded);
  const unknown = [include, exclude].flatMap((choice) => [
    ...(choice?.databases ?? []).filter((name) => !databases.has(name)),
    ...(choice?.tables ?? []).filter((name) => !tables.has(name)),
  ]);
  if (unknown.length === 0) return;
  refuse(new DrError('SelectionUnknown', `The backup has no tables of ${nameSome(unknown)}; it has those of ${nameSome([...databases])}.`));
}
