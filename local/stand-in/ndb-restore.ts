import { backupFile, countParts, readBackupFile, readSchema, type StoredRow } from './backup-files.ts';
import { foreignKeysOf, type Selected, select, selecting } from './ndb-selection.ts';
import { fragmentName, type State, type Table, timestamp } from './state.ts';
import { connect, connecting, Ending, readOptions, type Say, type Tool } from './tool.ts';

const options = {
  ...connecting,
  ...selecting,
  nodeid: { type: 'string', short: 'n' },
  backupid: { type: 'string', short: 'b' },
  backup_path: { type: 'string' },
  print_meta: { type: 'boolean' },
  print_data: { type: 'boolean' },
  print_log: { type: 'boolean' },
  'lines-terminated-by': { type: 'string' },
  'restore-meta': { type: 'boolean', short: 'm' },
  'disable-indexes': { type: 'boolean' },
  'restore-data': { type: 'boolean', short: 'r' },
  'rebuild-indexes': { type: 'boolean' },
  'no-binlog': { type: 'boolean' },
  'no-restore-disk-objects': { type: 'boolean' },
} as const;

/** Checks or restores the backup of one data node, part by part. */
export const ndbRestore: Tool = (state, args, say) => {
  const { values } = readOptions('ndb_restore', args, options);
  const [node, id, directory = ''] = [Number(values.nodeid), Number(values.backupid), values.backup_path];
  say(`Nodeid = ${node}\nBackup Id = ${id}\nbackup path = ${directory}\n`);
  const parts = countParts(directory, id, node);
  if (parts === undefined) throw new Ending(1, `Failed to find backup ${id} in path ${directory}`);
  say(`Found backup ${id} with ${parts} backup parts\n`);

  const step = steps[switches.filter((name) => values[name]).join(' ')];
  if (step === undefined) throw new Ending(2, `the stand-in of ndb_restore does one of these: ${Object.keys(steps).join(', ')}`);
  if (!printing.has(step)) reach(state, values['ndb-connectstring'], say);
  for (let part = 1; part <= parts; part++) {
    const file = (kind: 'ctl' | 'Data') => backupFile(directory, id, node, { part, parts }, kind);
    const schema = attempt(part, say, () => readSchema(file('ctl')));
    report(say, part, `Stop GCP of Backup: ${schema.stopGcp}`);
    report(say, part, `Start GCP of Backup: ${schema.startGcp}`);
    step({ state, say, node, part, tables: select(schema.tables, values), file, mark: values['lines-terminated-by'] ?? '\n' });
    report(say, part, 'Data and log restore successful');
  }
};

const switches = ['print_meta', 'print_data', 'print_log', 'restore-meta', 'disable-indexes', 'restore-data', 'rebuild-indexes'] as const;

const steps: Record<string, (step: Step) => void> = {
  print_meta: printMeta,
  print_data: printData,
  print_log: () => undefined,
  'restore-meta disable-indexes': restoreMeta,
  'disable-indexes': dropIndexes,
  'restore-data': restoreData,
  'rebuild-indexes': rebuildIndexes,
};

/** What needs no cluster. */
const printing = new Set([steps.print_meta, steps.print_data, steps.print_log]);

interface Step {
  readonly state: State;
  readonly say: Say;
  readonly node: number;
  readonly part: number;
  readonly tables: readonly Selected[];
  readonly file: (kind: 'ctl' | 'Data') => string;
  /** What stands behind every row that is printed. */
  readonly mark: string;
}

function printMeta({ say, tables }: Step): void {
  for (const { database, name } of tables) say(`-- ${database}/def/${name} --\nSuccessfully printed table: ${database}/def/${name}\n\n`);
}

function printData({ say, part, tables, file, mark }: Step): void {
  const rows = attempt(part, say, () => readBackupFile(file('Data')) as StoredRow[]);
  for (const { source, database, name } of tables) {
    report(say, part, '_____________________________________________________');
    say(`Processing data in table: ${database}/def/${name}(1) fragment 0\n`);
    for (const [, key, values] of rows.filter(([table]) => table === source)) say(`${key}\t${values}${mark}`);
  }
}

/** The tables are the same in each part: the first one creates them. */
function restoreMeta({ state, say, part, tables }: Step): void {
  if (part > 1) return;
  for (const { source, target, ...table } of tables) {
    const name = `${table.database}/def/${table.name}`;
    const created = { ...table, database: target, indexed: false, known: false, version: Date.now() };
    if (!state.tables.add(`${target}.${table.name}`, created)) {
      failPart(part, `Create table \`${name}\` failed: 721: Schema object with given name already exists`);
    }
    report(say, part, `Successfully created table ${name}`);
  }
  requireParents(state, part, tables);
}

function restoreData({ state, say, node, part, tables, file }: Step): void {
  for (const table of tables) restored(state, part, table);
  const rows = attempt(part, say, () => readBackupFile(file('Data')) as StoredRow[]);
  let count = 0;
  for (const { source, target, name } of tables) {
    const own = rows.filter((row) => row[0] === source).map(([, key, values]) => [key, values]);
    const fragment = fragmentName(`${target}.${name}`, node, part);
    state.rows.put(fragment, { ...state.rows.get(fragment), ...Object.fromEntries(own) });
    count += own.length;
  }
  report(say, part, `Restored ${count} tuples and 0 log entries`);
}

/** Twice in a row it fails: an index may be there, but no foreign key. */
function rebuildIndexes({ state, say, part, tables }: Step): void {
  if (part > 1) return;
  requireParents(state, part, tables);
  for (const table of tables) {
    const { indexed } = restored(state, part, table);
    const [key] = foreignKeysOf(table);
    if (indexed && key) failPart(part, `Failed to create foreign key ${key.name} : 721: Schema object with given name already exists`);
    setIndexed(state, part, table, true);
    report(say, part, `Rebuilding index \`PRIMARY\` on table \`${table.name}\` ...`);
  }
}

function dropIndexes({ state, part, tables }: Step): void {
  if (part > 1) return;
  requireParents(state, part, tables);
  for (const table of tables) setIndexed(state, part, table, false);
}

function setIndexed(state: State, part: number, table: Selected, indexed: boolean): void {
  state.tables.put(`${table.target}.${table.name}`, { ...restored(state, part, table), indexed });
}

/** The table in the cluster that a table of the backup is restored into. */
function restored(state: State, part: number, { target, name }: Selected): Table {
  return state.tables.get(`${target}.${name}`) ?? noSuchTable(part, name);
}

/** Foreign keys of the restored tables may lead to others, which must be there. */
function requireParents(state: State, part: number, tables: readonly Selected[]): void {
  for (const { name, parent } of tables.flatMap(foreignKeysOf)) {
    if (state.tables.get(parent)) continue;
    failPart(part, `Foreign key 1/2/${name} parent table ${parent} not found: 723: No such table existed`);
  }
}

function noSuchTable(part: number, name: string): never {
  failPart(part, `Unable to find table: \`${name}\` error : 723: No such table existed`);
}

function reach(state: State, server: string | undefined, say: Say): void {
  if (connect(state, server)) return;
  const failure = `ERROR: Unable to connect with connect string: nodeid=0,${server}`;
  say(`${failure}\n`);
  throw new Ending(1, `Could not connect to cluster: '1011 - Could not connect to socket: ${failure}'`);
}

function report(say: Say, part: number, text: string): void {
  say(`${timestamp()} INFO: [part ${part}] ${text}\n`);
}

function failPart(part: number, text: string): never {
  throw new Ending(1, `${timestamp()} ERROR: [part ${part}] ${text}`);
}

function attempt<T>(part: number, say: Say, read: () => T): T {
  try {
    return read();
  } catch (error) {
    say(`Failed to restore part ${part}\n`);
    return failPart(part, (error as Error).message);
  }
}
