import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { PracticeNode } from '../../local/cluster/cluster.ts';

/** Sends scripts to the mysqld of a practice head as root; throws what mysqld says when it refuses. */
export function createSql({ directory }: PracticeNode) {
  return (script: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = join(directory, 'mysql-cluster/mysql.sock');
      const child = spawn(join(directory, 'mysql/bin/mysql'), ['--no-defaults', '--user=root', `--socket=${socket}`, '-Nr']);
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.once('error', reject).once('close', (code) => (code === 0 ? resolve(stdout) : reject(new Error(stderr))));
      child.stdin.end(script);
    });
}
