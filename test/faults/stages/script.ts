import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { judge } from '../../../lambdas/read-command/judge.ts';
import { type ActionName, scriptName } from '../../../model/actions.ts';
import { type Bucket, startBuckets } from '../../nodes/bucket.ts';
import { type Ended, givenNode, type Parameters } from '../../nodes/given.ts';
import { processesWith } from '../../story/processes.ts';
import type { Fault, Measured, Outcome } from '../fault.ts';

const OWN = 'mysql-cluster/ndb/backups/hopsdr';
const BACKUP = 'mysql-cluster/ndb/backups/BACKUP/BACKUP-263261030';
const names: Readonly<Record<string, string>> = { 'i-0000000000000b001': 'node 1', 'i-0000000000000b002': 'node 2' };
/** What of ndb_restore, ndb_mgm and mysql changes a database. */
const CHANGING = /^ndb_restore .* (-m|-r|--rebuild-indexes|--disable-indexes)( |$)|^ndb_drop_table|^mysql .*\b(CREATE|DROP|ALTER|GRANT)\b/m;

let buckets: Awaited<ReturnType<typeof startBuckets>>;
const root = mkdtempSync(join(tmpdir(), 'hopsdr-faults-'));

/** The S3 of all rows on this stage. */
export const scriptStage = {
  async open() {
    buckets = await startBuckets(root);
  },
  async close() {
    await buckets.stop();
    rmSync(root, { recursive: true });
  },
};

type Node = Omit<ReturnType<typeof givenNode>, 'run' | 'givenBackup'> &
  Partial<Pick<ReturnType<typeof givenNode>, 'givenBackup'>> & {
    /** What only the node itself knows of a script's parameters. */
    readonly parameters?: Parameters;
  };

/** An imitated node, whose programs' calls are recorded, and a bucket. */
export interface Scene extends Node {
  readonly bucket: Bucket;
}

/** A row that one node script is enough for. */
interface ScriptRow extends Pick<Fault, 'id' | 'item' | 'injected'> {
  readonly action: ActionName;
  /** A node with more on it than {@link givenNode}'s. */
  readonly on?: () => Promise<Node> | Node;
  /** Injects the fault. */
  readonly given?: (scene: Scene) => unknown;
  readonly parameters?: Parameters;
  readonly environment?: Record<string, string>;
  /** Does something to the script while it runs. */
  readonly meanwhile?: (scene: Scene, run: ReturnType<Node['start']>) => Promise<unknown>;
  readonly error: Outcome['error'];
  readonly remains?: string;
  readonly node?: string;
  /** Of a script that survives: what it achieved. */
  readonly proof?: (scene: Scene, ended: Ended) => string | Promise<string>;
  readonly limit?: number;
}

/** The script runs as the SSM agent runs it, and ReadCommand's own function judges how it ended. */
export function onNode({ id, item, injected, action, error, remains = 'nothing', node, limit = 30, ...row }: ScriptRow): Fault {
  const survives = error === 'survives';
  return {
    id,
    item,
    injected,
    where: `${action}, one node`,
    expected: { error, step: survives ? '-' : action, node: survives ? '-' : (node ?? 'node 1'), remains },
    limit,
    async play() {
      const scene = row.on ? { ...(await row.on()), bucket: await buckets.givenBucket() } : await givenScene();
      await row.given?.(scene);
      const planned = row.parameters?.listsSha256 ? {} : pinLists(scene, row.parameters?.prefix);
      const before = new Set(await objectsOf(scene));
      const begun = performance.now();
      const run = scene.start(
        scriptName(action),
        { bucket: scene.bucket.name, ...planned, ...row.parameters, ...scene.parameters },
        { ...scene.bucket.environment, ...row.environment },
      );
      await row.meanwhile?.(scene, run);
      const ended = await run.ended;
      const seconds = (performance.now() - begun) / 1000;
      scene.bucket.letPass();
      const left = await leftIn(scene, before);
      const said = await verdictOf(action, ended);
      const proof = said.error === 'survives' ? await row.proof?.(scene, ended) : undefined;
      return { ...said, remains: [...left, ...(proof ? [proof] : [])].join(', ') || 'nothing', seconds };
    },
  };
}

/** Pins the lists that a row has written for a run, as the planner does. */
function pinLists(scene: Scene, prefix = ''): Parameters {
  const below = join('bucket', prefix);
  if (prefix === '' || !scene.has(below)) return {};
  const names = readdirSync(scene.path(below), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.list'));
  return { listsSha256: scene.givenLists(prefix, Object.fromEntries(names.map((name) => [name, scene.read(join(below, name))]))) };
}

async function givenScene(): Promise<Scene> {
  const node = givenNode();
  const stub: Node['stub'] = (program, body) => node.stub(program, `echo "${program} $*" >>"$HOPS_ROOT/calls"\n${body}`);
  const scene = { ...node, stub, bucket: await buckets.givenBucket() };
  scene.stub('ndb_mgm', 'case "$*" in *BACKUPSTATUS*) echo "Node 1: Backup not started" ;; esac');
  scene.stub('ndb_restore', 'printf "Stop GCP of Backup: 8\\nStart GCP of Backup: 5\\nData and log restore successful\\n"');
  return scene;
}

/** What SSM and ReadCommand make of the end of a script. */
async function verdictOf(action: ActionName, { code, stdout, stderr }: Ended): Promise<Omit<Measured, 'remains' | 'seconds'>> {
  const Status = code === 0 ? 'Success' : code === 137 ? 'TimedOut' : 'Failed';
  const invocation = { CommandId: 'c', InstanceId: 'i-0000000000000b001', Status, StatusDetails: Status } as const;
  try {
    await judge(action, [invocation], async () => ({
      exitCode: code ?? -1,
      stdout: stdout.slice(0, 24_000),
      stderr: stderr.slice(0, 8000),
    }));
    return { error: 'survives', step: '-', node: '-' };
  } catch (error) {
    return namedIn(error as Error, names);
  }
}

/** What a failure says itself. */
export function namedIn({ name, message }: Pick<Error, 'name' | 'message'>, nodes: Readonly<Record<string, string>>) {
  const [, step = '-'] = /(\w+) failed on /.exec(message) ?? [];
  const ids = [...new Set(message.match(/\bi-[0-9a-z]{17}\b/g))].map((id) => nodes[id] ?? id);
  return { error: name as Outcome['error'], step, node: ids.join(', ') || '-' };
}

async function leftIn(scene: Scene, before: ReadonlySet<string>): Promise<string[]> {
  const objects = (await objectsOf(scene)).filter((key) => !before.has(key));
  const uploads = [...(await scene.bucket.uploads()), ...filesBelow(scene.path('bucket.uploads'))];
  const calls = scene.has('calls') ? scene.read('calls') : '';
  const told = scene.has('told') ? scene.read('told') : '';
  return [
    counted(objects.length, 'object'),
    counted(uploads.length, 'open upload'),
    counted((await processesOf(scene)).length, 'process', 'processes'),
    existsSync(scene.path(BACKUP)) ? 'local backup' : '',
    filesBelow(scene.path(OWN)).some((name) => name.startsWith('verify-')) ? 'what was fetched' : '',
    /START BACKUP/.test(calls) ? 'backup asked for' : '',
    /ABORT BACKUP/.test(calls) ? 'backup aborted' : '',
    CHANGING.test(calls) || told !== '' ? 'database changed' : '',
  ].filter(Boolean);
}

const counted = (count: number, one: string, many = `${one}s`) => (count === 0 ? '' : `${count} ${count === 1 ? one : many}`);
const filesBelow = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);

async function objectsOf(scene: Scene): Promise<string[]> {
  const stubbed = existsSync(scene.path('bucket')) ? readdirSync(scene.path('bucket'), { recursive: true, withFileTypes: true }) : [];
  return [...(await scene.bucket.keys()), ...stubbed.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))];
}

/** What still runs of a script a moment after it has ended. */
async function processesOf(scene: Scene): Promise<number[]> {
  for (let attempt = 0; attempt < 20 && processesWith(scene.path()).length > 0; attempt++) await delay(100);
  return processesWith(scene.path());
}
