import type { BackupPlan } from '../../model/plan.ts';
import { assumed, lambdaSeconds, workSeconds } from './assumptions.ts';
import { coveredMs, type Interval } from './intervals.ts';
import { arnOf } from './machines.ts';
import { createWorld, instanceIds, shareOf } from './world.ts';

/** What one simulated backup took; times in seconds. */
export interface BackupFigures {
  readonly status: string;
  readonly events: number;
  /** History events of each step on nodes. */
  readonly stepEvents: Readonly<Record<string, number>>;
  /** States that were entered, in all executions: what Step Functions charges. */
  readonly transitions: number;
  readonly invocations: number;
  readonly requests: number;
  readonly seconds: number;
  /**
   * In which neither a node nor a Lambda that decides worked: because SSM carried a command to nodes or their end back; because
   * SendCommand or ReadCommand asked SSM; because of states, invocations and the pauses between two looks.
   */
  readonly idleSeconds: { readonly delivery: number; readonly requests: number; readonly statesAndPolling: number };
  /** The longest time from the end of a step's last node until the step had succeeded. */
  readonly detectionSeconds: number;
}

/** Runs the product's backup machine for so many data nodes, whose native backup takes so many seconds. */
export async function simulateBackup(dataNodes: number, nativeSeconds: number, blocks: 'none' | 'disks' = 'none'): Promise<BackupFigures> {
  const rondb = instanceIds('b', dataNodes);
  const hopsfs = instanceIds('c', blocks === 'disks' ? dataNodes : 0);
  const head = instanceIds('a', 1);
  const world = createWorld({
    instances: { head, rondb, hopsfs },
    machines: {
      backup: {
        ConnectString: 'mgmd:1186',
        Definition: 'none',
        PasswordFile: '/srv/password',
        Blocks: blocks,
        DataDirectories: '/srv/dn',
        BytesPerSecond: '0',
        GraceDays: '21',
        RemoveDebris: 'false',
        TakeLease: 'lease',
        ReleaseLease: 'lease',
        PlanBackup: 'plan',
        CheckBlockBucket: 'check',
        SealBackup: 'seal',
        PruneBackups: 'prune',
      },
    },
    deciders: {
      lease: { seconds: lambdaSeconds.lease, answer: { taken: true } },
      plan: { seconds: lambdaSeconds.plan, answer: planOf(head[0] ?? '', rondb, hopsfs, blocks) },
      check: { seconds: lambdaSeconds.check, answer: { warnings: [] } },
      seal: { seconds: lambdaSeconds.seal, answer: {} },
      prune: { seconds: lambdaSeconds.prune, answer: {} },
    },
    seconds(action, instanceId) {
      if (action === 'StartRondbBackup') return nativeSeconds;
      // Ships what was written last after the native backup has ended.
      if (action === 'FollowRondbBackup') return nativeSeconds + shareOf(instanceId, dataNodes);
      return (workSeconds[action] ?? 0) * (instanceId.startsWith('i-a') ? 1 : shareOf(instanceId, dataNodes));
    },
  });
  return await figuresOf(world);
}

async function figuresOf({ engine, record, requests, invocations }: ReturnType<typeof createWorld>): Promise<BackupFigures> {
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-backup'), name: 'backup', input: { cluster: 'x' } });
  const { status, startDate, stopDate = 0 } = await engine.settled(executionArn);
  const events = engine.getExecutionHistory(executionArn);
  const steps = engine.listExecutions(arnOf('hopsdr-x-run-on-nodes')).map((execution) => ({
    action: (execution.input as { action: string }).action,
    events: engine.getExecutionHistory(execution.executionArn),
    stopDate: execution.stopDate ?? 0,
  }));
  const entered = [events, ...steps.map((step) => step.events)].flat().filter(({ type }) => type.endsWith('StateEntered'));
  const endOf = (action: string) => Math.max(...record.filter(({ what }) => what === action).map(({ ended = 0 }) => ended));
  const work = record.map(({ begun, ended = 0 }) => ({ from: begun, to: ended }));
  const carried = record.flatMap(({ where, begun, ended = 0 }) =>
    where === 'lambda' ? [] : [{ from: begun - assumed.delivery, to: ended + assumed.report }],
  );
  const idle = (...others: (readonly Interval[])[]) => (stopDate - startDate - coveredMs([work, ...others].flat())) / 1000;
  return {
    status,
    events: events.length,
    stepEvents: Object.fromEntries(steps.reverse().map((step) => [step.action, step.events.length])),
    transitions: entered.length,
    invocations: invocations.count,
    requests: requests.length,
    seconds: (stopDate - startDate) / 1000,
    idleSeconds: {
      delivery: idle() - idle(carried),
      requests: idle(carried) - idle(carried, requests),
      statesAndPolling: idle(carried, requests),
    },
    detectionSeconds: Math.max(...steps.map((step) => step.stopDate - endOf(step.action))) / 1000,
  };
}

function planOf(head: string, rondbInstances: string[], hopsfsInstances: string[], blocks: BackupPlan['blocks']): Partial<BackupPlan> {
  return {
    cluster: 'x',
    backupId: '263261030',
    bucket: 'the-bucket',
    prefix: 'x/backups/263261030',
    connectString: 'mgmd:1186',
    stepSeconds: 172_800,
    requiredBytes: '1',
    head,
    rondbInstances,
    hopsfsInstances,
    blocks,
    dataDirectories: '/srv/dn',
    previousBackupId: 'none',
  };
}
