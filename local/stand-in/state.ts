import { createHash } from 'node:crypto';
import { appendFileSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What the stand-in knows of the cluster it imitates. */
export interface Configuration {
  /** The management server's one address, `host:port`. */
  readonly connectString: string;
  /** False before the start and after the end: then no server answers. */
  readonly running: boolean;
  readonly dataNodes: readonly DataNode[];
  /** DataDir of ndb_mgmd. */
  readonly managementDirectory: string;
  readonly clusterLog: string;
  /** How long a backup takes, in milliseconds. */
  readonly backupDuration: number;
}

interface DataNode {
  readonly id: number;
  readonly dataDirectory: string;
  readonly backupDirectory: string;
}

export const MANAGEMENT_NODE = 49;
/** Each data node writes its backups in as many parts. */
export const PARTS = 2;

export interface Table {
  readonly database: string;
  readonly name: string;
  /** The text of its CREATE TABLE. */
  readonly create: string;
  /** Whether its indexes and foreign keys are there. */
  readonly indexed: boolean;
  /** Whether mysqld has read it from the dictionary of the data nodes. */
  readonly known: boolean;
  /** Another for each table that ndb_restore has created. */
  readonly version?: number;
}

export interface Account {
  /** As SHOW CREATE USER prints it, without default roles. */
  readonly create: string;
  readonly defaultRole?: string;
  /** As SHOW GRANTS prints them. */
  readonly grants: readonly string[];
}

/** A view, routine, trigger or event. */
export interface SqlObject {
  readonly kind: ObjectKind;
  readonly database: string;
  readonly name: string;
  readonly create: string;
}

export type ObjectKind = 'VIEW' | 'PROCEDURE' | 'FUNCTION' | 'TRIGGER' | 'EVENT';

/** The backup that is being taken. */
export interface RunningBackup {
  readonly id: number;
  readonly startGcp: number;
  /** The same in all files of one backup. */
  readonly key: number;
  /** Milliseconds since 1970. */
  readonly endsAt: number;
}

/**
 * The stand-in's servers are a directory with one small file for each thing. A file appears and changes as a whole, so any number
 * of tools may work at the same moment without a lock, and a killed one leaves nothing torn. Accounts and SQL objects live in the mysqld
 * of one head, all else in RonDB.
 */
export function openState(directory: string, head = 'head-1') {
  const kept = <T>(kind: string) => collection<T>(join(directory, kind));
  return {
    clusters: kept<Configuration>('clusters'),
    databases: kept<string>('databases'),
    tables: kept<Table>('tables'),
    /** The rows of one fragment of a table by their primary keys. */
    rows: kept<Record<string, string>>('rows'),
    accounts: kept<Account>(join(head, 'accounts')),
    objects: kept<SqlObject>(join(head, 'objects')),
    /** `running`: the backup that is being taken, if any. */
    backups: kept<RunningBackup>('backups'),
    /** How the last attempt of each backup id ended: the text of the cluster log. */
    endings: kept<string>('endings'),
    /** Loses everything. */
    clear: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export type State = ReturnType<typeof openState>;

export function configurationOf(state: State): Configuration {
  const found = state.clusters.get('cluster');
  if (found === undefined) throw new Error('the stand-in was never started here');
  return found;
}

/**
 * The rows of a table that came together: by the loader, or from one part of one node's backup, so that the backups of several nodes
 * can be restored at the same moment. Whatever the fragment, it is the key that says where a row lives: see {@link homeOf}.
 */
export function fragmentName(table: string, nodeId: number, part: number): string {
  return `${table} ${nodeId}.${part}`;
}

/** All fragments of a table. */
export function fragmentsOf(state: State, table: string): string[] {
  return state.rows.names().filter((name) => name.slice(0, name.lastIndexOf(' ')) === table);
}

/** All rows of a table: their primary keys and what belongs to them. */
export function rowsOf(state: State, table: string): [key: string, values: string][] {
  return fragmentsOf(state, table).flatMap((fragment) => Object.entries(state.rows.get(fragment) ?? {}));
}

/** The data node and the part of its backup where a row lives, by a hash of its primary key. */
export function homeOf({ dataNodes }: Configuration, key: string): { nodeId: number; part: number } {
  const hash = createHash('md5').update(key).digest().readUInt32BE();
  return { nodeId: dataNodes[hash % dataNodes.length]?.id ?? 0, part: 1 + (Math.floor(hash / dataNodes.length) % PARTS) };
}

/** A line as ndb_mgmd writes it to the cluster log. */
export function log({ clusterLog }: Configuration, level: 'INFO' | 'ALERT', text: string): void {
  appendFileSync(clusterLog, `${timestamp()} [MgmtSrvr] ${level.padEnd(8)} -- ${text}\n`);
}

export function timestamp(): string {
  return new Date().toISOString().replace('Z', '000Z');
}

function collection<T>(directory: string) {
  const path = (name: string) => join(directory, `${encodeURIComponent(name)}.json`);
  const written = (name: string, value: T) => {
    const file = `${path(name)}.${process.pid}`;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(value));
    return file;
  };

  const names = () =>
    absent(() => readdirSync(directory), [])
      .filter((file) => file.endsWith('.json'))
      .map((file) => decodeURIComponent(file.slice(0, -'.json'.length)))
      .sort();
  const get = (name: string): T | undefined => absent(() => JSON.parse(readFileSync(path(name), 'utf8')) as T, undefined);

  return {
    names,
    get,
    all: () => names().flatMap((name) => get(name) ?? []),
    put: (name: string, value: T) => renameSync(written(name, value), path(name)),
    /** False, and nothing happens, when the name is taken. */
    add(name: string, value: T): boolean {
      const file = written(name, value);
      try {
        linkSync(file, path(name));
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        rmSync(file);
      }
    },
    remove: (name: string) => rmSync(path(name), { force: true }),
  };
}

function absent<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
