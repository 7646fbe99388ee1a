import { cpSync, existsSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { judge } from '../../../lambdas/read-command/judge.ts';
import type { PracticeCluster, PracticeNode } from '../../../local/cluster/cluster.ts';
import { createRondbCluster } from '../../../local/cluster/rondb.ts';
import type { ActionName } from '../../../model/actions.ts';
import { type Bucket, startBuckets } from '../../nodes/bucket.ts';
import { createScripts } from '../../nodes/scripts.ts';
import { createSql } from '../../nodes/sql.ts';
import { rondbHome } from '../../rondb-home.ts';
import { processesWith } from '../../story/processes.ts';
import type { Fault, Measured, Outcome } from '../fault.ts';
import { run as runProgram } from '../programs.ts';
import { namedIn } from './script.ts';

/** A backup takes some seconds, so that it can be caught. */
const settings = () => ({ MinDiskWriteSpeed: '1M', MaxDiskWriteSpeed: '2M' });
const ROWS = 12_000;

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

  const given = () => ({ backupId: `${backupId}`, bucket: bucket.name, prefix: `practice/backups/${backupId}` });
  const own = (node: PracticeNode, ...path: string[]) => join(node.directory, 'mysql-cluster/ndb/backups', ...path);
  const backupOf = (node: number, id = `${backupId}`) => own(rondb[node - 1] as PracticeNode, 'BACKUP', `BACKUP-${id}`);
  const tool = (program: string, ...args: string[]) =>
    runProgram(join(head.directory, 'mysql/bin', program), ['--no-defaults', '-c', cluster.connectString, ...args]);
  const manage = (command: string) => tool('ndb_mgm', '-t', '3', '-e', command);

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

  /** Ends what a row left and gives the next one an id and a bucket of its own. */
  async function tidy(): Promise<void> {
    const id = await running();
    if (id) await manage(`ABORT BACKUP ${id}`);
    if (id) await until('no backup runs', async () => (await running()) === undefined);
    for (const node of rondb) for (const path of ['BACKUP', 'hopsdr']) rmSync(own(node, path), { recursive: true, force: true });
    next += 1;
    backupId = next;
    bucket = await buckets.givenBucket();
    scripts = scriptsOf(bucket);
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
    /** Brings a completed native backup into its place: taken once, without the product. */
    async nativeBackup(): Promise<void> {
      if (!saved) {
        saved = `${backupId}`;
        const { code, stdout } = await manage(`START BACKUP ${saved} SNAPSHOTEND WAIT COMPLETED`);
        if (code !== 0) throw new Error(stdout);
        for (const node of [1, 2]) cpSync(backupOf(node), join(directory, 'saved', `${node}`), { recursive: true });
      }
      backupId = Number(saved);
      for (const node of [1, 2]) cpSync(join(directory, 'saved', `${node}`), backupOf(node), { recursive: true });
    },
    async left(): Promise<string[]> {
      const directories = rondb.filter((_, index) => existsSync(backupOf(index + 1))).map(({ name }) => `local backup on ${name}`);
      const objects = (await bucket.keys()).length;
      const uploads = (await bucket.uploads()).length;
      // RonDB tells that a backup was aborted a moment before it ends it everywhere.
      for (let attempt = 0; attempt < 100 && (await native()) === `${backupId}`; attempt++) await delay(100);
      const found = await native();
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
      await buckets.stop();
      await rm(directory, { recursive: true });
    },
  };
}

/** A row on the real cluster. */
interface ClusterRow extends Pick<Fault, 'id' | 'item' | 'injected'> {
  readonly action: ActionName;
  /** Where the action runs; on the head when left out. */
  readonly on?: 'head' | 'rondb';
  readonly parameters?: Record<string, string>;
  readonly given?: (cluster: Cluster) => unknown;
  readonly meanwhile?: (cluster: Cluster, runs: Awaited<ReturnType<Cluster['start']>>) => unknown;
  /** What clean-up does afterwards. */
  readonly after?: (cluster: Cluster) => Promise<unknown>;
  readonly proof?: (cluster: Cluster, outputs: readonly string[]) => Promise<string> | string;
  readonly error: Outcome['error'];
  readonly node?: string;
  readonly remains: string;
  readonly limit?: number;
}

export function onCluster({ id, item, injected, action, on = 'head', error, node, remains, limit = 120, ...row }: ClusterRow): Fault {
  const survives = error === 'survives';
  const expected = {
    error,
    step: survives ? '-' : action,
    node: node ?? (survives ? '-' : on === 'head' ? 'head-1' : 'rondb-1, rondb-2'),
    remains,
  };
  return {
    id,
    item,
    injected,
    limit,
    expected,
    where: `${action}, ${on === 'head' ? 'head' : 'data nodes'} of a real cluster`,
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
  on: 'head' | 'rondb',
  row: Pick<ClusterRow, 'parameters' | 'given' | 'meanwhile' | 'proof'>,
): Promise<Measured> {
  await row.given?.(cluster);
  const begun = performance.now();
  const runs = await cluster.start(on === 'head' ? [cluster.head] : cluster.rondb, action, row.parameters);
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
    () => ({ error: 'survives' as const, step: '-', node: '-' }),
    (error: Error) => namedIn(error, cluster.names),
  );
  const proof = await row.proof?.(
    cluster,
    ended.map(({ stdout }) => stdout),
  );
  const left = [...(await cluster.left()), ...(proof ? [proof] : [])].join(', ') || 'nothing';
  return { ...said, remains: left, seconds };
}
