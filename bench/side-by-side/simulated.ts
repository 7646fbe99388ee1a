import { fileURLToPath } from 'node:url';
import { simulateBackup } from '../../local/simulation/backup.ts';
import { simulateDataRestore } from '../../local/simulation/restore.ts';
import type { Simulated } from './figures.ts';
import { run } from './measure.ts';

const FEWEST = 2;
const MOST = 144;
/** Seconds of the native backup in a backup of about 10 minutes. */
const NATIVE_SECONDS = 540;

/** The figures of the issue, and the tables of the whole simulation; in a smoke test without these. */
export async function simulate(quick: boolean): Promise<Simulated> {
  const script = fileURLToPath(new URL('../orchestration.ts', import.meta.url));
  const command = { words: [process.execPath, '--import', 'tsx', script], environment: process.env } as const;
  const runs = [];
  for (const dataNodes of [FEWEST, MOST]) runs.push({ dataNodes, ...(await simulateBackup(dataNodes, NATIVE_SECONDS)) });
  const { atOnce, oneByOne } = await simulateDataRestore(MOST);
  return {
    tables: quick ? '' : await run(command),
    events: runs.map(({ dataNodes, events, stepEvents }) => ({
      dataNodes,
      topLevel: events,
      longestStep: Math.max(...Object.values(stepEvents)),
    })),
    overhead: Math.max(...runs.map(({ idleSeconds, seconds }) => idleSeconds.statesAndPolling / seconds)),
    restoreRatio: oneByOne / atOnce,
  };
}
