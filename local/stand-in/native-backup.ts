import { backupDirectory, backupFile, isTaken, type StoredRow, writeBackupFile, writeControlFile } from './backup-files.ts';
import type { Fragment, Schema } from './control-file.ts';
import { type Configuration, homeOf, log, MANAGEMENT_NODE, PARTS, type RunningBackup, rowsOf, type State } from './state.ts';

const RUNNING = 'running';

/** The backup that is being taken at this moment. One whose time is over is completed by whoever asks first. */
export function runningBackup(state: State, configuration: Configuration): RunningBackup | undefined {
  const running = state.backups.get(RUNNING);
  if (running === undefined || Date.now() < running.endsAt) return running;
  complete(state, configuration, running);
  return undefined;
}

/** Begins a backup, which goes on without its client: every file is there from now on, but unfinished. */
export function beginBackup(state: State, configuration: Configuration, id: number): 'begun' | 'exists' | 'running' {
  const now = Date.now();
  const master = masterOf(configuration);
  const running = {
    id,
    startGcp: Math.floor(now / 1000) - 1_700_000_000,
    key: now % 2 ** 32,
    endsAt: now + configuration.backupDuration,
  };
  if (runningBackup(state, configuration) || !state.backups.add(RUNNING, running)) {
    log(configuration, 'ALERT', `${master}: Backup request from ${MANAGEMENT_NODE} failed to start. Error: 1302`);
    return 'running';
  }
  if (isTaken(configuration, id)) {
    log(configuration, 'ALERT', `${master}: Backup ${id} started from ${MANAGEMENT_NODE} has been aborted. Error: 1350`);
    state.backups.remove(RUNNING);
    return 'exists';
  }
  log(configuration, 'INFO', `${master}: Backup ${id} started from node ${MANAGEMENT_NODE}`);
  state.endings.remove(`${id}`);
  for (const { path } of filesOf(configuration, id)) {
    for (const kind of ['log', 'Data', 'ctl'] as const) writeBackupFile(path(kind), kind, running, []);
  }
  return 'begun';
}

/** Stops a backup. Its files stay, unfinished. */
export function abortBackup(state: State, configuration: Configuration, id: number): void {
  if (runningBackup(state, configuration)?.id !== id) return;
  const master = masterOf(configuration);
  end(state, configuration, id, 'ALERT', `${master}: Backup ${id} started from ${MANAGEMENT_NODE} has been aborted. Error: 1321`);
}

/** May be done twice: the tool that does it may be killed at any point. */
function complete(state: State, configuration: Configuration, running: RunningBackup): void {
  const { id, startGcp } = running;
  const schema: Schema = { startGcp, stopGcp: startGcp + 3, tables: state.tables.all() };
  const stored = storedRows(state, configuration, schema);
  const files = filesOf(configuration, id);
  let bytes = 0;
  for (const { home, path } of files) bytes += writeBackupFile(path('Data'), 'Data', running, stored.get(home) ?? []);
  const fragments = files.flatMap(({ home }) => fragmentsOf(schema, stored.get(home) ?? []));
  // Only the first file of the master node has the numbers.
  for (const [index, { path }] of files.entries()) {
    writeControlFile(path('ctl'), running, schema, index === 0 ? fragments : fragments.map(({ table }) => ({ table, rows: 0 })));
  }
  const records = fragments.reduce((sum, { rows }) => sum + rows, 0);
  const numbers = `#Records: ${records} #LogRecords: 0 Data: ${bytes} bytes Log: 0 bytes`;
  const begun = `${masterOf(configuration)}: Backup ${id} started from node ${MANAGEMENT_NODE}`;
  const text = `${begun} completed. StartGCP: ${startGcp} StopGCP: ${startGcp + 3} ${numbers}`;
  end(state, configuration, id, 'INFO', text);
}

function end(state: State, configuration: Configuration, id: number, level: 'INFO' | 'ALERT', text: string): void {
  log(configuration, level, text);
  state.endings.put(`${id}`, text);
  state.backups.remove(RUNNING);
}

/** The data node that speaks for all. */
function masterOf({ dataNodes }: Configuration): string {
  return `Node ${dataNodes[0]?.id}`;
}

function filesOf({ dataNodes }: Configuration, id: number) {
  return dataNodes.flatMap((node) =>
    Array.from({ length: PARTS }, (_, index) => ({
      home: `${node.id}.${index + 1}`,
      path: (kind: 'ctl' | 'log' | 'Data') =>
        backupFile(backupDirectory(node.backupDirectory, id), id, node.id, { part: index + 1, parts: PARTS }, kind),
    })),
  );
}

function fragmentsOf({ tables }: Schema, stored: readonly StoredRow[]): Fragment[] {
  const names = tables.map(({ database, name }) => `${database}.${name}`);
  return names.map((table) => ({ table, rows: stored.filter(([name]) => name === table).length }));
}

/** The rows of all tables by their home, `node.part`. */
function storedRows(state: State, configuration: Configuration, { tables }: Schema): Map<string, StoredRow[]> {
  const stored = new Map<string, StoredRow[]>();
  for (const table of tables.map(({ database, name }) => `${database}.${name}`)) {
    for (const [key, values] of rowsOf(state, table)) {
      const { nodeId, part } = homeOf(configuration, key);
      const home = `${nodeId}.${part}`;
      const rows = stored.get(home) ?? [];
      stored.set(home, rows);
      rows.push([table, key, values]);
    }
  }
  return stored;
}
