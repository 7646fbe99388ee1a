import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { type ActionName, scriptName } from '../../model/actions.ts';
import { type Answer, answers } from '../../model/answers.ts';
import { assembled, parameters } from './given.ts';

/** Runs the scripts on the nodes of a practice cluster, as an SSM agent would; `environment` comes on top of the node's own. */
export function createScripts(cluster: PracticeCluster, directory: string, environment: Record<string, string> = {}) {
  let started = 0;

  async function start(node: PracticeNode, action: ActionName, given: Record<string, string> = {}) {
    const all = { ...parameters, connectString: cluster.connectString, ...given };
    started += 1;
    // A file of its own for each: bash reads on in it while it runs.
    const file = join(directory, `${scriptName(action)}-${node.name}-${started}.sh`);
    await writeFile(file, assembled(scriptName(action)));
    const child = spawn('bash', [file], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        ...node.environment,
        ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value])),
        AWS_SSM_INSTANCE_ID: node.instanceId,
        AWS_SSM_REGION_NAME: 'us-east-1',
        ...environment,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { ended, kill: () => process.kill(-(child.pid ?? 0), 'SIGKILL') };
  }

  /** Runs an action on nodes at the same time; throws what a script said that failed. */
  async function run<A extends ActionName>(nodes: PracticeNode[], action: A, given: Record<string, string> = {}): Promise<Answer<A>[]> {
    const runs = await Promise.all(nodes.map((node) => start(node, action, given)));
    const all = await Promise.all(runs.map(({ ended }) => ended));
    return all.map(({ code, stdout, stderr }) => {
      if (code !== 0) throw new Error(`${action} ended with ${code}:\n${stderr}`);
      return answers[action].parse(JSON.parse(stdout)) as Answer<A>;
    });
  }

  return { start, run };
}
