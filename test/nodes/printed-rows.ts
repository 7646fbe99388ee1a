import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What rows.py counts in what `ndb_restore --print_data` prints of a node's directory, and how that ends. */
export function printedRows(ndbRestore: string, directory: string, node: number, backupId: string) {
  const log = join(directory, 'printed.log');
  const command = [ndbRestore, '--no-defaults', '-n', `${node}`, '-b', backupId, `--backup_path=${directory}`, '--print_data'];
  const lines = execFileSync('python3', ['-IS', 'nodes/rows.py', log, ...command], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
  const counts = lines.slice(0, -1).map((line) => /^(\d+) (.*?)\/def\/(.*)$/.exec(line) ?? []);
  return {
    rows: Object.fromEntries(counts.map(([, rows, database, table]) => [`${database}.${table}`, Number(rows)])) as Record<string, number>,
    status: Number(lines.at(-1)?.replace('ended ', '')),
    isSuccess: readFileSync(log, 'utf8').includes('restore successful'),
  };
}
