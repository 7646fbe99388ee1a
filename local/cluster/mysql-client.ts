import { join } from 'node:path';
import type { Processes } from './processes.ts';

/** One row of a result, by column name; SQL's NULL reads `NULL`. */
export type Row = Readonly<Record<string, string>>;

/** Sends statements to the mysqld of a cluster as root, and reads the rows of the last one. */
export interface MysqlClient {
  query(sql: string): Promise<Row[]>;
  /** Runs a script of any length for its effects. */
  execute(script: string): Promise<void>;
}

export function createMysqlClient(processes: Processes, rondbHome: string, defaultsFile: string): MysqlClient {
  const run = (script: string) =>
    processes.run(
      'mysql',
      join(rondbHome, 'bin', 'mysql'),
      [`--defaults-file=${defaultsFile}`, '--default-character-set=utf8mb4', '--batch'],
      script,
    );
  return {
    async query(sql) {
      const [header, ...rows] = (await run(`${sql};\n`)).split('\n').slice(0, -1).map(cells);
      return rows.map((row) => Object.fromEntries(row.map((cell, index) => [header?.[index] ?? '', cell])));
    },
    async execute(script) {
      await run(script);
    },
  };
}

const escapes: Record<string, string> = { n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/** `--batch` writes one line per row, cells separated by tabs, with these characters escaped inside of them. */
function cells(line: string): string[] {
  return line.split('\t').map((cell) => cell.replace(/\\([nt0\\])/g, (_, escaped: string) => escapes[escaped] ?? ''));
}
