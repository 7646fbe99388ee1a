import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { servicesSchema } from '../../model/units.ts';
import type { PracticeNode } from '../cluster/cluster.ts';
import { startHopsworksApi } from './api.ts';
import { openBlockObjects } from './block-objects.ts';
import { type Epipe, installEpipe } from './epipe.ts';
import { failHdfs, type HdfsFailure, installHdfs } from './hdfs.ts';
import { loadBlocks, readBlocks } from './hdfs-blocks.ts';
import { installKafka, type Kafka } from './kafka.ts';
import { startOpenSearch } from './open-search.ts';
import { installSystemctl, readUnits, refuse } from './systemctl.ts';

/** How HopsFS of a practice cluster keeps its blocks; `none`: there is no HopsFS. */
export type BlockStorage = 'none' | 'disks' | 's3';

/** Imitations of all of Hopsworks but RonDB: systemd units, HopsFS, ePipe with OpenSearch, Kafka, and Hopsworks' own API. */
export interface Hopsworks {
  /** `openSearch` and the other keys of a cluster file that make the product find the imitations. */
  readonly settings: {
    readonly hopsfs?: { readonly storage: 'disks' } | { readonly storage: 's3'; readonly bucket: string };
    readonly openSearch: {
      readonly url: string;
      readonly index: string;
      readonly credentialsFile: string;
      readonly featureStore: { readonly url: string; readonly credentialsFile: string };
    };
    readonly kafka: true;
    readonly definition: { readonly path: string };
  };
  /** Says where S3 answers, in AWS_… variables: before blocks are loaded into or read from it, and whenever that has changed. */
  connect(environment: Readonly<Record<string, string>>): void;
  /** Installs tools and units on newly deployed nodes, everything running and empty: after a start, and after a disaster. */
  deploy(nodes: readonly PracticeNode[]): Promise<void>;
  /** Fills it as Hopsworks would have: a block for each row of hops.hdfs_block_infos, a document for each project, a topic for each row of project_topics. */
  load(): Promise<void>;
  /** `block 4711` → its SHA-256, `document …`, `topic …`, `unit … on …` → active: what must be the same after a restore. */
  fingerprint(): Promise<Readonly<Record<string, string>>>;
  /** Breaks something of the deployed nodes; the function that it resolves with repairs it. */
  fail(failure: HopsworksFailure): Promise<() => Promise<void>>;
  /** Ends the servers; may be called more than once. */
  stop(): Promise<void>;
}

/**
 * `unit`: a systemd unit that refuses to stop or to start. `topic`: Kafka refuses a topic, which wants more replicas than there are
 * brokers. `epipe`: a process of ePipe outlives its unit. `openSearch`: it answers that it is not ready.
 */
export type HopsworksFailure =
  | HdfsFailure
  | { readonly unit: string; readonly on: string; readonly refuses: 'stop' | 'start' }
  | { readonly topic: string }
  | 'epipe'
  | 'openSearch';

const INDEX = 'projects';
/** Files with credentials, as the cluster file names them; HOPS_ROOT of a practice node stands for /srv/hops. */
const SEARCH_CREDENTIALS = 'open-search.curl';
const API_CREDENTIALS = 'hopsworks.curl';
/** The cluster definition that it was deployed with. */
const DEFINITION = 'cluster-definition.yml';

/** Starts the servers; nodes come with {@link Hopsworks.deploy}. `blockBucket`: where the blocks are when they are in S3. */
export async function createHopsworks(options: { blocks: BlockStorage; blockBucket?: string }): Promise<Hopsworks> {
  const { blocks, blockBucket = '' } = options;
  const objects = openBlockObjects(blockBucket);
  const hdfs = blocks === 's3' ? objects : blocks;
  const search = { index: INDEX, user: 'admin', password: 'practice' };
  const agent = { email: 'agent@practice.example', password: 'practice' };
  const openSearch = await startOpenSearch(search);
  const isUp = async () => (await readUnits(head()))['glassfish-domain1'] === 'active';
  const api = await startHopsworksApi({ ...agent, isUp });
  let deployed: Deployed | undefined;

  function current(): Deployed {
    if (!deployed) throw new Error('Hopsworks was never deployed');
    return deployed;
  }

  function head(): PracticeNode {
    const [first] = current().nodes;
    if (!first?.roles.includes('head')) throw new Error('the first node is no head');
    return first;
  }

  function node(name: string): PracticeNode {
    const found = current().nodes.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`there is no node ${name}`);
    return found;
  }

  return {
    settings: {
      ...(blocks === 'disks' && { hopsfs: { storage: blocks } }),
      ...(blocks === 's3' && { hopsfs: { storage: blocks, bucket: blockBucket } }),
      openSearch: {
        url: openSearch.url,
        index: INDEX,
        credentialsFile: `/srv/hops/${SEARCH_CREDENTIALS}`,
        featureStore: { url: api.url, credentialsFile: `/srv/hops/${API_CREDENTIALS}` },
      },
      kafka: true,
      definition: { path: `/srv/hops/${DEFINITION}` },
    },

    connect: objects.connect,

    async deploy(nodes) {
      const [first] = nodes;
      if (!first) throw new Error('there is no node to deploy to');
      for (const each of nodes) await installSystemctl(each, unitsOf(each, blocks));
      if (hdfs !== 'none') await installHdfs(nodes, hdfs);
      const epipe = await installEpipe(first, { url: openSearch.url, ...search });
      deployed = { nodes, epipe, kafka: await installKafka(first) };
      await writeFile(join(first.directory, SEARCH_CREDENTIALS), `user = "${search.user}:${search.password}"\n`);
      const login = [`email=${agent.email}`, `password=${agent.password}`].map((field) => `data-urlencode = "${field}"\n`);
      await writeFile(join(first.directory, API_CREDENTIALS), login.join(''));
      for (const each of nodes.filter(({ roles }) => roles.includes('head'))) await writeSecrets(each);
      openSearch.reset();
      api.searchable = false;
    },

    async load() {
      await current().epipe.index();
      await current().kafka.createTopics();
      if (hdfs !== 'none') await loadBlocks(current().nodes, hdfs);
      api.searchable = true;
    },

    async fingerprint() {
      const { nodes, kafka } = current();
      const units = nodes.map(async (each) =>
        Object.entries(await readUnits(each)).map(([unit, state]) => [`unit ${unit} on ${each.name}`, state]),
      );
      return Object.fromEntries([
        ['index', JSON.stringify(openSearch.mapping())],
        ...Object.entries(openSearch.documents()).map(([id, document]) => [`document ${id}`, JSON.stringify(document)]),
        ['feature store', api.searchable ? 'can be searched' : 'cannot be searched'],
        ...Object.entries(await kafka.topics()).map(([topic, layout]) => [`topic ${topic}`, layout]),
        ...(await Promise.all(units)).flat(),
        ...Object.entries(hdfs === 'none' ? {} : await readBlocks(nodes, hdfs)),
      ]);
    },

    async fail(failure) {
      const { nodes, kafka, epipe } = current();
      if (failure === 'epipe') {
        await epipe.keepRunning(true);
        return () => epipe.keepRunning(false);
      }
      if (failure === 'openSearch') {
        openSearch.setReady(false);
        return async () => openSearch.setReady(true);
      }
      if (typeof failure === 'string' || 'silent' in failure) return failHdfs(nodes, failure);
      if ('topic' in failure) {
        await kafka.refuse([failure.topic]);
        return () => kafka.refuse([]);
      }
      await refuse(node(failure.on), failure.unit, failure.refuses);
      return () => refuse(node(failure.on), failure.unit, 'nothing');
    },

    async stop() {
      objects.disconnect();
      await Promise.all([openSearch.stop(), api.stop()]);
    },
  };
}

interface Deployed {
  readonly nodes: readonly PracticeNode[];
  readonly epipe: Epipe;
  readonly kafka: Kafka;
}

/** What every deployment of the same cluster has the same: its definition, and the encryption master password. */
async function writeSecrets({ directory }: PracticeNode): Promise<void> {
  await writeFile(join(directory, DEFINITION), 'name: drill\ncloud: practice\n');
  await mkdir(join(directory, 'certs-dir'), { recursive: true });
  await writeFile(join(directory, 'certs-dir/encryption_master_password'), createHash('sha256').update('practice').digest('hex'));
}

/** What Hopsworks runs on a node; on further heads only what there is several of. */
function unitsOf({ name, roles }: PracticeNode, blocks: BlockStorage): string[] {
  const hdfs =
    blocks === 'none' ? [] : [...(roles.includes('head') ? ['namenode'] : []), ...(roles.includes('hopsfs') ? ['datanode'] : [])];
  if (name.startsWith('head-') && name !== 'head-1') return ['glassfish-instance', ...hdfs];
  const { stop } = servicesSchema.parse({});
  const units = stop.filter(({ role }) => roles.includes(role)).flatMap((phase) => phase.units);
  return [...units.filter((unit) => unit !== 'glassfish-instance'), ...hdfs];
}
