// Prints, as Markdown, what the state machines themselves cost in time, events and calls, on a virtual clock.
import { assumed, lambdaSeconds, workSeconds } from '../local/simulation/assumptions.ts';
import { simulateBackup } from '../local/simulation/backup.ts';
import { simulateDataRestore } from '../local/simulation/restore.ts';

const NODES = [2, 8, 48, 144];
const DURATIONS = [
  ['1 min', 60],
  ['9 min', 540],
  ['1 h', 3600],
  ['24 h', 86_400],
  ['48 h', 172_800],
] as const;

const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
const header = (cells: readonly string[]) => {
  row(cells);
  row(cells.map(() => '---'));
};
const inWords = (values: Readonly<Record<string, number>>, unit: string) =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value} ${unit}`)
    .join(', ');

console.log(`Assumed: ${inWords(assumed, 'ms')}; work of the slowest node: ${inWords(workSeconds, 's')}; Lambdas: ${inWords(lambdaSeconds, 's')}.
The share of the time in which nobody works: states and polling, with the requests of SendCommand and ReadCommand, with SSM's delivery too.\n`);
header([
  'native backup',
  'data nodes',
  'events, top level',
  'events, longest step',
  'transitions',
  'Lambda calls',
  'SSM calls',
  'detection s',
  'whole s',
  'states and polling',
  'with requests',
  'with delivery',
]);
for (const [name, nativeSeconds] of DURATIONS) {
  for (const dataNodes of NODES) {
    const { status, seconds, idleSeconds, ...figures } = await simulateBackup(dataNodes, nativeSeconds);
    if (status !== 'SUCCEEDED') throw new Error(`The simulated backup of ${dataNodes} data nodes ended as ${status}.`);
    const { statesAndPolling, requests, delivery } = idleSeconds;
    const shares = [statesAndPolling, statesAndPolling + requests, statesAndPolling + requests + delivery];
    row([
      name,
      dataNodes,
      figures.events,
      Math.max(...Object.values(figures.stepEvents)),
      figures.transitions,
      figures.invocations,
      figures.requests,
      figures.detectionSeconds.toFixed(1),
      seconds.toFixed(0),
      ...shares.map((idle) => `${((100 * idle) / seconds).toFixed(2)} %`),
    ]);
  }
}

console.log('\nThe data of a backup, downloaded and restored:\n');
header(['data nodes', 'all at once, s', 'one by one, s', 'ratio']);
for (const dataNodes of NODES) {
  const { atOnce, oneByOne } = await simulateDataRestore(dataNodes);
  row([dataNodes, atOnce.toFixed(0), oneByOne.toFixed(0), (oneByOne / atOnce).toFixed(1)]);
}
