import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Configuration, configurationOf, type State } from './state.ts';

/** Writes text to stdout. */
export type Say = (text: string) => void;

/** One of RonDB's programs: it prints to stdout, and ends with exit code 0 or by throwing an {@link Ending}. */
export type Tool = (state: State, args: string[], say: Say) => void | Promise<void>;

/** How a program ends before its time: exit code and its last words, on stderr unless they are already said. */
export class Ending extends Error {
  readonly code: number;

  constructor(code: number, text = '') {
    super(text);
    this.name = 'Ending';
    this.code = code;
  }
}

/** Options that every program takes from the scripts. */
export const common = { 'no-defaults': { type: 'boolean' } } as const;

/** Options of the programs that ask the management server. */
export const connecting = {
  ...common,
  'ndb-connectstring': { type: 'string', short: 'c' },
  'connect-retries': { type: 'string' },
} as const;

/** Reads a command line; an option that is not among `options` ends the program with `code`, as RonDB's own do. */
export function readOptions<T extends NonNullable<ParseArgsConfig['options']>>(tool: string, args: string[], options: T, code = 2) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /^Unknown option '([^']+)'/.exec((error as Error).message)?.[1];
    throw new Ending(code, unknown ? `${tool}: [ERROR] unknown option '${unknown}'.` : `${tool}: [ERROR] ${(error as Error).message}`);
  }
}

/** The cluster behind a connect string; undefined when no management server answers there. */
export function connect(state: State, connectString: string | undefined): Configuration | undefined {
  const configuration = configurationOf(state);
  return configuration.running && connectString === configuration.connectString ? configuration : undefined;
}
