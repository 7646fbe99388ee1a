import { existsSync } from 'node:fs';
import { layout } from '../../../model/layout.ts';
import type { Fault } from '../fault.ts';
import { type Cluster, onCluster } from '../stages/cluster.ts';

const sweep = { action: 'SweepNodes', on: 'rondb', item: 'beyond the list', error: 'survives', limit: 60 } as const;
/** The tests' own buckets know no days: whatever is as old as a second is debris, unless a row says otherwise. */
const sweeping = (remove: boolean, graceDays = '0') => ({ prefix: 'practice/sweeps/run-1', graceDays, remove: `${remove}` });
const locals = 'local backup on rondb-1, local backup on rondb-2';

/** Begins a backup of this product as its plan does, whose plan.json the sweep asks for. */
const begin = (cluster: Cluster) => cluster.bucket().put(layout.plan('practice', cluster.given().backupId), '{}');

/** Begins a native backup by the product, and comes back in its middle. */
async function inTheMiddle(cluster: Cluster): Promise<Awaited<ReturnType<Cluster['start']>>[number]> {
  const { backupId } = cluster.given();
  await begin(cluster);
  const [run] = await cluster.start([cluster.head], 'StartRondbBackup');
  await cluster.until(`backup ${backupId} runs`, async () => (await cluster.running()) === backupId);
  if (!run) throw new Error('StartRondbBackup was started nowhere');
  return run;
}

/** Leaves what a native backup leaves whose script was killed, and which was aborted then. */
async function dieInTheMiddle(cluster: Cluster): Promise<void> {
  const run = await inTheMiddle(cluster);
  run.kill();
  await run.ended;
  await cluster.must([cluster.head], 'AbortRondbBackup');
}

/** What the data nodes say of the directories that they have found. */
function told(outputs: readonly string[]): string {
  const entries = outputs.flatMap((output) => (JSON.parse(output) as { entries: { fate: string; why: string }[] }).entries);
  return `${entries.length} ${[...new Set(entries.map(({ fate, why }) => `${fate}: ${why}`))].join(', ')}`;
}

/** Finishes the backup of the row as the product does. */
async function ship(cluster: Cluster): Promise<string> {
  await cluster.must(cluster.rondb, 'UploadRondbBackup');
  await cluster.must(cluster.rondb, 'RemoveLocalBackup');
  return 'shipped whole';
}

/** What dead runs leave on the nodes of a real cluster. */
export const clusterSweepFaults: Fault[] = [
  onCluster({
    ...sweep,
    id: 'real-debris-told',
    injected: 'A native backup was killed in its middle and has left its files; the sweep is not told to remove any',
    given: dieInTheMiddle,
    parameters: sweeping(false),
    proof: (_, outputs) => told(outputs),
    remains: `${locals}, 1 object, 2 removable: untouched for 0 days`,
  }),
  onCluster({
    ...sweep,
    id: 'real-debris-removed',
    injected: 'The same, and the sweep is told to remove them; then another backup is taken',
    given: dieInTheMiddle,
    parameters: sweeping(true),
    async proof(cluster, outputs) {
      const isGone = [1, 2].every((node) => !existsSync(cluster.backupOf(node)));
      cluster.another();
      await cluster.must([cluster.head], 'StartRondbBackup');
      return `${told(outputs)}${isGone ? '' : ', BUT STILL THERE'}, the next backup ${await ship(cluster)}`;
    },
    remains: '15 objects, 2 removed: untouched for 0 days, the next backup shipped whole',
  }),
  onCluster({
    ...sweep,
    id: 'real-sweep-meets-running-backup',
    injected: 'A sweep that is told to remove everything comes while RonDB writes a backup',
    async given(cluster) {
      running = await inTheMiddle(cluster);
    },
    parameters: sweeping(true),
    async proof(cluster, outputs) {
      const { code } = (await running?.ended) ?? {};
      return `${told(outputs)}, backup ${code === 0 ? 'completed' : 'FAILED'} and ${await ship(cluster)}`;
    },
    remains: '15 objects, 2 kept: RonDB is writing it, backup completed and shipped whole',
  }),
  onCluster({
    ...sweep,
    id: 'real-sweep-meets-young-backup',
    injected: 'A sweep that is told to remove comes when RonDB has just completed a backup that nobody has shipped yet',
    async given(cluster) {
      await begin(cluster);
      await cluster.must([cluster.head], 'StartRondbBackup');
    },
    parameters: sweeping(true, '21'),
    proof: async (cluster, outputs) => `${told(outputs)}, ${await ship(cluster)}`,
    remains: '15 objects, 2 kept: touched 0 days ago, shipped whole',
  }),
  onCluster({
    ...sweep,
    id: 'real-sweep-meets-backup-by-hand',
    injected: 'A sweep that is told to remove everything finds a native backup that somebody has taken without this product',
    given: (cluster) => cluster.nativeBackup(),
    parameters: sweeping(true),
    proof: (_, outputs) => told(outputs),
    remains: `${locals}, 2 kept: no backup of this product: the bucket does not know it`,
  }),
];

let running: Awaited<ReturnType<typeof inTheMiddle>> | undefined;
