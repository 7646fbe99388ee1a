import { cpSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pinned } from '../../../lambdas/lists.ts';
import { objectLines } from '../../../lambdas/objects.ts';
import { judge } from '../../../lambdas/read-command/judge.ts';
import type { PracticeCluster, PracticeNode } from '../../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../../local/cluster/rondb.ts';
import type { ActionName } from '../../../model/actions.ts';
import { layout } from '../../../model/layout.ts';
import { receiptSchema, type StoredFile } from '../../../model/receipt.ts';
import { type Bucket, startBuckets } from '../../nodes/bucket.ts';
import { createScripts } from '../../nodes/scripts.ts';
import { createSql } from '../../nodes/sql.ts';
import { rondbHome } from '../../rondb-home.ts';
import { killGroups, processesWith } from '../../story/processes.ts';
import type { Fault, Measured, Outcome } from '../fault.ts';
import { run as runProgram } from '../programs.ts';
import { namedIn } from './script.ts';

/** A backup takes some seconds, so that it can be caught. The second data node compresses its files, as those of Hopsworks do. */
const settings = (nodeId: number) => ({ MinDiskWriteSpeed: '1M', MaxDiskWriteSpeed: '2M', CompressedBackup: nodeId - 1 });
const ROWS = 12_000;
/** Where restores of rows find what they download. */
const RESTORE = 'practice/restores/run-1';

export type Cluster = Awaited<ReturnType<typeof open>>;
let stage: Cluster | undefined;

/** One real cluster for all rows, which find it without any backup and leave it so. */
export const clusterStage = {
  async open() {
    stage = await open();
  },
  close: () => stage?.close(),
};

async function open() {
  const directory = await mkdtemp(join(tmpdir(), 'dr-'));
  const buckets = await startBuckets(join(directory, 's3'));
  const cluster: PracticeCluster = await createRondbCluster({
    rondbHome: rondbHome ?? '',
    directory: join(directory, 'c'),
    dataNodes: 2,
    rows: ROWS,
    settings,
  });
  await cluster.start();
  await cluster.load(ROWS);
  const head = cluster.nodes[0] as PracticeNode;
  const rondb = cluster.nodes.slice(1);
  const names = Object.fromEntries(cluster.nodes.map(({ instanceId, name }) => [instanceId, name]));
  let bucket: Bucket = await buckets.givenBucket();
  const scriptsOf = ({ environment }: Bucket) => createScripts(cluster, directory, { AWS_DEFAULT_REGION: 'eu-north-1', ...environment });
  let scripts = scriptsOf(bucket);
  let [backupId, next] = [263261100, 263261100];
  let saved: string | undefined;
  let shipped: { bucket: Bucket; objects: Map<string, Uint8Array>; listsSha256: string } | undefined;
  let listsSha256 = '0'.repeat(64);

  const given = () => {
    const prefix = layout.backup('practice', `${backupId}`);
    return { backupId: `${backupId}`, bucket: bucket.name, prefix, metadataPrefix: prefix, listsSha256 };
  };
  const own = (node: PracticeNode, ...path: string[]) => join(node.directory, 'mysql-cluster/ndb/backups', ...path);
  const backupOf = (node: number, id = `${backupId}`) => own(rondb[node - 1] as PracticeNode, 'BACKUP', `BACKUP-${id}`);
  const tool = (program: string, ...args: string[]) =>
    runProgram(join(head.directory, 'mysql/bin', program), ['--no-defaults', '-c', cluster.connectString, ...args]);
  const manage = (command: string) => tool('ndb_mgm', '-t', '1', '-e', command);

  async function running(): Promise<string | undefined> {
    return /backup (\d+) started/.exec((await manage('ALL REPORT BACKUPSTATUS')).stdout)?.[1];
  }
  /** Nothing when ndb_mgmd does not answer. */
  const native = () => running().catch(() => undefined);
  async function until(what: string, isSo: () => Promise<boolean> | boolean, seconds = 30): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !(await isSo()); await delay(100)) {
      if (Date.now() > end) throw new Error(`not within ${seconds} seconds: ${what}`);
    }
  }
  const start = (nodes: readonly PracticeNode[], action: ActionName, more: Record<string, string> = {}) =>
    Promise.all(nodes.map(async (node) => ({ node, ...(await scripts.start(node, action, { ...given(), ...more })) })));

  /** Runs an action that must end well. */
  const must = <A extends ActionName>(nodes: readonly PracticeNode[], action: A, more: Record<string, string> = {}) =>
    scripts.run([...nodes], action, { ...given(), ...more });
  const emptyNodes = () => {
    for (const node of rondb) for (const path of ['BACKUP', 'hopsdr']) rmSync(own(node, path), { recursive: true, force: true });
  };
  const take = (other: Bucket) => {
    bucket = other;
    scripts = scriptsOf(bucket);
  };

  /** Ends what a row left and gives the next one an id and a bucket of its own. */
  async function tidy(): Promise<void> {
    const id = await running();
    if (id) await manage(`ABORT BACKUP ${id}`);
    if (id) await until('no backup runs', async () => (await running()) === undefined);
    emptyNodes();
    next += 1;
    backupId = next;
    take(await buckets.givenBucket());
  }

  /** Brings a completed native backup into its place: taken once, without the product. */
  async function nativeBackup(): Promise<void> {
    if (!saved) {
      saved = `${backupId}`;
      const { code, stdout } = await manage(`START BACKUP ${saved} SNAPSHOTEND WAIT COMPLETED`);
      if (code !== 0) throw new Error(stdout);
      for (const node of [1, 2]) cpSync(backupOf(node), join(directory, 'saved', `${node}`), { recursive: true });
    }
    backupId = Number(saved);
    for (const node of [1, 2]) cpSync(join(directory, 'saved', `${node}`), backupOf(node), { recursive: true });
  }

  /** What the product has stored of each data node's backup. */
  const receipts = () =>
    Promise.all(
      [1, 2].map(async (nodeId) => {
        const { bytes } = await bucket.get(layout.receipt('practice', `${backupId}`, nodeId));
        return receiptSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
      }),
    );

  /** The lists of what nodes read, one for each backup node, below a prefix; metadata goes with the first. */
  async function listFiles(prefix: string, metadata: readonly StoredFile[] = []): Promise<void> {
    const lists = new Map<string, string>();
    for (const { nodeId, files } of await receipts()) {
      const own = objectLines(layout.rondbNode('practice', `${backupId}`, nodeId), files);
      const more = nodeId === 1 ? objectLines(layout.metadata('practice', `${backupId}`), metadata, 'metadata/') : '';
      lists.set(layout.nodeList(nodeId), own + more);
    }
    const { objects, sha256 } = pinned(prefix, lists);
    for (const [key, list] of objects) await bucket.put(key, list);
    listsSha256 = sha256;
  }

  /** Leaves the nodes without a backup and the same one in the bucket: shipped once by the product, with the lists for a restore. */
  async function storedBackup(): Promise<void> {
    await nativeBackup();
    if (shipped) {
      take(shipped.bucket);
      for (const [key, bytes] of shipped.objects) await bucket.put(key, bytes);
      listsSha256 = shipped.listsSha256;
    } else {
      await must(rondb, 'UploadRondbBackup');
      await listFiles(RESTORE);
      const stored = (await bucket.keys()).map(async (key) => [key, (await bucket.get(key)).bytes] as const);
      shipped = { bucket, objects: new Map(await Promise.all(stored)), listsSha256 };
    }
    emptyNodes();
  }

  return {
    cluster,
    head,
    rondb,
    names,
    given,
    own,
    backupOf,
    tool,
    manage,
    running,
    until,
    start,
    tidy,
    sql: createSql(head),
    must,
    /** Goes on with another backup id. */
    another() {
      next += 1;
      backupId = next;
    },
    nativeBackup,
    storedBackup,
    receipts,
    listFiles,
    bucket: () => bucket,
    /** The same, downloaded by the product to where a restore reads it. */
    async fetchedBackup(): Promise<void> {
      await storedBackup();
      await must(rondb, 'DownloadRondbBackup', { prefix: RESTORE });
    },
    async left(): Promise<string[]> {
      const directories = rondb.filter((_, index) => existsSync(backupOf(index + 1))).map(({ name }) => `local backup on ${name}`);
      const objects = (await bucket.keys()).length;
      const uploads = (await bucket.uploads()).length;
      let found = await native();
      // RonDB tells that a backup was aborted a moment before it ends it everywhere.
      for (let attempt = 0; attempt < 100 && found === `${backupId}`; attempt++) {
        await delay(100);
        found = await native();
      }
      return [
        found ? (found === `${backupId}` ? 'native backup' : 'the other backup') : '',
        ...directories,
        objects ? `${objects} object${objects > 1 ? 's' : ''}` : '',
        uploads ? `${uploads} open upload${uploads > 1 ? 's' : ''}` : '',
        processesWith(`START BACKUP ${backupId}`).length > 0 ? 'client' : '',
      ].filter(Boolean);
    },
    async close() {
      await cluster.stop();
      // The cluster does not know what a row has started anew.
      killGroups(processesWith(directory));
      await buckets.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** A row on the real cluster. */
interface ClusterRow extends Pick<Fault, 'id' | 'item' | 'injected'> {
  readonly action: ActionName;
  /** Where the action runs; on the head when left out. */
  readonly on?: keyof typeof places;
  readonly parameters?: Record<string, string>;
  readonly given?: (cluster: Cluster) => unknown;
  readonly meanwhile?: (cluster: Cluster, runs: Awaited<ReturnType<Cluster['start']>>) => unknown;
  /** What clean-up does afterwards. */
  readonly after?: (cluster: Cluster) => Promise<unknown>;
  readonly proof?: (cluster: Cluster, outputs: readonly string[]) => Promise<string> | string;
  /** The Lambda that judges what scripts answered which ended well. */
  readonly lambda?: { readonly state: string; judge(cluster: Cluster, answers: readonly unknown[]): Promise<unknown> };
  readonly error: Outcome['error'];
  readonly node?: string;
  readonly remains: string;
  readonly limit?: number;
}

/** Where an action can run, in words, and the nodes that a failure there names. */
const places = {
  head: { words: 'head', node: 'head-1' },
  rondb: { words: 'data nodes', node: 'rondb-1, rondb-2' },
  'rondb-1': { words: 'first data node', node: 'rondb-1' },
  'rondb-2': { words: 'second data node', node: 'rondb-2' },
} as const;

function nodesAt({ cluster, rondb }: Cluster, place: keyof typeof places): readonly PracticeNode[] {
  return place === 'rondb' ? rondb : cluster.nodes.filter(({ name }) => name === places[place].node);
}

export function onCluster({ id, item, injected, action, on = 'head', error, node, remains, limit = 120, ...row }: ClusterRow): Fault {
  const survives = error === 'survives';
  const expected = {
    error,
    step: survives ? '-' : (row.lambda?.state ?? action),
    node: node ?? (survives || row.lambda ? '-' : places[on].node),
    remains,
  };
  return {
    id,
    item,
    injected,
    limit,
    expected,
    where: `${action}, ${places[on].words} of a real cluster`,
    needsRondb: true,
    async play() {
      if (!stage) throw new Error('the cluster did not start');
      await stage.tidy();
      try {
        return await playOn(stage, action, on, row);
      } finally {
        await row.after?.(stage);
      }
    },
  };
}

async function playOn(
  cluster: Cluster,
  action: ActionName,
  on: keyof typeof places,
  row: Pick<ClusterRow, 'parameters' | 'given' | 'meanwhile' | 'proof' | 'lambda'>,
): Promise<Measured> {
  await row.given?.(cluster);
  const begun = performance.now();
  const runs = await cluster.start(nodesAt(cluster, on), action, row.parameters);
  await row.meanwhile?.(cluster, runs);
  const ended = await Promise.all(runs.map(async ({ node, ended }) => ({ node, ...(await ended) })));
  const seconds = (performance.now() - begun) / 1000;
  const outputs = new Map(ended.map(({ node, ...output }) => [node.instanceId, output]));
  const invocations = ended.map(({ node, code }) => {
    const Status = code === 0 ? ('Success' as const) : ('Failed' as const);
    return { CommandId: 'c', InstanceId: node.instanceId, Status, StatusDetails: Status };
  });
  const said = await judge(action, invocations, async (_, instanceId) => {
    const { code = null, stdout = '', stderr = '' } = outputs.get(instanceId) ?? {};
    return { exitCode: code ?? -1, stdout, stderr };
  }).then(
    (answers) => judgedBy(cluster, row.lambda, answers),
    (error: Error) => namedIn(error, cluster.names),
  );
  const proof = await row.proof?.(
    cluster,
    ended.map(({ stdout }) => stdout),
  );
  const left = [...(await cluster.left()), ...(proof ? [proof] : [])].join(', ') || 'nothing';
  return { ...said, remains: left, seconds };
}

async function judgedBy(
  cluster: Cluster,
  lambda: ClusterRow['lambda'],
  answers: readonly unknown[],
): Promise<Pick<Measured, 'error' | 'step' | 'node'>> {
  return (lambda?.judge(cluster, answers) ?? Promise.resolve()).then(
    () => ({ error: 'survives', step: '-', node: '-' }),
    (error: Error) => ({ ...namedIn(error, cluster.names), step: lambda?.state ?? '-' }),
  );
}
