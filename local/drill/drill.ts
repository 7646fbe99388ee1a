import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, clusterSchema } from '../../model/cluster.ts';
import { synthesize } from '../assembly/synthesize.ts';
import type { PracticeCluster, Shape } from '../cluster/cluster.ts';
import { createRondbCluster } from '../cluster/rondb.ts';
import { createStandInCluster } from '../cluster/stand-in.ts';
import { type Pipeline, startPipeline } from '../pipeline.ts';
import type { DrillOptions } from './options.ts';
import type { Timeline } from './timeline.ts';
import { judge, type Verdict } from './verdict.ts';

/** A rehearsal: a practice cluster with data in it, and the pipeline that backs it up and restores it. */
export interface Drill {
  readonly cluster: PracticeCluster;
  readonly directory: string;
  /** Undefined until {@link Drill.prepare} has started it; another after a {@link Drill.redeploy}. */
  readonly pipeline: Pipeline | undefined;
  /** Starts the cluster, loads the sample data, synthesizes the stack and starts the pipeline. */
  prepare(timeline: Timeline): Promise<Pipeline>;
  /** The disaster, after which other instances may come: a new pipeline runs over the same bucket, knowing nothing of the one before. */
  redeploy(timeline: Timeline, shape?: Partial<Shape>): Promise<Pipeline>;
  /** Prepares, backs up, destroys, restores and compares. Rejects when a step fails. */
  rehearse(timeline: Timeline): Promise<Verdict>;
  /** Ends everything that the drill started and removes its directory; may be called at any moment and more than once. */
  close(): Promise<void>;
}

/** The name of the practice cluster. */
export const drillCluster = 'drill';

interface Rehearsal extends Omit<DrillOptions, 'keep' | 'restoreNodes'>, Partial<Pick<DrillOptions, 'restoreNodes'>> {
  /** How long a native backup of the stand-in takes, in milliseconds. */
  readonly backupDuration?: number;
  /** More of `clusters/drill.json` than its name and its RonDB. */
  readonly cluster?: object;
  /** Of the SSM agent on every node; the newest when left out. */
  readonly agentVersion?: string;
}

/** Lays out a drill in a directory of its own; nothing runs yet. */
export async function openDrill(rehearsal: Rehearsal): Promise<Drill> {
  const { nodes, restoreNodes = nodes, rows, rondbHome, cluster: settings, agentVersion, ...standIn } = rehearsal;
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-'));
  const place = { directory: join(directory, 'nodes'), dataNodes: nodes };
  const cluster = rondbHome
    ? await createRondbCluster({ rondbHome, rows, ...place })
    : await createStandInCluster({ ...place, ...standIn });
  const assembly = join(directory, 'cdk.out');
  const interruption = new AbortController();
  let pipeline: Pipeline | undefined;
  let preparation: Promise<Pipeline> | undefined;

  function prepare(timeline: Timeline): Promise<Pipeline> {
    preparation ??= setUp(timeline);
    return preparation;
  }

  async function setUp(timeline: Timeline): Promise<Pipeline> {
    await timeline.during(`start ${nodes} data nodes`, () => cluster.start());
    await Promise.all([
      timeline.during('synthesize the stack', () =>
        synthesizeFor(describeCluster(cluster, settings), directory, assembly, interruption.signal),
      ),
      timeline.during(`load ${rows.toLocaleString('en')} rows and more`, () => cluster.load(rows)),
    ]);
    return await begin();
  }

  async function begin(): Promise<Pipeline> {
    interruption.signal.throwIfAborted();
    const instances = cluster.nodes.map((node) => ({ ...node, ...(agentVersion && { agentVersion }) }));
    pipeline = await startPipeline({ assembly, nodes: instances, tags: describeCluster(cluster, settings).tags, directory });
    return pipeline;
  }

  function redeploy(timeline: Timeline, shape: Partial<Shape> = { dataNodes: restoreNodes }): Promise<Pipeline> {
    preparation = loseAll(timeline, shape);
    return preparation;
  }

  async function loseAll(timeline: Timeline, shape: Partial<Shape>): Promise<Pipeline> {
    const running = await prepare(timeline);
    pipeline = undefined;
    await running.stop();
    await timeline.during('DISASTER: everything is lost', () => cluster.destroy(shape));
    timeline.line(`new data nodes: ${cluster.nodes.filter(({ roles }) => roles.includes('rondb')).length}`);
    return await begin();
  }

  return {
    cluster,
    directory,
    get pipeline() {
      return pipeline;
    },
    prepare,
    redeploy,
    async rehearse(timeline) {
      const running = await prepare(timeline);
      const before = await timeline.during('read all that is there', () => cluster.fingerprint());
      await run(running, timeline, 'backup', { cluster: drillCluster });
      await run(await redeploy(timeline), timeline, 'restore', { cluster: drillCluster, backup: 'latest', confirm: drillCluster });
      const after = await timeline.during('read all that came back', () => cluster.fingerprint());
      return judge(before, after);
    },
    async close() {
      interruption.abort();
      await cluster.stop();
      // Its failure went to who asked for it; here it only matters that it starts nothing any more.
      await Promise.allSettled([preparation]);
      const running = pipeline;
      pipeline = undefined;
      try {
        await running?.stop();
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
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

function describeCluster({ connectString }: PracticeCluster, settings: object = {}): Cluster {
  return clusterSchema.parse({ name: drillCluster, rondb: { connectString }, ...settings });
}

async function synthesizeFor(cluster: Cluster, directory: string, assembly: string, signal: AbortSignal): Promise<void> {
  const clusters = join(directory, 'clusters');
  await mkdir(clusters);
  await writeFile(join(clusters, `${cluster.name}.json`), JSON.stringify(cluster, undefined, 2));
  await synthesize(clusters, assembly, signal);
}
