import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PracticeNode } from '../cluster/cluster.ts';
import { installTool } from './tools.ts';

/** ePipe on a head node. */
export interface Epipe {
  /** Indexes everything, whether ePipe's unit runs or not. */
  index(): Promise<void>;
  /** Whether a process of ePipe outlives its unit. */
  keepRunning(keeps: boolean): Promise<void>;
}

/** Installs ePipe on a head node, for an index of the OpenSearch at `url` with these credentials. */
export async function installEpipe(
  { directory }: Pick<PracticeNode, 'directory'>,
  search: { url: string; index: string; user: string; password: string },
): Promise<Epipe> {
  const home = join(directory, 'epipe');
  await rm(home, { recursive: true, force: true });
  await installTool(join(home, 'bin', 'epipe'), new URL('epipe.sh', import.meta.url));
  await installTool(join(home, 'bin', 'reindex-epipe.sh'), new URL('reindex-epipe.sh', import.meta.url));
  await mkdir(join(home, 'conf'), { recursive: true });
  const settings = { elastic_addr: new URL(search.url).host, index: search.index, username: search.user, password: search.password };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(home, 'conf', 'config-reindex.ini'), lines.join(''));
  return {
    async index() {
      await promisify(execFile)(join(home, 'bin', 'epipe'));
    },
    async keepRunning(keeps) {
      const file = join(home, 'keeps-running');
      if (keeps) await writeFile(file, '');
      else await rm(file, { force: true });
    },
  };
}
