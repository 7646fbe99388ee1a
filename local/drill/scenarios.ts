import type { Scenario } from './scenario.ts';
import { hopsfsDisks, hopsfsS3, missingBlock, safeModeStuck } from './scenarios/hopsfs.ts';
import { oneProject, replace, someTables } from './scenarios/parts.ts';
import { alteredByte, missingStorage, plan } from './scenarios/plans.ts';
import { epipeRuns, serviceStuck, topicFails } from './scenarios/repairs.ts';
import { verify } from './scenarios/verify.ts';
import { disaster, fewerNodes, fourNodes, moreNodes, pointInTime, rondbAlone, twoHeads } from './scenarios/whole.ts';

/** Every scenario, the one that is rehearsed by default first. */
export const scenarios: readonly [Scenario, ...Scenario[]] = [
  ...[disaster, plan, rondbAlone, fourNodes, fewerNodes, moreNodes, twoHeads, pointInTime],
  ...[replace, oneProject, someTables],
  ...[hopsfsDisks, hopsfsS3, missingStorage, safeModeStuck, missingBlock],
  ...[verify, alteredByte, serviceStuck, topicFails, epipeRuns],
] as [Scenario, ...Scenario[]];

/** Names and what happens, a line each. */
export function listScenarios(): string {
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  return scenarios.map(({ name, happens }) => `${name.padEnd(width)}  ${happens}`).join('\n');
}
