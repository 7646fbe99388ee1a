import { describe, expect, it } from 'vitest';
import { cancelCommands } from '../../lambdas/cancel-commands/cancel-commands.ts';
import { createEngine } from '../../local/engine/engine.ts';
import { assumed } from '../../local/simulation/assumptions.ts';
import { arnOf, definitionOf, runnerFunctions } from '../../local/simulation/machines.ts';
import { createNodes, type Doing } from '../../local/simulation/nodes.ts';
import { never, virtualClock } from '../../local/simulation/virtual-clock.ts';
import { actionStates, tasks } from '../fixtures/states.ts';
import { onEntering } from '../story/entering.ts';
import { createChance } from './chance.ts';
import { anyPlan, instances } from './restoring.ts';

const [head = ''] = instances.heads;
const { heads, rondb, hopsfs } = instances;
const common = { cluster: 'x', bucket: 'the-bucket', connectString: 'mgmd:1186', stepSeconds: 172_800, backupId: '263261030' };
const backupPlan = {
  ...common,
  prefix: 'x/backups/263261030',
  requiredBytes: '1',
  head,
  rondbInstances: rondb,
  hopsfsInstances: hopsfs,
  blocks: 'disks',
  dataDirectories: '/srv/dn',
  previousBackupId: 'none',
};
/** Has everything that a restore can do, except what depends on where blocks are. */
const restorePlan = (blocks: 'disks' | 's3') => ({
  ...anyPlan(createChance(1)),
  heads,
  rondbInstances: rondb,
  hopsfsInstances: hopsfs,
  blocks,
  replace: true,
  rewindPages: 1,
  stops: [{ instanceIds: heads, units: 'a+b' }],
  starts: [{ instanceIds: heads, units: 'a+b' }],
  searchInstance: head,
  kafkaInstance: head,
  hopsworksUrl: 'https://hopsworks',
});
const checked = { ...common, depth: 'bytes', storages: 3 };
const verificationPlan = {
  ...checked,
  prefix: 'x/verifications/practised',
  requiredBytes: '1',
  listsSha256: '0'.repeat(64),
  rondbInstances: rondb,
  hopsfsInstances: hopsfs,
  assignments: `${rondb[0]}=1`,
  storages: `${hopsfs[0]}=DS-1`,
};
const values = {
  Cluster: 'x',
  Bucket: 'the-bucket',
  ConnectString: 'mgmd:1186',
  Definition: 'none',
  PasswordFile: '/srv/password',
  DataDirectories: '/srv/dn',
  BytesPerSecond: '0',
  GraceDays: '21',
  RemoveDebris: 'false',
  Topic: 'arn:aws:sns:eu-north-1:1:topic',
};
/** Every Lambda function goes by the name of its state. */
const functionNames = Object.fromEntries(tasks.map(({ name }) => [name, name]));

const stoppable = ['backup', 'restore', 'verify', 'sweep'] as const;
type Stoppable = (typeof stoppable)[number];

/** A machine of which every action takes a minute on every node; `cleanUp` follows an execution that was stopped. */
function running(machine: Stoppable, blocks: 'disks' | 's3' = 'disks') {
  const clock = virtualClock();
  const record: Doing[] = [];
  const course = () => ({ delayMs: assumed.delivery, durationMs: 60_000, ending: 'success' }) as const;
  const nodes = createNodes({ clock, instances: { head: heads, rondb, hopsfs }, record, course });
  const runner = runnerFunctions(nodes, clock, async (arn) => engine.describeExecution(arn).status === 'RUNNING');
  const planned = new Set<Stoppable>();
  const plan = (of: Stoppable, answer: object) => () => {
    planned.add(of);
    return answer;
  };
  const released: unknown[] = [];
  const functions: Readonly<Record<string, (payload: unknown) => unknown>> = {
    SendCommand: runner.send,
    ReadCommand: runner.read,
    PlanBackup: plan('backup', backupPlan),
    PlanRestore: plan('restore', restorePlan(blocks)),
    PlanVerification: plan('verify', verificationPlan),
    CheckObjects: () => checked,
    SurveyBlocks: () => ({ done: true }),
    CheckBlockBucket: () => ({ warnings: [] }),
    CancelCommands: (payload) => cancelCommands(payload, { ...nodes, documentPrefix: 'hopsdr-x-' }),
    DescribeFailure: () => ({
      subject: 'subject',
      message: 'message',
      error: 'Operator',
      sweep: planned.has('backup'),
      plan: planned.has('backup') ? backupPlan : null,
      verification: planned.has('verify') ? verificationPlan : null,
    }),
    ReleaseLease: (payload) => void released.push(payload),
  };
  const engine = createEngine({
    stateMachines: ([...stoppable, 'run-on-nodes', 'clean-up'] as const).map((name) => ({
      name: `hopsdr-x-${name}`,
      arn: arnOf(`hopsdr-x-${name}`),
      definition: definitionOf(name, { ...functionNames, ...values, Blocks: blocks, RunOnNodes: arnOf('hopsdr-x-run-on-nodes') }),
    })),
    async invokeFunction(name, payload) {
      await clock.sleep(assumed.lambda, never);
      return (await functions[name]?.(payload)) ?? {};
    },
    publishMessage: async () => 'message-id',
    clock,
  });
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf(`hopsdr-x-${machine}`), name: 'e', input: { cluster: 'x' } });
  const cleanUp = async () => {
    const { stopDate } = engine.describeExecution(executionArn);
    const input = { executionArn, stopDate };
    return await engine.settled(engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-clean-up'), name: 'c', input }).executionArn);
  };
  return { clock, record, engine, executionArn, cleanUp, released, planned };
}

/** When SendCommand runs; when the agents have not begun; when all nodes are at it. The first two are the same for all machines. */
const momentsOf = (machine: Stoppable) => (machine === 'backup' ? [50, 700, 30_000] : [30_000]);
const actionsOf = (machine: Stoppable) => [...new Set(actionStates.filter((state) => state.machine === machine).map(({ name }) => name))];
/** What is removed from the nodes after one that was planned. */
const sweeps: Partial<Record<Stoppable, readonly (readonly [what: string, where: string])[]>> = {
  backup: [['AbortRondbBackup', head], ...rondb.map((where) => ['RemoveLocalBackup', where] as const)],
  verify: rondb.map((where) => ['RemoveVerification', where] as const),
};

describe.each(stoppable)('a %s that is stopped', (machine) => {
  it.each(actionsOf(machine).flatMap((name) => momentsOf(machine).map((moment) => [moment, name] as const)))(
    '%i ms after it entered %s has ended on all nodes before they are swept, frees the lease at last, and can be redriven to its end',
    async (moment, state) => {
      const blocks = state === 'RollBackDeletedBlocks' ? 's3' : 'disks';
      const { clock, record, engine, executionArn, cleanUp, released, planned } = running(machine, blocks);
      await onEntering({ engine }, executionArn, state);
      await clock.sleep(moment, never);

      const { stopDate = 0 } = await engine.stopExecution(executionArn, { error: 'Operator' });
      const { status } = await cleanUp();

      expect(status).toBe('SUCCEEDED');
      const swept = record.filter(({ begun }) => begun > stopDate + 10_000);
      expect(swept.map(({ what, where }) => [what, where])).toEqual(planned.has(machine) ? (sweeps[machine] ?? []) : []);
      const ends = record.filter((doing) => !swept.includes(doing)).map(({ ended = Number.POSITIVE_INFINITY }) => ended - stopDate);
      expect(Math.max(...ends, 0)).toBeLessThan(10_000);
      expect(released).toEqual([{ execution: executionArn, done: false }]);

      engine.redriveExecution(executionArn);
      expect(await engine.settled(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
    },
  );
});
