import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PracticeCluster, Shape } from './cluster.ts';
import { createMysqlClient, type MysqlClient } from './mysql-client.ts';
import { freePorts } from './ports.ts';
import { createProcesses } from './processes.ts';
import { readFingerprint } from './read-fingerprint.ts';
import { checkBinaries } from './rondb-binaries.ts';
import type { Settings } from './rondb-config.ts';
import { allNodes, layOutNodes, loseNodes, MOST_DATA_NODES, prepareNodes } from './rondb-nodes.ts';
import { sampleData } from './sample-data.ts';

const START_LIMIT_SECONDS = 120;

/**
 * A practice cluster of real RonDB binaries: ndb_mgmd on head-1, a mysqld on each head, one ndbmtd on each rondb-N, all on 127.0.0.1.
 * `directory` must be short: mysqld's sockets lie in it.
 */
export async function createRondbCluster(options: {
  rondbHome: string;
  directory: string;
  dataNodes: number;
  ldm?: number;
  heads?: number;
  hopsfs?: number;
  compressed?: boolean;
  /** Rows of the biggest table that there must be room for. */
  rows?: number;
  /** What a data node has in config.ini besides, or otherwise. */
  settings?: (nodeId: number) => Settings;
}): Promise<PracticeCluster> {
  const { rondbHome, directory, dataNodes, ldm = 2, heads = 1, hopsfs = 0 } = options;
  const { compressed = false, rows = 20_000, settings = () => ({}) } = options;
  let shape: Shape = { dataNodes, firstNodeId: 1, ldm, heads, hopsfs };
  let nodes = layOutNodes(directory, shape);
  const processes = createProcesses();
  await checkBinaries(rondbHome, processes);
  /** A client of each head's mysqld. */
  const clients = () => nodes.heads.map(({ name, myCnf }) => ({ name, mysql: createMysqlClient(processes, rondbHome, myCnf) }));
  const binary = (name: string) => join(rondbHome, 'bin', name);
  let ports: number[] = [];
  const connectString = () => `127.0.0.1:${ports[0]}`;
  // All start at the same moment, so ndb_mgmd may answer the second question only; by default they ask again after five seconds.
  const patient = () => [`--ndb-connectstring=${connectString()}`, '--connect-retries=60', '--connect-retry-delay=1'];

  /** The deployment under way, if any: {@link PracticeCluster.stop} waits for it, so that no file appears afterwards. */
  let deployment: Promise<void> = Promise.resolve();

  function deploy(): Promise<void> {
    deployment = startServers();
    return deployment;
  }

  async function startServers(): Promise<void> {
    await prepareNodes(nodes, { rondbHome, ports, ldm: shape.ldm, compressed, rows, settings });
    const { heads, rondb } = nodes;
    const [head] = heads;
    processes.serve('ndb_mgmd', join(head.logs, 'ndb_mgmd.out'), binary('ndb_mgmd'), [
      '--no-defaults',
      '--nodaemon',
      '--bind-address=127.0.0.1',
      `--config-file=${head.configIni}`,
      `--configdir=${head.ndbData}`,
    ]);
    for (const node of rondb) {
      processes.serve(`ndbmtd of ${node.name}`, join(node.logs, 'ndbmtd.out'), binary('ndbmtd'), [
        '--no-defaults',
        '--foreground',
        `--ndb-nodeid=${node.nodeId}`,
        ...patient(),
      ]);
    }
    const initialize = ({ myCnf }: { myCnf: string }) =>
      processes.run('mysqld --initialize', binary('mysqld'), [`--defaults-file=${myCnf}`, '--initialize-insecure', '--skip-ndbcluster']);
    await processes.whileServing(
      Promise.all([
        ...heads.map(initialize),
        processes.run('ndb_waiter', binary('ndb_waiter'), ['--no-defaults', `--timeout=${START_LIMIT_SECONDS}`, ...patient()]),
      ]),
    );
    for (const { name, logs, myCnf } of heads) {
      processes.serve(`mysqld of ${name}`, join(logs, 'mysqld.out'), binary('mysqld'), [`--defaults-file=${myCnf}`]);
    }
    const waiting = new AbortController();
    const answers = Promise.all(clients().map(({ mysql }) => mysqldAnswers(mysql, waiting.signal)));
    await processes.whileServing(answers).finally(() => waiting.abort());
  }

  /** mysqld has set up NDB once it can read its own table there. */
  async function mysqldAnswers(mysql: MysqlClient, signal: AbortSignal): Promise<void> {
    const deadline = Date.now() + START_LIMIT_SECONDS * 1000;
    for (;;) {
      try {
        await mysql.query('SELECT COUNT(*) FROM mysql.ndb_apply_status');
        return;
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await delay(200, undefined, { signal });
      }
    }
  }

  async function load(rows: number): Promise<void> {
    const { tables, ofEachServer } = await sampleData(rows);
    for (const [index, { mysql }] of clients().entries()) await mysql.execute(index === 0 ? tables + ofEachServer : ofEachServer);
  }

  return {
    kind: 'rondb',
    get nodes() {
      return allNodes(nodes);
    },
    get connectString() {
      if (ports.length === 0) throw new Error('the practice cluster has no connect string before it is started');
      return connectString();
    },

    async start() {
      for (let attempt = 1; ; attempt++) {
        ports = await freePorts(1 + MOST_DATA_NODES);
        try {
          return await deploy();
        } catch (error) {
          await processes.end();
          // Between finding a port free and using it, somebody else may have taken it.
          if (attempt === 3 || !/port (that )?is already (in use|used)/.test(String(error))) throw error;
        }
      }
    },

    load: (rows) => processes.whileServing(load(rows)),

    async change() {
      const view = 'CREATE VIEW shop_featurestore.since_then AS SELECT order_id FROM shop_featurestore.orders_1;';
      const rows = 'DELETE FROM shop_featurestore.orders_1 WHERE order_id % 2 = 0;';
      await processes.whileServing(Promise.all(clients().map(({ mysql }, index) => mysql.execute(index === 0 ? rows + view : view))));
    },

    async destroy(other) {
      const wanted = { ...shape, ...other };
      const layout = layOutNodes(directory, wanted);
      await processes.kill();
      await loseNodes(nodes, layout);
      [shape, nodes] = [wanted, layout];
      await deploy();
    },

    fingerprint: () => processes.whileServing(readFingerprint(clients())),

    async stop() {
      processes.close();
      await processes.end();
      await Promise.allSettled([deployment]);
    },
  };
}
