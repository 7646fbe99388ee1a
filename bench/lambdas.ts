// Prints for each Lambda the size of its bundle, of its own file in it, and how long a fresh process takes to import it.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readAssembly } from '../local/assembly/assembly.ts';
import { synthesize } from '../local/assembly/synthesize.ts';
import { importOnce } from './import.ts';
import { zippedBytes } from './zip.ts';

const RUNS = 9;
const clusters = fileURLToPath(new URL('../clusters', import.meta.url));
const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1)} KB`;
const row = (cells: readonly string[]) =>
  console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(20) : cell.padStart(14))).join(''));

const directory = mkdtempSync(join(tmpdir(), 'hopsdr-bench-'));
try {
  const { functions } = readAssembly(await synthesize(clusters, directory), { region: 'eu-north-1', stack: 'hopsworks-dr-example' });
  row(['Lambda', 'bundle', 'zipped', 'its own file', 'import ms', 'from-to']);
  const bundles = [...new Set(functions.map(({ codeDirectory }) => codeDirectory))];
  for (const lambda of new Map(functions.map((found) => [found.handler, found])).values()) {
    const runs: number[] = [];
    for (let count = 0; count < RUNS; count++) runs.push(await importOnce(lambda));
    const [fastest = 0, slowest = 0] = [Math.min(...runs), Math.max(...runs)];
    const median = runs.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
    row([
      lambda.handler.replace('.handler', ''),
      String(bundles.indexOf(lambda.codeDirectory) + 1),
      kilobytes(zippedBytes(lambda.codeDirectory)),
      kilobytes(statSync(join(lambda.codeDirectory, lambda.handler.replace(/\.handler$/, '.mjs'))).size),
      median.toFixed(0),
      `${fastest.toFixed(0)}-${slowest.toFixed(0)}`,
    ]);
  }
  const sum = (directories: readonly string[]) => kilobytes(directories.map(zippedBytes).reduce((total, bytes) => total + bytes, 0));
  console.log(`\n${bundles.length} bundles, zipped: ${sum(bundles)}`);
  console.log(`${functions.length} functions, each with its whole bundle: ${sum(functions.map(({ codeDirectory }) => codeDirectory))}`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
