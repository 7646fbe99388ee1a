import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, clusterSchema } from '../../model/cluster.ts';
import { synthesize } from '../assembly/synthesize.ts';
import type { PracticeCluster } from '../cluster/cluster.ts';
import { createRondbCluster } from '../cluster/rondb.ts';
import { createStandInCluster } from '../cluster/stand-in.ts';
import { type Pipeline, startPipeline } from '../pipeline.ts';
import type { DrillOptions } from './options.ts';
import type { Timeline } from './timeline.ts';
import { judge, type Verdict } from './verdict.ts';

/** A rehearsal: a practice cluster, and the pipeline that backs it up and restores it. */
export interface Drill {
  readonly cluster: PracticeCluster;
  readonly name: string;
  /** Set up by {@link Drill.rehearse}. */
  readonly pipeline: Pipeline | undefined;
  readonly directory: string;
  /** Load, back up, destroy, restore, compare. Rejects when a step fails. */
  rehearse(timeline: Timeline): Promise<Verdict>;
  /** Ends everything that the drill started and removes its directory; may be called at any moment and more than once. */
  close(): Promise<void>;
}

const CLUSTER_NAME = 'drill';

/** Lays out a drill in a directory of its own; nothing runs yet. */
export async function openDrill({ nodes, rows, rondbHome }: DrillOptions): Promise<Drill> {
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-'));
  const place = { directory: join(directory, 'nodes'), dataNodes: nodes };
  const cluster = rondbHome ? await createRondbCluster({ rondbHome, ...place }) : await createStandInCluster(place);
  const interruption = new AbortController();
  let pipeline: Pipeline | undefined;
  let rehearsal: Promise<Verdict> | undefined;

  async function rehearse(timeline: Timeline): Promise<Verdict> {
    await timeline.during(`start ${nodes} data nodes`, () => cluster.start());
    const described = describeCluster(cluster);
    const [assembly] = await Promise.all([
      timeline.during('synthesize the stack', () => synthesizeFor(described, directory, interruption.signal)),
      timeline.during(`load ${rows.toLocaleString('en')} rows and more`, () => cluster.load(rows)),
    ]);
    const running = await startPipeline({ assembly, nodes: cluster.nodes, tags: described.tags, directory });
    pipeline = running;
    interruption.signal.throwIfAborted();
    const before = await timeline.during('read all that is there', () => cluster.fingerprint());
    await run(running, timeline, 'backup', { cluster: CLUSTER_NAME });
    await timeline.during('DISASTER: everything is lost', () => cluster.destroy());
    await run(running, timeline, 'restore', { cluster: CLUSTER_NAME, backup: 'latest', confirm: CLUSTER_NAME });
    const after = await timeline.during('read all that came back', () => cluster.fingerprint());
    return judge(before, after);
  }

  return {
    cluster,
    name: CLUSTER_NAME,
    directory,
    get pipeline() {
      return pipeline;
    },
    rehearse(timeline) {
      rehearsal = rehearse(timeline);
      return rehearsal;
    },
    async close() {
      interruption.abort();
      await cluster.stop();
      await pipeline?.stop();
      // Its failure went to who called rehearse; here it only matters that nothing starts any more.
      await Promise.allSettled([rehearsal]);
      await pipeline?.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function run(pipeline: Pipeline, timeline: Timeline, machine: 'backup' | 'restore', input: object): Promise<void> {
  timeline.line(`${machine} ${JSON.stringify(input)}`);
  const executionArn = await pipeline.start(machine, input);
  const unfollow = timeline.follow(pipeline.engine, executionArn);
  try {
    const output = await pipeline.finish(executionArn);
    timeline.line(`${machine} succeeded: ${JSON.stringify(output)}`);
  } finally {
    unfollow();
  }
}

function describeCluster(cluster: PracticeCluster): Cluster {
  return clusterSchema.parse({ name: CLUSTER_NAME, rondb: { connectString: cluster.connectString } });
}

async function synthesizeFor(cluster: Cluster, directory: string, signal: AbortSignal): Promise<string> {
  const clusters = join(directory, 'clusters');
  await mkdir(clusters);
  await writeFile(join(clusters, `${cluster.name}.json`), JSON.stringify(cluster, undefined, 2));
  return await synthesize(clusters, join(directory, 'cdk.out'), signal);
}
