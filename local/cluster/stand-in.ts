import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { readFingerprint } from '../stand-in/read-fingerprint.ts';
import { addView, deleteHalf, loadServer, loadTables } from '../stand-in/sample-data.ts';
import { type Configuration, openState, PARTS } from '../stand-in/state.ts';
import { tools } from '../stand-in/tools.ts';
import type { PracticeCluster, Shape } from './cluster.ts';
import { freePorts } from './ports.ts';
import { allNodes, emptyNodes, layOutNodes, loseNodes, type RondbNode } from './rondb-nodes.ts';

/**
 * A practice cluster for machines without RonDB: the nodes hold imitations of RonDB's tools, and the servers behind them are files
 * below `directory`. A backup takes `backupDuration` milliseconds.
 */
export async function createStandInCluster(options: {
  directory: string;
  dataNodes: number;
  heads?: number;
  hopsfs?: number;
  backupDuration?: number;
}): Promise<PracticeCluster> {
  const { directory, dataNodes, heads = 1, hopsfs = 0, backupDuration = 500 } = options;
  let shape: Shape = { dataNodes, firstNodeId: 1, ldm: PARTS, heads, hopsfs };
  let nodes = layOutNodes(directory, shape);
  const place = join(directory, 'stand-in', 'state');
  const state = openState(place);
  const states = () => nodes.heads.map(({ name }) => ({ name, state: openState(place, name) }));
  const program = join(directory, 'stand-in', 'main.cjs');
  let configuration: Configuration | undefined;
  let sockets: Server[] = [];
  let stopped = false;
  /** The deployment under way, if any: {@link PracticeCluster.stop} waits for it, so that nothing appears afterwards. */
  let deployment: Promise<void> = Promise.resolve();

  function running(): Configuration {
    if (configuration === undefined || stopped) throw new Error('the practice cluster is not running');
    return configuration;
  }

  /** Makes the nodes new, as a deployment does: nothing but their logs is left. */
  async function deploy(connectString: string): Promise<void> {
    const { heads, rondb } = nodes;
    const [head] = heads;
    configuration = {
      connectString,
      running: true,
      dataNodes: rondb.map(({ nodeId, ndbData, ndbBackups }) => ({ id: nodeId, dataDirectory: ndbData, backupDirectory: ndbBackups })),
      managementDirectory: head.ndbData,
      clusterLog: join(head.logs, 'cluster.log'),
      backupDuration,
    };
    state.clear();
    await emptyNodes(nodes);
    for (const node of [...heads, ...rondb]) await installTools(node, program, place);
    state.clusters.put('cluster', configuration);
    await Promise.all(sockets.map(close));
    sockets = await Promise.all(heads.map(({ socket }) => listen(socket)));
  }

  async function startFirst(): Promise<void> {
    if (stopped) throw new Error('the practice cluster has been stopped');
    const [port] = await freePorts(1);
    await bundle(program);
    await deploy(`127.0.0.1:${port}`);
  }

  async function reshape(other: Partial<Shape>): Promise<void> {
    const { connectString } = running();
    const wanted = { ...shape, ...other };
    if (wanted.ldm !== PARTS) throw new Error(`a data node of the stand-in has ${PARTS} LDM threads, not ${wanted.ldm}`);
    const layout = layOutNodes(directory, wanted);
    await loseNodes(nodes, layout);
    [shape, nodes] = [wanted, layout];
    await deploy(connectString);
  }

  return {
    kind: 'stand-in',
    get nodes() {
      return allNodes(nodes);
    },
    get connectString() {
      if (configuration === undefined) throw new Error('the practice cluster has no connect string before it is started');
      return configuration.connectString;
    },

    start() {
      deployment = startFirst();
      return deployment;
    },

    async load(rows) {
      loadTables(state, running(), rows);
      for (const { state } of states()) loadServer(state);
    },

    async change() {
      running();
      deleteHalf(state, 'shop_featurestore.orders_1');
      for (const { state } of states()) addView(state, 'shop_featurestore', 'since_then');
    },

    destroy(other = {}) {
      deployment = reshape(other);
      return deployment;
    },

    async fingerprint() {
      running();
      return readFingerprint(states());
    },

    async stop() {
      stopped = true;
      await Promise.allSettled([deployment]);
      // Only once: later the directory may be gone for good.
      if (configuration?.running) {
        configuration = { ...configuration, running: false };
        state.clusters.put('cluster', configuration);
      }
      await Promise.all(sockets.splice(0).map(close));
    },
  };
}

/** One file that starts at once: the tools run often. */
async function bundle(program: string): Promise<void> {
  await build({
    entryPoints: [new URL('../stand-in/main.ts', import.meta.url).pathname],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
  });
}

async function installTools(node: RondbNode, program: string, state: string): Promise<void> {
  const bin = join(node.directory, 'mysql', 'bin');
  await mkdir(bin, { recursive: true });
  for (const name of Object.keys(tools)) {
    const command = [process.execPath, program, state, node.name, name].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  }
}

function close(server: Server): Promise<unknown> {
  return new Promise((closed) => server.close(closed));
}

/** mysqld's socket: the scripts ask whether it is there, and nobody connects to it. */
function listen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', reject).listen(path, () => resolve(server));
  });
}
