import { describe, expect, it } from 'vitest';
import { cancelCommands } from '../../lambdas/cancel-commands/cancel-commands.ts';
import { createEngine } from '../../local/engine/engine.ts';
import { assumed } from '../../local/simulation/assumptions.ts';
import { arnOf, definitionOf, runnerFunctions } from '../../local/simulation/machines.ts';
import { createNodes, type Doing } from '../../local/simulation/nodes.ts';
import { never, virtualClock } from '../../local/simulation/virtual-clock.ts';
import { instanceIds } from '../../local/simulation/world.ts';
import { actionStates, tasks } from '../fixtures/states.ts';
import { onEntering } from '../story/entering.ts';

const [head = ''] = instanceIds('a', 1);
const instances = { head: [head], rondb: instanceIds('b', 2), hopsfs: instanceIds('c', 2) };
const plan = {
  backupId: '263261030',
  cluster: 'x',
  bucket: 'the-bucket',
  prefix: 'x/backups/263261030',
  connectString: 'mgmd:1186',
  stepSeconds: 172_800,
  requiredBytes: '1',
  head,
  rondbInstances: instances.rondb,
  hopsfsInstances: instances.hopsfs,
  blocks: 'disks',
  dataDirectories: '/srv/dn',
  previousBackupId: 'none',
};
const values = {
  ConnectString: 'mgmd:1186',
  Definition: 'none',
  PasswordFile: '/srv/password',
  Blocks: 'disks',
  DataDirectories: '/srv/dn',
};
const settings = { ...values, BytesPerSecond: '0', GraceDays: '21', RemoveDebris: 'false', Topic: 'arn:aws:sns:eu-north-1:1:topic' };
/** Every Lambda function goes by the name of its state. */
const functionNames = Object.fromEntries(tasks.map(({ name }) => [name, name]));

/** A backup in which every action takes a minute on every node; `cleanUp` follows an execution that was stopped. */
function backingUp() {
  const clock = virtualClock();
  const record: Doing[] = [];
  const course = () => ({ delayMs: assumed.delivery, durationMs: 60_000, ending: 'success' }) as const;
  const nodes = createNodes({ clock, instances, record, course });
  const runner = runnerFunctions(nodes, clock, async (arn) => engine.describeExecution(arn).status === 'RUNNING');
  let isPlanned = false;
  const released: unknown[] = [];
  const functions: Readonly<Record<string, (payload: unknown) => unknown>> = {
    SendCommand: runner.send,
    ReadCommand: runner.read,
    PlanBackup: () => {
      isPlanned = true;
      return plan;
    },
    CheckBlockBucket: () => ({ warnings: [] }),
    CancelCommands: (payload) => cancelCommands(payload, { ...nodes, documentPrefix: 'hopsdr-x-' }),
    DescribeFailure: () => ({ subject: 'subject', message: 'message', error: 'Operator', sweep: isPlanned, plan, verification: null }),
    ReleaseLease: (payload) => void released.push(payload),
  };
  const machines = ['backup', 'run-on-nodes', 'clean-up'] as const;
  const engine = createEngine({
    stateMachines: machines.map((machine) => ({
      name: `hopsdr-x-${machine}`,
      arn: arnOf(`hopsdr-x-${machine}`),
      definition: definitionOf(machine, { ...functionNames, ...settings, RunOnNodes: arnOf('hopsdr-x-run-on-nodes') }),
    })),
    async invokeFunction(name, payload) {
      await clock.sleep(assumed.lambda, never);
      return (await functions[name]?.(payload)) ?? {};
    },
    publishMessage: async () => 'message-id',
    clock,
  });
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-backup'), name: 'b', input: { cluster: 'x' } });
  const cleanUp = async () => {
    const { stopDate } = engine.describeExecution(executionArn);
    const input = { executionArn, stopDate };
    return await engine.settled(engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-clean-up'), name: 'c', input }).executionArn);
  };
  return { clock, record, engine, executionArn, cleanUp, released, isPlanned: () => isPlanned };
}

/** When SendCommand runs; when the agents have not begun; when all nodes are at it. */
const moments = [50, 700, 30_000];

describe('a backup that is stopped', () => {
  it.each(
    actionStates.filter(({ machine }) => machine === 'backup').flatMap(({ name }) => moments.map((moment) => [moment, name] as const)),
  )('%i ms after it entered %s has ended on all nodes before they are swept, and frees the lease at last', async (moment, state) => {
    const { clock, record, engine, executionArn, cleanUp, released, isPlanned } = backingUp();
    await onEntering({ engine }, executionArn, state);
    await clock.sleep(moment, never);

    const { stopDate = 0 } = await engine.stopExecution(executionArn, { error: 'Operator' });
    const { status } = await cleanUp();

    expect(status).toBe('SUCCEEDED');
    const swept = record.filter(({ begun }) => begun > stopDate + 10_000);
    const sweep = [['AbortRondbBackup', head], ...instances.rondb.map((instanceId) => ['RemoveLocalBackup', instanceId])];
    expect(swept.map(({ what, where }) => [what, where])).toEqual(isPlanned() ? sweep : []);
    const ends = record.filter((doing) => !swept.includes(doing)).map(({ ended = Number.POSITIVE_INFINITY }) => ended - stopDate);
    expect(Math.max(...ends, 0)).toBeLessThan(10_000);
    expect(released).toEqual([{ execution: executionArn, done: false }]);
  });
});
