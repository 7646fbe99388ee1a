// Prints how long `cdk synth`, its checks included, takes for twenty clusters.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLUSTERS = 20;
const LIMIT_SECONDS = 60;
const root = fileURLToPath(new URL('..', import.meta.url));

const directory = mkdtempSync(join(tmpdir(), 'hopsdr-bench-'));
try {
  const example = JSON.parse(readFileSync(join(root, 'clusters/example.json'), 'utf8')) as object;
  for (let number = 1; number <= CLUSTERS; number++) {
    const name = `bench-${number}`;
    writeFileSync(join(directory, `${name}.json`), JSON.stringify({ ...example, name }));
  }
  const command = ['cdk', 'synth', '--quiet', '--context', `clusters=${directory}`, '--output', join(directory, 'cdk.out')];
  const start = performance.now();
  const { status } = spawnSync('npx', command, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`cdk synth ended with status ${status}`);
  console.log(`${CLUSTERS} clusters: ${seconds.toFixed(1)} s (limit ${LIMIT_SECONDS} s)`);
  if (seconds > LIMIT_SECONDS) process.exitCode = 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
