import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { pinned } from '../../lambdas/lists.ts';
import type { PracticeNode } from '../../local/cluster/cluster.ts';
import { compareFingerprints } from '../../local/cluster/fingerprint.ts';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';
import type { ActionName } from '../../model/actions.ts';
import { catalogue } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { type Bucket, isCall, refuse, startBuckets } from '../nodes/bucket.ts';
import { sha256 } from '../nodes/given.ts';
import { createScripts } from '../nodes/scripts.ts';
import { run } from './programs.ts';

/** How a system met a fault: it failed, or it ended with success, and then what it made is whole or not. */
export type Ending = 'failed by name' | 'failed' | 'survived' | 'SILENT';

/** One fault, met by the model of a published script and by this product. */
export interface Met {
  readonly fault: string;
  readonly model: Ending;
  /** The same model, when the shell ends it at the first command that fails. */
  readonly strictModel: Ending;
  readonly ours: Ending;
}

type World = Awaited<ReturnType<typeof createWorld>>;

/** A stand-in cluster with data, its scripts, and an S3. */
export async function createWorld() {
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-models-'));
  const buckets = await startBuckets(join(directory, 's3'));
  const cluster = await createStandInCluster({ directory: join(directory, 'nodes'), dataNodes: 2, backupDuration: 200 });
  await cluster.start();
  await cluster.load(50);
  const head = () => cluster.nodes[0] as PracticeNode;
  const rondb = () => cluster.nodes.slice(1);
  const bin = () => join(head().directory, 'mysql/bin');
  const mgm = (command: string) => run(join(bin(), 'ndb_mgm'), ['--no-defaults', '-c', cluster.connectString, '-e', command]);
  let [id, bucket] = [263261200, await buckets.givenBucket()];
  const own = (node: number, ...path: string[]) => join(`${rondb()[node - 1]?.directory}`, 'mysql-cluster/ndb/backups', ...path);

  return {
    directory,
    cluster,
    head,
    rondb,
    bin,
    mgm,
    own,
    backupOf: (node: number) => own(node, 'BACKUP', `BACKUP-${id}`),
    get id() {
      return `${id}`;
    },
    get bucket(): Bucket {
      return bucket;
    },
    /** Another id and bucket, and nodes without any backup. */
    async anew(): Promise<void> {
      id += 1;
      bucket = await buckets.givenBucket();
      for (const node of [1, 2]) for (const path of ['BACKUP', 'hopsdr']) rmSync(own(node, path), { recursive: true, force: true });
    },
    /** Puts a program in the place of one of RonDB's on all nodes; `$real` is that one. Returns how to take it back. */
    replace(tool: string, body: string): () => void {
      const places = cluster.nodes.map(({ directory }) => join(directory, 'mysql/bin', tool)).filter(existsSync);
      for (const place of places) {
        renameSync(place, `${place}.real`);
        writeFileSync(place, `#!/usr/bin/env bash\nreal='${place}.real'\n${body}\nexec "$real" "$@"\n`, { mode: 0o755 });
      }
      return () => {
        for (const place of places) renameSync(`${place}.real`, place);
      };
    },
    /** Runs steps one after another, each on its nodes; says how it ended. */
    async steps(
      steps: readonly (readonly [ActionName, readonly PracticeNode[], Record<string, string>?])[],
    ): Promise<'failed by name' | 'failed' | 'done'> {
      const scripts = createScripts(cluster, directory, { AWS_DEFAULT_REGION: 'eu-north-1', ...bucket.environment });
      for (const [action, nodes, more] of steps) {
        const given = { backupId: `${id}`, bucket: bucket.name, prefix: `practice/backups/${id}`, backupNodeId: '1', ...more };
        const started = await Promise.all(nodes.map((node) => scripts.start(node, action, given)));
        const codes = (await Promise.all(started.map(({ ended }) => ended))).map(({ code }) => code);
        const failed = codes.find((code) => code !== 0);
        const named = Object.values(catalogue).some((entry) => 'exitCode' in entry && entry.exitCode === failed && failed !== 1);
        if (failed !== undefined) return named ? 'failed by name' : 'failed';
      }
      return 'done';
    },
    async close() {
      await cluster.stop();
      await buckets.stop();
      await rm(directory, { recursive: true });
    },
  };
}

interface BackupFault {
  readonly fault: string;
  /** Before the native backup begins. */
  readonly before?: (world: World) => unknown;
  /** When it has completed, or not, and nothing is copied yet; the model meets it in the place of its copying. */
  readonly spoil?: (world: World) => unknown;
  /** In the way of ndb_mgm START BACKUP. */
  readonly management?: string;
  /** The copying fails for the second data node. */
  readonly copying?: boolean;
}

const part = (world: World, number: number) => join(world.backupOf(2), `BACKUP-${world.id}-PART-${number}-OF-2`);
const half = (kind: string) => (world: World) => {
  const name = readdirSync(part(world, 2)).find((file) => file.endsWith(kind));
  const file = join(part(world, 2), `${name}`);
  truncateSync(file, statSync(file).size >> 1);
};

const backupFaults: readonly BackupFault[] = [
  { fault: 'one data node has files of this id', before: (world) => stale(world) },
  { fault: 'ndb_mgmd dies meanwhile', management: `[[ $* != *START* ]] || { echo '*  1006: Illegal reply from server'; exit 255; }` },
  {
    fault: 'RonDB refuses the backup',
    management: `[[ $* != *START* ]] || { echo 'Backup failed'; echo '*        No space left on the device'; exit 255; }`,
  },
  { fault: 'a .ctl is cut in half', spoil: half('.ctl') },
  { fault: 'a .Data is cut in half', spoil: half('.Data') },
  { fault: 'a .log is cut in half', spoil: half('.log') },
  { fault: 'a PART directory is missing', spoil: (world) => rmSync(part(world, 2), { recursive: true }) },
  { fault: 'a PART directory says another OF-n', spoil: (world) => renameSync(part(world, 2), part(world, 2).replace('OF-2', 'OF-3')) },
  { fault: 'a data node has lost its directory', spoil: (world) => rmSync(world.backupOf(2), { recursive: true }) },
  { fault: 'the half of one data node cannot be copied', copying: true },
];

function stale(world: World): void {
  mkdirSync(part(world, 1), { recursive: true });
  writeFileSync(join(part(world, 1), `BACKUP-${world.id}.2.ctl`), 'NDBBCKUP');
}

/** Every file below a directory, by its path. */
function filesOf(directory: string): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(directory, path)).isFile())
    .sort();
}

/** Takes the same faulty backup by both. */
async function backUp(world: World, { fault, before, spoil, management, copying }: BackupFault): Promise<Met> {
  const good = join(world.directory, 'good');

  /** Lets a backup complete, keeps what it should be, and spoils it: in the place of the first program that reads it. */
  async function givenFault(): Promise<() => void> {
    await world.anew();
    rmSync(good, { recursive: true, force: true });
    await before?.(world);
    if (management) return world.replace('ndb_mgm', management);
    if (before) return () => {};
    await world.mgm(`START BACKUP ${world.id} SNAPSHOTEND WAIT COMPLETED`);
    for (const node of [1, 2]) cpSync(world.backupOf(node), join(good, `${node}`), { recursive: true });
    await spoil?.(world);
    // It has completed already: who starts it is told so.
    return world.replace(
      'ndb_mgm',
      `[[ $* != *START* ]] || { echo 'Node 1: Backup ${world.id} started from node 49 completed'; echo ' StartGCP: 1 StopGCP: 4'; exit 0; }`,
    );
  }

  const isWhole = (paths: readonly (readonly [own: string, found: string | undefined])[]) =>
    paths.length === 12 && paths.every(([own, found]) => found !== undefined && readFileSync(own).equals(readFileSync(found)));
  const expected = () =>
    [1, 2].flatMap((node) => filesOf(join(good, `${node}`)).map((path) => ({ node, path, file: join(good, `${node}`, path) })));

  const nodes = join(world.directory, 'nodes.txt');
  writeFileSync(nodes, [1, 2].map((node) => `${world.own(node)}\n`).join(''));
  const target = join(world.directory, 'collected');
  const programs = join(world.directory, 'programs');
  mkdirSync(programs, { recursive: true });
  const refusing = copying ? '[[ $* != *rondb-2* ]] || exit 12\n' : '';
  writeFileSync(join(programs, 'rsync'), `#!/usr/bin/env bash\n${refusing}exec cp -a "\${@:2}"\n`, { mode: 0o755 });

  async function collect(...options: string[]): Promise<Ending> {
    const repair = await givenFault();
    rmSync(target, { recursive: true, force: true });
    const { code } = await run('bash', [...options, new URL('models/backup.sh', import.meta.url).pathname, world.id], {
      PATH: `${programs}:${process.env.PATH}`,
      ...{ bin: world.bin(), connect_string: world.cluster.connectString, nodes, target },
    });
    repair();
    const collected = join(target, world.id, `BACKUP-${world.id}`);
    const pairs = expected().map(
      ({ path, file }) => [file, existsSync(join(collected, path)) ? join(collected, path) : undefined] as const,
    );
    return endingOf(code === 0, isWhole(pairs));
  }

  const model = await collect();
  const strictModel = await collect('-e', '-o', 'pipefail');
  const repair = await givenFault();
  if (copying) {
    world.bucket.interfere(
      (request, response) =>
        isCall(request, 'PUT') && decodeURIComponent(`${request.url}`).includes('node=2') && refuse(response, 403, 'AccessDenied'),
    );
  }
  const ended = await world.steps([
    ['StartRondbBackup', [world.head()]],
    ['UploadRondbBackup', world.rondb()],
  ]);
  repair();
  world.bucket.letPass();
  const stored = join(world.directory, 'stored');
  rmSync(stored, { recursive: true, force: true });
  const keys = await world.bucket.keys();
  const pairs = expected().map(async ({ node, path, file }): Promise<[string, string | undefined]> => {
    const key = `practice/backups/${world.id}/rondb/node=${node}/${path}`;
    if (!keys.includes(key)) return [file, undefined];
    const copy = join(stored, `${node}-${sha256(path)}`);
    mkdirSync(stored, { recursive: true });
    writeFileSync(copy, (await world.bucket.get(key)).bytes);
    return [file, copy];
  });
  const oursWhole = isWhole(await Promise.all(pairs));
  return { fault, model, strictModel, ours: ended === 'done' ? endingOf(true, oursWhole) : ended };
}

const endingOf = (succeeded: boolean, isWhole: boolean): Ending => (succeeded ? (isWhole ? 'survived' : 'SILENT') : 'failed');

interface RestoreFault {
  readonly fault: string;
  /** Spoils what was fetched: the directory of node 2. */
  readonly spoil?: (directory: string, world: World) => unknown;
  /** In the way of `ndb_restore -r` of the second backup node. */
  readonly restoring?: string;
  /** In the way of every ndb_restore. */
  readonly always?: string;
}

const inPart = (directory: string, id: string, kind: string) => {
  const place = join(directory, `BACKUP-${id}-PART-2-OF-2`);
  return join(place, `${readdirSync(place).find((file) => file.endsWith(kind))}`);
};

const restoreFaults: readonly RestoreFault[] = [
  { fault: 'ndb_restore of one data node fails', restoring: 'echo "Failed: 626: Tuple did not exist"; exit 1' },
  { fault: 'ndb_restore of one data node is killed', restoring: 'kill -9 $$' },
  {
    fault: 'no free API slot for the second ndb_restore',
    restoring: 'echo "Could not alloc node id: No free node id found for mysqld(API)"; exit 1',
  },
  { fault: 'ndb_restore exits 0 after a failure, as older RonDB could', restoring: 'echo "Restore failed"; exit 0' },
  { fault: 'the directory of one data node is missing', spoil: (directory) => rmSync(directory, { recursive: true }) },
  {
    fault: 'a PART directory is missing',
    spoil: (directory, { id }) => rmSync(join(directory, `BACKUP-${id}-PART-2-OF-2`), { recursive: true }),
  },
  {
    fault: 'a .Data has lost its end',
    spoil: (directory, { id }) => truncateSync(inPart(directory, id, '.Data'), statSync(inPart(directory, id, '.Data')).size >> 1),
  },
  { fault: 'a value in a .Data has changed', spoil: (directory, { id }) => altered(inPart(directory, id, '.Data')) },
  { fault: 'every ndb_restore fails', always: 'echo "Unable to connect"; exit 1' },
];

function altered(file: string): void {
  const bytes = readFileSync(file);
  const at = bytes.findLastIndex((byte, index) => index > 48 && byte >= 0x31 && byte <= 0x38 && index < bytes.length - 30);
  bytes[at] = (bytes[at] as number) + 1;
  writeFileSync(file, bytes);
}

/** Restores the same faulty backup by both, each into a new cluster. */
async function restore(
  world: World,
  good: string,
  before: Awaited<ReturnType<World['cluster']['fingerprint']>>,
  { fault, spoil, restoring, always }: RestoreFault,
): Promise<Met> {
  const source = join(world.directory, 'source');
  const shim = () =>
    world.replace('ndb_restore', `${always ?? ''}\n[[ " $* " != *' -n 2 '* || " $* " != *' -r '* ]] || { ${restoring ?? 'true'}; }`);
  const isWhole = async () => {
    const differences = compareFingerprints(before, await world.cluster.fingerprint());
    return differences.filter(({ entry }) => /^table .* (rows|checksum)$/.test(entry)).length === 0;
  };

  await world.cluster.destroy();
  rmSync(source, { recursive: true, force: true });
  for (const node of [1, 2]) cpSync(join(good, `${node}`), join(source, `node-${node}`, `BACKUP-${world.id}`), { recursive: true });
  await spoil?.(join(source, 'node-2', `BACKUP-${world.id}`), world);
  let repair = shim();
  const model = await run('bash', [new URL('models/restore.sh', import.meta.url).pathname, world.id, '1', '2'], {
    PATH: process.env.PATH,
    ...{ bin: world.bin(), connect_string: world.cluster.connectString, source },
  });
  repair();
  await synchronised(world);
  const modelWhole = await isWhole();

  await world.cluster.destroy();
  const prefix = 'practice/restores/run-1';
  const lists = new Map<string, string>();
  for (const node of [1, 2]) {
    const [own, spoilt] = [join(good, `${node}`), join(source, `node-${node}`, `BACKUP-${world.id}`)];
    const lines = filesOf(own).map((path) => {
      const bytes = readFileSync(join(own, path));
      const key = `practice/backups/${world.id}/rondb/node=${node}/${path}`;
      return `${Buffer.from(sha256(bytes), 'hex').toString('base64')} ${bytes.length} ${key} ${path}\n`;
    });
    lists.set(layout.nodeList(node), lines.join(''));
    const found = filesOf(spoilt);
    for (const path of filesOf(own)) {
      const key = `practice/backups/${world.id}/rondb/node=${node}/${path}`;
      if (found.includes(path)) await world.bucket.put(key, readFileSync(join(spoilt, path)));
      else await world.bucket.client.send(new DeleteObjectCommand({ Bucket: world.bucket.name, Key: key }));
    }
  }
  const { objects, sha256: listsSha256 } = pinned(prefix, lists);
  for (const [key, list] of objects) await world.bucket.put(key, list);
  repair = shim();
  const assignments = world
    .rondb()
    .map(({ instanceId }, index) => `${instanceId}=${index + 1}`)
    .join(';');
  const given = { prefix, listsSha256, assignments };
  const ended = await world.steps([
    ['DownloadRondbBackup', world.rondb(), given],
    ['RestoreRondbSchema', world.rondb().slice(0, 1), given],
    ['RestoreRondbData', world.rondb(), given],
    ['RebuildRondbIndexes', world.rondb().slice(0, 1), given],
  ]);
  repair();
  await synchronised(world);
  const ending = endingOf(model.code === 0, modelWhole);
  return { fault, model: ending, strictModel: ending, ours: ended === 'done' ? endingOf(true, await isWhole()) : ended };
}

/** mysqld sees the tables, which the fingerprint asks it for. */
async function synchronised({ bin, head }: World): Promise<void> {
  await run(join(bin(), 'mysql'), [
    '--no-defaults',
    '--user=root',
    `--socket=${join(head().directory, 'mysql-cluster/mysql.sock')}`,
    '-Nre',
    'SET GLOBAL ndb_metadata_sync = ON',
  ]);
}

/** All faults, met by both, of backups and of restores. */
export async function meetAll(world: World): Promise<{ backups: Met[]; restores: Met[] }> {
  const backups: Met[] = [];
  for (const fault of backupFaults) backups.push(await backUp(world, fault));
  await world.anew();
  await world.mgm(`START BACKUP ${world.id} SNAPSHOTEND WAIT COMPLETED`);
  const good = join(world.directory, 'restored-from');
  for (const node of [1, 2]) cpSync(world.backupOf(node), join(good, `${node}`), { recursive: true });
  const before = await world.cluster.fingerprint();
  const restores: Met[] = [];
  for (const fault of restoreFaults) restores.push(await restore(world, good, before, fault));
  return { backups, restores };
}
