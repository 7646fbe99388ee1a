import { existsSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { splitSql } from './split-sql.ts';
import { configurationOf } from './state.ts';
import { perform, SqlError } from './statements.ts';
import { common, Ending, readOptions, type Tool } from './tool.ts';

/** Options of the programs that ask mysqld through its socket. */
export const asking = {
  ...common,
  user: { type: 'string' },
  socket: { type: 'string' },
  'default-character-set': { type: 'string' },
} as const;

/** Runs the statements of `-e` or of stdin; without `--force` it stops at the first that fails. */
export const mysql: Tool = async (state, args, say) => {
  const { values } = readOptions('mysql', args, {
    ...asking,
    'skip-column-names': { type: 'boolean', short: 'N' },
    force: { type: 'boolean' },
    raw: { type: 'boolean', short: 'r' },
    execute: { type: 'string', short: 'e' },
  });
  requireServer(state, values.socket);
  const session = { state, database: undefined };
  for (const { text, line } of splitSql(values.execute ?? (await readAll(process.stdin)))) {
    try {
      const { header, rows } = perform(session, text);
      const printed = values.raw ? rows : rows.map((row) => row.replaceAll('\\', '\\\\'));
      if (rows.length > 0) say([...(values['skip-column-names'] ? [] : [header]), ...printed, ''].join('\n'));
    } catch (error) {
      if (!(error instanceof SqlError)) throw error;
      const refusal = `ERROR ${error.number} (${error.state}) at line ${line}: ${error.message}`;
      if (!values.force) throw new Ending(1, refusal);
      process.stderr.write(`${refusal}\n`);
    }
  }
};

/** Ends the program unless mysqld listens on this socket. */
export function requireServer(state: Parameters<Tool>[0], socket: string | undefined): void {
  if (socket !== undefined && existsSync(socket) && configurationOf(state).running) return;
  throw new Ending(1, `ERROR 2002 (HY000): Can't connect to local MySQL server through socket '${socket}' (2)`);
}
