import { setTimeout as delay } from 'node:timers/promises';
import { abortBackup, beginBackup, runningBackup } from './native-backup.ts';
import { type Configuration, MANAGEMENT_NODE, type State } from './state.ts';
import { connect, connecting, Ending, readOptions, type Say, type Tool } from './tool.ts';

const VERSION = 'mysql-9.7.2 ndb-9.7.2';
const POLL_MS = 25;
const PAGES = 4652;
const PAGE_BYTES = 32_768;
/** As the practice cluster's config.ini has them. */
const OPEN_SLOTS = 12;

/** Runs one command of the management client. */
export const ndbMgm: Tool = async (state, args, say) => {
  const { values } = readOptions('ndb_mgm', args, {
    ...connecting,
    'try-reconnect': { type: 'string', short: 't' },
    execute: { type: 'string', short: 'e' },
    version: { type: 'boolean' },
  });
  if (values.version) return say(`MySQL distrib ${VERSION}, for Linux (x86_64), a stand-in\n`);
  const server = values['ndb-connectstring'];
  const configuration = connect(state, server);
  if (configuration === undefined) {
    say(`ERROR: Unable to connect with connect string: nodeid=0,${server}\nRetrying every 5 seconds. Attempts left: 1, failed.\n`);
    throw new Ending(255);
  }
  const [host, port] = configuration.connectString.split(':');
  say(`Connected to management server at ${host} port ${port} (using cleartext)\n`);
  const command = values.execute ?? '';
  const [run, match] = recognize(command);
  await run({ state, configuration, say, match });
};

interface Call {
  readonly state: State;
  readonly configuration: Configuration;
  readonly say: Say;
  readonly match: RegExpExecArray;
}

const commands: [RegExp, (call: Call) => void | Promise<void>][] = [
  [/^SHOW$/i, show],
  [/^ALL REPORT BACKUPSTATUS$/i, reportBackupStatus],
  [/^ALL REPORT MEMORYUSAGE$/i, reportMemoryUsage],
  [/^START (BACKUP (\d+) SNAPSHOTEND WAIT COMPLETED)$/i, startBackup],
  [/^ABORT BACKUP (\d+)$/i, abort],
  [/^(?:START )?(.*)$/i, ({ say, match }) => refuse(say, match[1])],
];

function recognize(command: string): [(call: Call) => void | Promise<void>, RegExpExecArray] {
  for (const [pattern, run] of commands) {
    const match = pattern.exec(command.trim());
    if (match) return [run, match];
  }
  throw new Error(`no command is ${command}`);
}

function refuse(say: Say, command: string | undefined, why = ''): never {
  say(`Invalid command: ${command}\n${why}Type HELP for help.\n\n`);
  throw new Ending(255);
}

function show({ configuration: { dataNodes }, say }: Call): void {
  const nodes = dataNodes.map(({ id }, index) => {
    const group = Math.floor(index / 2);
    return `id=${id}\t@127.0.0.1  (${VERSION}, Nodegroup: ${group}${index === 0 ? ', *' : ''})`;
  });
  const lines = [
    'Cluster Configuration',
    '---------------------',
    `[ndbd(NDB)]\t${nodes.length} node(s)`,
    ...nodes,
    '',
    '[ndb_mgmd(MGM)]\t1 node(s)',
    `id=${MANAGEMENT_NODE}\t@127.0.0.1  (${VERSION})`,
    '',
    `[mysqld(API)]\t${1 + OPEN_SLOTS} node(s)`,
    `id=52\t@127.0.0.1  (${VERSION})`,
    ...Array.from({ length: OPEN_SLOTS }, (_, index) => `id=${60 + index} (not connected, accepting connect from any host)`),
    '',
    '',
  ];
  say(lines.join('\n'));
}

function reportBackupStatus({ state, configuration, say }: Call): void {
  const running = runningBackup(state, configuration);
  const nothing = ' #Records: 0 #LogRecords: 0\n Data: 0 bytes Log: 0 bytes\n';
  for (const { id } of configuration.dataNodes) {
    if (running === undefined) say(`Node ${id}: Backup not started\n`);
    else say(`Node ${id}: Local backup status: backup ${running.id} started from node ${MANAGEMENT_NODE}\n${nothing}`);
  }
  say('\n');
}

/** Some room for data, of which the rows take a little. */
function reportMemoryUsage({ state, configuration, say }: Call): void {
  const bytes = state.rows.all().reduce((sum, rows) => sum + JSON.stringify(rows).length, 0);
  const used = Math.ceil(bytes / PAGE_BYTES);
  for (const { id } of configuration.dataNodes) {
    say(`Node ${id}: Data usage is ${Math.floor((100 * used) / PAGES)}%(${used} 32K pages of total ${PAGES})\n`);
    say(`Node ${id}: Index usage is 0%(12 32K pages of total ${PAGES - used})\n`);
  }
  say('\n');
}

const reasons = {
  exists: "Backup failed: file already exists (use 'START BACKUP <backup id>'): Temporary error: Temporary Resource error",
  running: 'A backup is already running: Permanent error: Application error',
  aborted: 'Backup aborted by user request: Permanent error: User defined error',
};

async function startBackup({ state, configuration, say, match }: Call): Promise<void> {
  const id = Number(match[2]);
  if (id < 1 || id > 4294967294) refuse(say, match[1], 'Backup ID out of range [1 - 4294967294]\n');
  say('Waiting for completed, this may take several minutes\n');
  const begun = beginBackup(state, configuration, id);
  if (begun !== 'begun') refuseBackup(say, begun);
  while (runningBackup(state, configuration)?.id === id) {
    await delay(POLL_MS);
    if (!connect(state, configuration.connectString)) fail(say, '1006: Illegal reply from server');
  }
  const [, start, gcps, records, bytes] =
    /^(.* completed)\.( StartGCP.*)( #Records.*)( Data.*)$/.exec(state.endings.get(`${id}`) ?? '') ?? [];
  if (start === undefined) refuseBackup(say, 'aborted');
  say([start.replace(' completed', ''), start, gcps, records, bytes, ''].join('\n'));
}

function refuseBackup(say: Say, reason: keyof typeof reasons): never {
  fail(say, `3001: Could not start backup\n*        ${reasons[reason]}`);
}

function fail(say: Say, error: string): never {
  say(`Backup failed\n*  ${error}\n`);
  throw new Ending(255);
}

function abort({ state, configuration, say, match }: Call): void {
  abortBackup(state, configuration, Number(match[1]));
  say(`Abort of backup ${match[1]} ordered\n`);
}
