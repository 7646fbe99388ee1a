import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeNode } from '../cluster/cluster.ts';
import { type Blocks, clusterId, dataBelowNode, deployStorage, withRole } from './hdfs-blocks.ts';
import { installTool } from './tools.ts';

/**
 * `silent`: this datanode never reports. `stuck`: safe mode never ends. `skipped`: the NameNode starts without safe mode. `noRollBack`:
 * an installation that does not know how to roll deleted blocks back; `rollBack`: it fails to.
 */
export type HdfsFailure = { readonly silent: string } | 'stuck' | 'skipped' | 'noRollBack' | 'rollBack';

/** How long a NameNode lets blocks be that it does not know, in seconds: dfs.namenode.startup.delay.block.deletion.sec. */
const DELETION_DELAY = 86_400;

/**
 * Installs `hdfs` on the heads of a new deployment that is up and empty, after their units; and on each hopsfs node the data
 * directory of a datanode that belongs to no restored cluster.
 */
export async function installHdfs(nodes: readonly PracticeNode[], blocks: Blocks): Promise<void> {
  const [heads, datanodes] = [withRole(nodes, 'head'), withRole(nodes, 'hopsfs')];
  const settings = { storage: blocks === 'disks' ? 'disks' : 's3', bucket: blocks === 'disks' ? '' : blocks.bucket };
  for (const { directory } of heads) {
    const home = join(directory, 'hadoop');
    const configuration = join(home, 'etc', 'hadoop');
    await rm(home, { recursive: true, force: true });
    await mkdir(configuration, { recursive: true });
    await installTool(join(home, 'bin', 'hdfs'), new URL('hdfs.sh', import.meta.url));
    await writeFile(join(configuration, 'heads'), lines(heads));
    await writeFile(join(configuration, 'datanodes'), lines(datanodes));
    await writeFile(join(configuration, 'hdfs-site.xml'), `dfs.namenode.startup.delay.block.deletion.sec=${DELETION_DELAY}\n`);
    await writeFile(
      join(configuration, 'settings'),
      Object.entries({ ...settings, cluster_id: clusterId, data: dataBelowNode })
        .map(([name, value]) => `${name}='${value}'\n`)
        .join(''),
    );
    await writeFile(join(home, 'safe-mode'), 'OFF\n');
    await writeFile(join(directory, 'systemd', 'namenode.on-start'), `#!/bin/sh\nexec ${home}/bin/hdfs --start\n`, { mode: 0o755 });
  }
  for (const node of datanodes) {
    await mkdir(join(node.directory, 'hadoop'), { recursive: true });
    if (blocks === 'disks') await deployStorage(node);
  }
}

/** Breaks HopsFS; the function that it resolves with repairs it. */
export async function failHdfs(nodes: readonly PracticeNode[], failure: HdfsFailure): Promise<() => Promise<void>> {
  const file = failureFile(nodes, failure);
  await writeFile(file, '');
  return () => rm(file);
}

function failureFile(nodes: readonly PracticeNode[], failure: HdfsFailure): string {
  const name = typeof failure === 'object' ? failure.silent : withRole(nodes, 'head')[0]?.name;
  const node = nodes.find((candidate) => candidate.name === name);
  if (!node) throw new Error(`there is no node ${name}`);
  return join(node.directory, 'hadoop', typeof failure === 'object' ? 'silent' : failureFiles[failure]);
}

const failureFiles = {
  stuck: 'safe-mode.stuck',
  skipped: 'safe-mode.skipped',
  noRollBack: 'knows-no-roll-back',
  rollBack: 'roll-back.fails',
} as const;

const lines = (nodes: readonly PracticeNode[]) => nodes.map(({ directory }) => `${directory}\n`).join('');
