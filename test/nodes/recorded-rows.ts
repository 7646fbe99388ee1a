import { execFileSync } from 'node:child_process';

/** What the node scripts read from a .ctl: the rows of each user's table by `database.table`; nothing where RonDB left all at zero. */
export function recordedRows(ctl: string): Record<string, number> {
  const script = 'set -eo pipefail; . nodes/recorded-rows.sh; recorded_rows "$1"';
  const lines = execFileSync('bash', ['-c', script, 'bash', ctl], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
  const entries = lines.matchAll(/^(\d+) (.*?)\/def\/(.*)$/gm);
  return Object.fromEntries([...entries].map(([, rows, database, table]) => [`${database}.${table}`, Number(rows)]));
}
