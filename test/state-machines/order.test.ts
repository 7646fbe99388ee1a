import { describe, expect, it } from 'vitest';
import type { Doing } from '../../local/simulation/nodes.ts';
import type { ActionName } from '../../model/actions.ts';
import { createChance } from './chance.ts';
import { anyPlan, instances, type Plan, restoring, type Trouble } from './restoring.ts';

const SEEDS = Array.from({ length: 10 }, (_, index) => index + 1);

/** A step and where it is done. */
type Step = readonly [what: string, where: readonly string[]];

/** What the plan asks for, in its order; without the look around, whose parts go side by side. */
function stepsOf(plan: Plan): Step[] {
  const { heads, rondbInstances, hopsfsInstances, nameNode, hopsfsStarters, replace, blocks } = plan;
  const first = heads.slice(0, 1);
  const when = (isNeeded: boolean, ...steps: Step[]) => (isNeeded ? steps : []);
  const bringUp: Step[] = [
    ['StartNameNode', [nameNode]],
    ['StartHopsfs', hopsfsStarters],
    ['AwaitSafeModeExit', [nameNode]],
  ];
  return [
    ['PlanRestore', ['lambda']],
    ['CheckNodes', [...heads, ...rondbInstances]],
    ...plan.stops.map(({ instanceIds }): Step => ['StopServices', instanceIds]),
    ['DownloadRondbBackup', rondbInstances],
    ...when(replace, ...heads.map((head): Step => ['EmptyRondb', [head]])),
    ['RestoreRondbSchema', [plan.schemaInstance]],
    ['RestoreRondbData', rondbInstances],
    ['RebuildRondbIndexes', [plan.schemaInstance]],
    ...heads.map((head): Step => ['RestoreUsers', [head]]),
    ['VerifyRestore', first],
    ...when(blocks === 'disks', ['RestoreBlocks', hopsfsInstances], ...bringUp),
    ...when(
      blocks === 's3',
      ...Array.from({ length: plan.rewindPages }, (): Step => ['RewindBlockBucket', ['lambda']]),
      ['RollBackDeletedBlocks', [nameNode]],
      ...bringUp,
    ),
    ...when(plan.searchInstance !== '', ['ReindexOpenSearch', first]),
    ...when(plan.kafkaInstance !== '', ['RecreateKafkaTopics', first]),
    ...plan.starts.map(({ instanceIds }): Step => ['StartServices', instanceIds]),
    ...when(plan.hopsworksUrl !== '', ['ReindexFeatureStore', first]),
    ['RemoveLocalBackup', rondbInstances],
    ['ReportRestore', ['lambda']],
  ];
}

const lookAround = ['InspectCluster', 'InspectHopsfs', 'SurveyBlocks'];

/** What was done after the look around: its steps in the order in which they began, each with what was done for it. */
function stepsDone(record: readonly Doing[]): { what: string; doings: Doing[] }[] {
  const rest = record.filter(({ what }) => !lookAround.includes(what));
  const names = [...new Set(rest.map(({ step }) => step))];
  return names.map((name) => {
    const doings = rest.filter(({ step }) => step === name);
    return { what: doings[0]?.what ?? '', doings };
  });
}

const inShort = (steps: readonly { what: string; doings: readonly Doing[] }[]) =>
  steps.map(({ what, doings }) => [what, doings.map(({ where }) => where).sort()]);
const sorted = (steps: readonly Step[]) => steps.map(([what, where]) => [what, [...where].sort()]);

/** Everything that began while something of an earlier step had not ended. */
function overlaps(record: readonly Doing[]): string[] {
  const groupOf = ({ what, step }: Doing) => (lookAround.includes(what) ? 'look around' : step);
  return record.flatMap((later) =>
    record
      .filter(
        (earlier) => groupOf(earlier) !== groupOf(later) && earlier.begun <= later.begun && record.indexOf(earlier) < record.indexOf(later),
      )
      .filter(({ ended }) => ended === undefined || ended > later.begun)
      .map((earlier) => `${later.what} on ${later.where} began before ${earlier.what} on ${earlier.where} had ended`),
  );
}

/** One of the steps that run on nodes, and some of its nodes. */
function anyTrouble(plan: Plan, chance: ReturnType<typeof createChance>): { trouble: Trouble; position: number } {
  const steps = stepsOf(plan);
  const onNodes = steps.flatMap(([what, where], position) => (where.includes('lambda') ? [] : [{ what, where, position }]));
  const { what, where, position } = chance.oneOf(onNodes);
  const time = steps.slice(0, position + 1).filter(([name]) => name === what).length;
  const [certain = ''] = [...where].reverse();
  const instanceIds = where.filter((instanceId) => instanceId === certain || chance.isTrue(0.3));
  const ending = chance.oneOf(['failure', 'timeout', 'says nothing'] as const);
  return { trouble: { action: what as ActionName, time, instanceIds, ending }, position };
}

describe('the order of a restore, whatever its nodes take', () => {
  it.each(SEEDS)('begins no step before all nodes have ended the one before, by chance %i', async (seed) => {
    const chance = createChance(seed);
    const plan = anyPlan(chance);
    const { engine, executionArn, record } = restoring(plan, chance);

    const { status } = await engine.settled(executionArn);

    expect(status).toBe('SUCCEEDED');
    expect(overlaps(record)).toEqual([]);
    expect(inShort(stepsDone(record))).toEqual(sorted(stepsOf(plan)));
    const inspected = record.filter(({ what }) => what === 'InspectCluster').map(({ where }) => where);
    expect(inspected.sort()).toEqual([...instances.heads, ...instances.rondb]);
  });

  it.each(SEEDS)('begins nothing after a step that failed, lets its other nodes end, and goes on there, by chance %i', async (seed) => {
    const chance = createChance(1000 + seed);
    const plan = anyPlan(chance);
    const steps = sorted(stepsOf(plan));
    const { trouble, position } = anyTrouble(plan, chance);
    const { engine, executionArn, record, clock } = restoring(plan, chance, trouble);

    const { status } = await engine.settled(executionArn);

    expect(status).toBe('FAILED');
    expect(inShort(stepsDone(record))).toEqual(steps.slice(0, position + 1));
    expect(record.filter(({ ended = Number.POSITIVE_INFINITY }) => ended > clock.now())).toEqual([]);

    engine.redriveExecution(executionArn);
    const redriven = await engine.settled(executionArn);

    expect(redriven.status).toBe('SUCCEEDED');
    expect(overlaps(record)).toEqual([]);
    expect(inShort(stepsDone(record))).toEqual([...steps.slice(0, position + 1), ...steps.slice(position)]);
  });
});
