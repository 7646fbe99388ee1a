import { describe, expect, it } from 'vitest';
import { openDrill } from '../../local/drill/drill.ts';
import type { Scenario } from '../../local/drill/scenario.ts';
import { scenarios } from '../../local/drill/scenarios.ts';
import { openStage } from '../../local/drill/stage.ts';
import { createTimeline } from '../../local/drill/timeline.ts';
import { rondbHome } from '../rondb-home.ts';
import { synthesizeOnce } from './assemblies.ts';

const MINUTES = 60_000;
/** More of them at a time would only wait for each other's processors. */
const LANES = 3;
/** Those that the real database decides, where there is one. */
const decidedByRondb = process.env.SCENARIOS === 'all' ? ['disaster', 'replace', 'one-project', 'two-heads'] : ['disaster'];
const onRondb = scenarios.filter(({ name }) => rondbHome && decidedByRondb.includes(name));
/** Those that no other test tells from end to end; `npm run test:scenarios` runs all of them, which takes a quarter of an hour. */
const always = ['one-project', 'some-tables', 'missing-storage', 'hopsfs-s3'];
const isWanted = ({ name }: Scenario) => process.env.SCENARIOS === 'all' || always.includes(name);
const onStandIn = scenarios.filter((scenario) => !onRondb.includes(scenario) && isWanted(scenario));

/** Rehearses a scenario on a small cluster. Rejects, with all that it printed, unless it ends as it must. */
async function rehearse({ play, ...scenario }: Scenario, home: string | undefined): Promise<void> {
  const { nodes = 2 } = scenario;
  const printed: string[] = [];
  const drill = await openDrill({ ...scenario, nodes, rows: 500, rondbHome: home, synthesize: synthesizeOnce });
  try {
    await play(
      await openStage(
        drill,
        createTimeline((text) => printed.push(text)),
      ),
    );
  } catch (cause) {
    throw new Error(`${(cause as Error).message}\n${printed.join('')}`, { cause });
  } finally {
    await drill.close();
  }
}

const lanes: Promise<unknown>[] = [];

/** Rehearses after what is in the same lane. */
function rehearseInLane(lane: number, scenario: Scenario): Promise<void> {
  const rehearsed = Promise.resolve(lanes[lane]).then(() => rehearse(scenario, undefined));
  // Its failure is its own test's.
  lanes[lane] = rehearsed.catch(() => undefined);
  return rehearsed;
}

describe('on the stand-in', { timeout: 15 * MINUTES }, () => {
  const numbered = onStandIn.map((scenario, index) => [scenario.name, scenario, index % LANES] as const);

  it.concurrent.for(numbered)('%s ends as it must', async ([, scenario, lane], test) => {
    await test.expect(rehearseInLane(lane, scenario)).resolves.toBeUndefined();
  });
});

describe.skipIf(!rondbHome)('on a real cluster', { timeout: 5 * MINUTES }, () => {
  it.for(onRondb.map((scenario) => [scenario.name, scenario] as const))('%s ends as it must', async ([, scenario]) => {
    await expect(rehearse(scenario, rondbHome)).resolves.toBeUndefined();
  });
});
