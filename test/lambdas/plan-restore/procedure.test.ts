import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { afterwards, leftOut, overwrittenWith, stepsOf } from '../../../lambdas/plan-restore/procedure.ts';
import { type ActionName, actions } from '../../../model/actions.ts';
import { HEAD, instanceOf, START_TIME, STEP_SECONDS } from '../../fixtures/backup.ts';
import { actionStates } from '../../fixtures/states.ts';

const script = (name: string) => readFileSync(new URL(`../../../nodes/${name}.sh`, import.meta.url), 'utf8');

describe('the steps of a plan', () => {
  const heads = [HEAD, instanceOf(1)];
  const steps = stepsOf(STEP_SECONDS, heads, [instanceOf(1), instanceOf(2), instanceOf(3)]);

  it("are the restore machine's after the plan, in its order, with the limits that nodes are given", () => {
    const states = actionStates.filter(({ machine, name }) => machine === 'restore' && name !== 'InspectCluster');

    expect(steps.map(({ name, limitSeconds }) => ({ name, limitSeconds }))).toEqual(
      states.map(({ name, state }) => ({
        name,
        limitSeconds: state.Arguments?.Input?.timeoutSeconds ? STEP_SECONDS : actions[name as ActionName].timeoutSeconds,
      })),
    );
  });

  it('say on how many instances, an instance in two roles once', () => {
    expect(Object.fromEntries(steps.map(({ name, instances }) => [name, instances]))).toEqual({
      CheckNodes: 4,
      DownloadRondbBackup: 3,
      RestoreRondbSchema: 1,
      RestoreRondbData: 3,
      RebuildRondbIndexes: 1,
      RestoreUsers: 2,
      RemoveLocalBackup: 3,
    });
  });
});

describe('what a plan says besides', () => {
  it('names every table that the scripts leave out', () => {
    const tables = [
      /^excluded_tables=(.*)$/m.exec(script('rondb'))?.[1],
      /\$excluded_tables,([^"]+)"/.exec(script('restore-rondb-data'))?.[1],
    ];

    const names = tables.join(',').split(',');
    expect(names).toHaveLength(4);
    for (const name of names) expect(leftOut.join('\n')).toContain(name);
  });

  it('names every account that no dump holds', () => {
    const [, accounts = ''] = /user NOT IN \(([^)]+)\)/.exec(script('dump-metadata')) ?? [];

    const names = accounts.split(', ').map((name) => name.slice(1, -1));
    expect(names).toContain('root');
    for (const name of names) expect(leftOut.join('\n')).toContain(name);
  });

  it('tells from which time on what was in flight in Kafka must be written again', () => {
    expect(afterwards(START_TIME).find((sentence) => sentence.startsWith('Kafka'))).toContain(`wrote since ${START_TIME}`);
    expect(afterwards(undefined).find((sentence) => sentence.startsWith('Kafka'))).toContain('since the recovery point');
  });

  it('tells which tables a restore that was cut off has left, and else of none', () => {
    expect(overwrittenWith(7, instanceOf(2))[0]).toMatch(`The 7 user tables that a restore of this backup, begun on ${instanceOf(2)} and`);
    expect(overwrittenWith(7, undefined)[0]).toMatch(/^No table/);
  });
});
