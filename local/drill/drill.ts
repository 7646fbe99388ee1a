import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, clusterSchema } from '../../model/cluster.ts';
import { synthesize } from '../assembly/synthesize.ts';
import type { PracticeCluster, Shape } from '../cluster/cluster.ts';
import type { Fingerprint } from '../cluster/fingerprint.ts';
import { createRondbCluster } from '../cluster/rondb.ts';
import { createStandInCluster } from '../cluster/stand-in.ts';
import { type BlockStorage, createHopsworks, type Hopsworks } from '../hopsworks/hopsworks.ts';
import { type Interference, type Pipeline, startPipeline } from '../pipeline.ts';
import type { Timeline } from './timeline.ts';

/** A practice cluster with data in it, and the pipeline that backs it up and restores it. */
export interface Drill {
  readonly cluster: PracticeCluster;
  /** All of Hopsworks but RonDB, where the rehearsal has it. */
  readonly hopsworks: Hopsworks | undefined;
  readonly directory: string;
  /** Undefined until {@link Drill.prepare} has started it; another after a {@link Drill.redeploy}. */
  readonly pipeline: Pipeline | undefined;
  /** Starts the cluster, loads the sample data, synthesizes the stack and starts the pipeline. */
  prepare(timeline: Timeline): Promise<Pipeline>;
  /** The disaster, after which other instances may come: a new pipeline runs over the same buckets, knowing nothing of the one before. */
  redeploy(timeline: Timeline, shape?: Partial<Shape>): Promise<Pipeline>;
  /** Everything that a restore must bring back: of RonDB, and of the rest of Hopsworks. */
  fingerprint(): Promise<Fingerprint>;
  /** Ends everything that the drill started and removes its directory; may be called at any moment and more than once. */
  close(): Promise<void>;
}

/** The name of the practice cluster. */
export const drillCluster = 'drill';
/** The bucket in which HopsFS of the practice cluster keeps its blocks, unless they are on disks. */
export const blockBucket = 'drill-blocks';

/** What is rehearsed on. */
export interface Rehearsal {
  /** RonDB data nodes. */
  readonly nodes: number;
  /** Heads, each with a mysqld; 1 when left out. */
  readonly heads?: number;
  /** Rows of the biggest table of the sample data. */
  readonly rows: number;
  /** Where RonDB is installed; without it the stand-in takes its place. */
  readonly rondbHome: string | undefined;
  /** Where HopsFS keeps its blocks; when left out there is RonDB alone, and nothing else of Hopsworks. */
  readonly hopsworks?: BlockStorage;
  /** How long a native backup of the stand-in takes, in milliseconds. */
  readonly backupDuration?: number;
  /** More of `clusters/drill.json` than its name, its RonDB and its Hopsworks. */
  readonly cluster?: object;
  /** Of the SSM agent on every node; the newest when left out. */
  readonly agentVersion?: string;
  /** Faults of the Lambda functions. */
  readonly interfere?: Interference;
  /** How the stack is synthesized for the cluster files of a folder; as `cdk synth` does it when left out. */
  readonly synthesize?: typeof synthesize;
}

const rondbAlone = { services: { stop: [], start: [] }, openSearch: null, kafka: false };

/** Lays out a drill in a directory of its own; nothing runs yet. */
export async function openDrill(rehearsal: Rehearsal): Promise<Drill> {
  const { nodes, heads = 1, rows, rondbHome, hopsworks: blocks, agentVersion, backupDuration } = rehearsal;
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-'));
  const hopsfs = blocks === 'disks' || blocks === 's3' ? 2 : 0;
  const place = { directory: join(directory, 'nodes'), dataNodes: nodes, heads, hopsfs };
  const cluster = rondbHome
    ? await createRondbCluster({ rondbHome, rows, ...place })
    : await createStandInCluster({ ...place, ...(backupDuration !== undefined && { backupDuration }) });
  const hopsworks = blocks && (await createHopsworks({ blocks, blockBucket }));
  const assembly = join(directory, 'cdk.out');
  const interruption = new AbortController();
  let pipeline: Pipeline | undefined;
  let preparation: Promise<Pipeline> | undefined;

  const describeCluster = (): Cluster =>
    clusterSchema.parse({
      name: drillCluster,
      rondb: { connectString: cluster.connectString },
      ...(hopsworks?.settings ?? rondbAlone),
      ...rehearsal.cluster,
    });

  async function writeAssembly(): Promise<void> {
    const clusters = join(directory, 'clusters');
    await mkdir(clusters);
    await writeFile(join(clusters, `${drillCluster}.json`), JSON.stringify(describeCluster(), undefined, 2));
    await (rehearsal.synthesize ?? synthesize)(clusters, assembly, interruption.signal);
  }

  function prepare(timeline: Timeline): Promise<Pipeline> {
    preparation ??= setUp(timeline);
    return preparation;
  }

  async function setUp(timeline: Timeline): Promise<Pipeline> {
    await timeline.during(`start ${nodes} data nodes`, () => cluster.start());
    await hopsworks?.deploy(cluster.nodes);
    await Promise.all([
      timeline.during('synthesize the stack', () => writeAssembly()),
      timeline.during(`load ${rows.toLocaleString('en')} rows and more`, () => cluster.load(rows)),
    ]);
    const running = await begin();
    if (hopsworks) await timeline.during('fill the rest of Hopsworks', () => hopsworks.load());
    return running;
  }

  async function begin(): Promise<Pipeline> {
    interruption.signal.throwIfAborted();
    const instances = cluster.nodes.map((node) => ({ ...node, ...(agentVersion && { agentVersion }) }));
    const { tags } = describeCluster();
    pipeline = await startPipeline({
      ...{ assembly, nodes: instances, tags, directory, interfere: rehearsal.interfere },
      ...(blocks === 's3' && { blockBucket }),
    });
    hopsworks?.connect(pipeline.environment);
    return pipeline;
  }

  function redeploy(timeline: Timeline, shape: Partial<Shape> = {}): Promise<Pipeline> {
    preparation = loseAll(timeline, shape);
    return preparation;
  }

  async function loseAll(timeline: Timeline, shape: Partial<Shape>): Promise<Pipeline> {
    const running = await prepare(timeline);
    pipeline = undefined;
    await running.stop();
    await timeline.during('DISASTER: everything is lost', () => cluster.destroy(shape));
    await hopsworks?.deploy(cluster.nodes);
    timeline.line(`new nodes: ${cluster.nodes.map(({ name }) => name).join(' ')}`);
    return await begin();
  }

  return {
    cluster,
    hopsworks,
    directory,
    get pipeline() {
      return pipeline;
    },
    prepare,
    redeploy,
    async fingerprint() {
      const { entries } = await cluster.fingerprint();
      return { entries: { ...entries, ...(await hopsworks?.fingerprint()) } };
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
        await hopsworks?.stop();
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}
