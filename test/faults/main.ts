// npm run faults: injects every fault of the matrix and prints how each ended. --write: writes docs/faults.md. --without-rondb: says
// and accepts that the rows of a real RonDB are not run.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startVitest, type TestModule } from 'vitest/node';
import type { Played } from './fault.ts';
import { faults, matrix } from './matrix.ts';
import type { Met } from './side-by-side.ts';
import { pageOf, printed, resultsOf, summary } from './table.ts';

const { values: options } = parseArgs({ options: { write: { type: 'boolean' }, 'without-rondb': { type: 'boolean' } } });
if (options.write) writeFileSync(new URL('../../docs/faults.md', import.meta.url), pageOf(matrix));

const played: Played[] = [];
const sideBySide: Met[] = [];
const collect = (modules: readonly TestModule[]) => {
  for (const test of modules.flatMap((module) => [...module.children.allTests()])) {
    const { fault } = test.meta();
    if (fault) played.push(fault);
    if (test.meta().sideBySide) sideBySide.push(...(test.meta().sideBySide ?? []));
    for (const { message } of test.result().errors ?? []) console.error(`${test.name}: ${message}`);
  }
};
const config = new URL('../vitest.config.ts', import.meta.url).pathname;
const vitest = await startVitest('test', ['test/faults/'], { config, watch: false, reporters: [{ onTestRunEnd: collect }] });
await vitest.close();

const results = resultsOf(faults, played);
const notRun = results.filter(({ verdict }) => verdict === 'NOT RUN');
const excused = (options['without-rondb'] ?? false) && notRun.every(({ fault }) => fault.needsRondb);
console.log(`${printed(results)}\n`);
console.table(sideBySide);
console.log(summary(results));
if (notRun.length > 0 && !excused) {
  console.log(
    'Rows that were not run prove nothing. Set RONDB_HOME, or say --without-rondb to accept that those of a real RonDB are missing.',
  );
}
const failed =
  sideBySide.some(({ ours }) => ours !== 'failed by name') ||
  results.some(({ verdict }) => verdict === 'DIFFERS') ||
  (notRun.length > 0 && !excused);
process.exitCode = failed || process.exitCode ? 1 : 0;
