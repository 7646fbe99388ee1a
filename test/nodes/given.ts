import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { pinned } from '../../lambdas/lists.ts';
import { type ActionName, actions, scriptName } from '../../model/actions.ts';
import { catalogue } from '../../model/errors.ts';
import { assembleScript } from '../../nodes/assemble.ts';

/** The AWS CLI of this machine, for nodes with a bucket instead of the stub. */
export const realAws = execFileSync('bash', ['-c', 'command -v aws'], { encoding: 'utf8' }).trim();

/** Where a node keeps what it has fetched of a backup. */
const FETCHED = 'mysql-cluster/ndb/backups/hopsdr/263261030';

const stubs = new URL('stubs/', import.meta.url).pathname;

/** The script as its SSM document carries it. */
export function assembled(script: string): string {
  const action = (Object.keys(actions) as ActionName[]).find((name) => scriptName(name) === script);
  if (!action) throw new Error(`no action has a script ${script}`);
  return assembleScript(action);
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** The JSON line on stdout, empty when there is none. */
  readonly answer: string;
  readonly stderr: string;
  /** The last line of stderr. */
  readonly last: string;
}

/** Parameters that every script accepts; a case replaces what it is about. */
export const parameters = {
  connectString: '127.0.0.1:1186',
  backupId: '263261030',
  bucket: 'practice-bucket',
  prefix: 'practice/backups/263261030',
  bytesPerSecond: '0',
  listsSha256: '0'.repeat(64),
  depth: 'bytes',
  metadataPrefix: 'practice/backups/263261030',
  graceDays: '21',
  remove: 'false',
  requiredBytes: '1',
  assignments: 'i-0000000000000b001=1;i-0000000000000b002=2',
  backupNodeId: '1',
  usersSha256: '0'.repeat(64),
  objectsSha256: '0'.repeat(64),
  selection: 'all',
  accounts: 'keep',
  definition: 'none',
  passwordFile: '/srv/hops/no-password',
  tablesSha256: '0'.repeat(64),
  units: 'glassfish-domain1+epipe',
  searchUrl: 'http://127.0.0.1:9200',
  searchIndex: 'projects',
  hopsworksUrl: 'http://127.0.0.1:8181',
  credentialsFile: 'none',
  dataDirectories: '/srv/dn-1:/srv/dn-2',
  previousBackupId: 'none',
  storages: 'i-0000000000000b001=DS-1',
  unitAssignments: 'i-0000000000000b001=namenode+datanode;i-0000000000000b002=datanode',
  limitSeconds: '2',
  timeoutSeconds: '3600',
};

export type Parameters = Partial<Record<keyof typeof parameters, string>>;

/** An imitated node: its directories, stub programs in the place of RonDB's and AWS's, and no other environment. */
export function givenNode() {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-node-'));
  const path = (...parts: string[]) => join(directory, ...parts);
  const backups = path('mysql-cluster/ndb/backups');
  const environment = {
    HOPS_ROOT: directory,
    HOPS_DATA_ROOT: directory,
    AWS_SSM_INSTANCE_ID: 'i-0000000000000b001',
    AWS_SSM_REGION_NAME: 'eu-north-1',
    PATH: `${path('path')}:/usr/bin:/bin`,
    BUCKET: path('bucket'),
    AWS_LOG: path('aws.log'),
  };

  function write(file: string, content: string | Buffer): string {
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), content);
    return path(file);
  }

  /** Puts a program in RonDB's bin directory; `aws` and other system programs come first on the PATH. */
  function stub(program: string, body: string): void {
    chmodSync(write(`${/^(ndb|mysql)/.test(program) ? 'mysql/bin' : 'path'}/${program}`, `#!/usr/bin/env bash\n${body}\n`), 0o755);
  }

  let started = 0;

  function start(script: string, given: Parameters = {}, more: Record<string, string> = {}) {
    const variables = Object.fromEntries(Object.entries({ ...parameters, ...given }).map(([name, value]) => [`SSM_${name}`, value]));
    started += 1;
    // A file of its own for each: bash reads on in it while it runs.
    const file = write(`scripts/${started}/${script}.sh`, assembled(script));
    const child = spawn('bash', [file], { env: { ...environment, ...variables, ...more }, detached: true });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code) =>
        resolve({ code, stdout, answer: /^\{.*$/m.exec(stdout)?.[0] ?? '', stderr, last: stderr.trimEnd().split('\n').at(-1) ?? '' }),
      );
    });
    return {
      ended,
      signal: (name: 'SIGKILL' | 'SIGTERM') => process.kill(-(child.pid ?? 0), name),
      /** Kills the script, and nothing that it has begun. */
      killAlone: () => child.kill('SIGKILL'),
    };
  }

  mkdirSync(backups, { recursive: true });
  stub('aws', `exec ${stubs}aws "$@"`);
  stub('ndb_mgm', 'case "$*" in *BACKUPSTATUS*) echo "Node 1: Backup not started" ;; esac');
  stub('ndb_config', `echo "1 127.0.0.1 ${directory} ${backups}"`);
  for (const tool of ['ndb_show_tables', 'ndb_select_count', 'ndb_drop_table']) stub(tool, 'true');
  stub('ndb_restore', 'printf "[part 1] Stop GCP of Backup: 8\\n[part 1] Start GCP of Backup: 5\\nData and log restore successful\\n"');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));

  return {
    path,
    backups,
    write,
    stub,
    start,
    run: (script: string, given?: Parameters, more?: Record<string, string>): Promise<Ended> => start(script, given, more).ended,
    read: (file: string) => readFileSync(path(file), 'utf8'),
    remove: (file: string) => rmSync(path(file), { recursive: true }),
    empty(file: string): void {
      rmSync(path(file), { recursive: true });
      mkdirSync(path(file));
    },
    has: (file: string) => existsSync(path(file)),
    /** Every operation of the AWS CLI so far, with its key. */
    operations: () =>
      (existsSync(path('aws.log')) ? readFileSync(path('aws.log'), 'utf8').trim().split('\n') : []).map((line) => line.trim()),
    /** Writes what download-rondb-backup leaves of the directories of backup nodes: one file each, and the list of what was fetched. */
    givenFetched(...ids: number[]): void {
      const files = ids.map((id) => write(`${FETCHED}/node=${id}/BACKUP-263261030/BACKUP-263261030.${id}.ctl`, `of ${id}`));
      write(`${FETCHED}/fetched`, fetchedList(files));
    },
    /** Writes what a planner wrote for the nodes of a run; returns the SHA-256 that pins it. */
    givenLists(prefix: string, lists: Record<string, string>, others: Record<string, string> = {}): string {
      const { objects, sha256 } = pinned(prefix, new Map(Object.entries(lists)), new Map(Object.entries(others)));
      for (const [key, list] of objects) write(`bucket/${key}`, list);
      return sha256;
    },
    /** Writes the directory that RonDB leaves for node 1, flat or in two parts. */
    givenBackup({ parts = false, magic = Buffer.from('NDBBCKUP') } = {}): void {
      for (const part of parts ? ['BACKUP-263261030-PART-1-OF-2/', 'BACKUP-263261030-PART-2-OF-2/'] : ['']) {
        for (const file of ['-0.1.Data', '.1.ctl', '.1.log']) {
          const name = `${part}BACKUP-263261030${file}`;
          const content = Buffer.concat([magic, Buffer.from(`${name} `.repeat(99)), endOf(file, magic)]);
          write(`mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030/${name}`, content);
        }
      }
    },
  };
}

/** How RonDB ends a file. */
export function endOf(file: string, magic = Buffer.from('NDBBCKUP')): Buffer {
  if (magic[0] === 0xfe) return Buffer.concat([Buffer.from('DBDN'), Buffer.alloc(300)]);
  return file.endsWith('.Data') ? Buffer.from('0000000300000006'.padEnd(48, '0'), 'hex') : Buffer.alloc(4);
}

/** The exit code of a catalogue name. */
export function exitCodeOf(name: keyof typeof catalogue): number {
  const entry = catalogue[name];
  return 'exitCode' in entry ? entry.exitCode : Number.NaN;
}

export const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
/** What download-rondb-backup writes of files that it has fetched, each of one part. */
export function fetchedList(files: readonly string[]): string {
  const contents = files.map((file) => [file, readFileSync(file)] as const);
  return contents.map(([file, bytes]) => `part 0 ${bytes.length} ${sha256(bytes)} ${file}\n`).join('');
}
export const unpack = (text: string) => gunzipSync(Buffer.from(text, 'base64')).toString();
