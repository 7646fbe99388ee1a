import { describe, expect, it } from 'vitest';
import { stepsOf } from '../../../lambdas/plan-restore/procedure.ts';
import { type ActionName, actions } from '../../../model/actions.ts';
import { datanodeInstance, HEAD, instanceOf, STEP_SECONDS } from '../../fixtures/backup.ts';
import { tasks } from '../../fixtures/states.ts';

const phase = (...instanceIds: string[]) => ({ instanceIds, units: 'epipe' });
const whole: Parameters<typeof stepsOf>[0] = {
  stepSeconds: STEP_SECONDS,
  heads: [HEAD, instanceOf(1)],
  rondbInstances: [1, 2, 3].map(instanceOf),
  replace: true,
  stops: [phase(HEAD), phase(HEAD, instanceOf(1))],
  starts: [phase(instanceOf(1), instanceOf(2)), phase(instanceOf(3))],
  blocks: 'disks',
  hopsfsInstances: [1, 2].map(datanodeInstance),
  hopsfsStarters: [instanceOf(1), ...[1, 2].map(datanodeInstance)],
  safeModeSeconds: '7200',
  searchInstance: HEAD,
  kafkaInstance: HEAD,
  hopsworksUrl: 'https://127.0.0.1:8182',
};
const namesOf = (plan: typeof whole) => stepsOf(plan, new Map()).map(({ name }) => name);
const before = ['TakeLease', 'InspectCluster', 'InspectHopsfs', 'SurveyBlocks', 'PlanRestore'];
/** The tasks of the restore machine that follow the plan and do something for the cluster. */
const states = tasks.filter(({ machine, name }) => machine === 'restore' && ![...before, 'ReleaseLease'].includes(name));
const ofS3 = ['RewindBlockBucket', 'RollBackDeletedBlocks'];

describe('the steps of a plan', () => {
  it("are the restore machine's after the plan, in its order", () => {
    const order = states.map(({ name }) => name);

    expect(namesOf(whole)).toEqual(order.filter((name) => !ofS3.includes(name)));
    expect(namesOf({ ...whole, blocks: 's3' })).toEqual(order.filter((name) => name !== 'RestoreBlocks'));
  });

  it('have the limits that nodes and Lambdas are given', () => {
    const steps = [...stepsOf(whole, new Map()), ...stepsOf({ ...whole, blocks: 's3' }, new Map())];
    const limits = new Map(steps.map(({ name, limitSeconds }) => [name, limitSeconds]));

    for (const { name, state } of states) {
      const own = state.Arguments?.Input?.action ? actions[name as ActionName].timeoutSeconds : state.TimeoutSeconds;
      const expected = state.Arguments?.Input?.timeoutSeconds ? STEP_SECONDS : own;
      expect([name, limits.get(name)]).toEqual([name, name === 'AwaitSafeModeExit' ? 7200 : expected]);
    }
  });

  it('say on how many instances, an instance in two roles or phases once, and on none for a Lambda', () => {
    const instances = Object.fromEntries(stepsOf({ ...whole, blocks: 's3' }, new Map()).map((step) => [step.name, step.instances]));

    expect(instances).toMatchObject({
      CheckNodes: 4,
      StopServices: 2,
      DownloadRondbBackup: 3,
      EmptyRondb: 2,
      RestoreRondbSchema: 1,
      RestoreRondbData: 3,
      RestoreUsers: 2,
      RewindBlockBucket: 0,
      StartHopsfs: 3,
      StartServices: 3,
      RemoveLocalBackup: 3,
      ReportRestore: 0,
    });
  });

  it('leave out what a restore of RonDB alone has no need of', () => {
    const alone = {
      ...whole,
      replace: false,
      stops: [],
      starts: [],
      blocks: 'none',
      searchInstance: '',
      kafkaInstance: '',
      hopsworksUrl: '',
    } as const;

    expect(namesOf({ ...alone, stops: [], starts: [] })).toEqual([
      'CheckNodes',
      'DownloadRondbBackup',
      'RestoreRondbSchema',
      'RestoreRondbData',
      'RebuildRondbIndexes',
      'RestoreUsers',
      'VerifyRestore',
      'RemoveLocalBackup',
      'ReportRestore',
    ]);
  });

  it('say how long they took the last time, where that is known', () => {
    const steps = stepsOf(whole, new Map([['RestoreUsers', 12.5]]));

    expect(steps.filter(({ lastSeconds }) => lastSeconds !== null)).toEqual([
      expect.objectContaining({ name: 'RestoreUsers', lastSeconds: 12.5 }),
    ]);
  });
});
