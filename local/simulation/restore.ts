import type { ActionName } from '../../model/actions.ts';
import { workSeconds } from './assumptions.ts';
import { arnOf } from './machines.ts';
import { createWorld, instanceIds, shareOf } from './world.ts';

/** Seconds that the data of a backup take to be downloaded and restored on so many nodes. */
export interface RestoreFigures {
  readonly atOnce: number;
  readonly oneByOne: number;
}

const parameters = { connectString: 'mgmd:1186', backupId: '263261030', assignments: 'i-b0000000000000000=1' };
const steps: readonly { action: ActionName; parameters: Readonly<Record<string, string>> }[] = [
  {
    action: 'DownloadRondbBackup',
    parameters: { ...parameters, bucket: 'the-bucket', prefix: 'x/restores/practised', listsSha256: '0'.repeat(64) },
  },
  { action: 'RestoreRondbData', parameters: { ...parameters, selection: 'all' } },
];

/** Runs both steps on all nodes together, and on one after the other; each node takes as long as the other time. */
export async function simulateDataRestore(dataNodes: number): Promise<RestoreFigures> {
  const rondb = instanceIds('b', dataNodes);
  const { engine } = createWorld({
    instances: { head: [], rondb, hopsfs: [] },
    machines: {},
    deciders: {},
    seconds: (action, instanceId) => (workSeconds[action] ?? 0) * shareOf(instanceId, dataNodes),
  });

  async function restore(instances: readonly string[]): Promise<number> {
    let seconds = 0;
    for (const step of steps) {
      const { executionArn } = engine.startExecution({
        stateMachineArn: arnOf('hopsdr-x-run-on-nodes'),
        input: {
          ...step,
          targets: { instanceIds: instances },
          timeoutSeconds: 3600,
          AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: `${arnOf('hopsdr-x-restore').replace(':stateMachine:', ':execution:')}:practised`,
        },
      });
      const { status, startDate, stopDate = 0, cause } = await engine.settled(executionArn);
      if (status !== 'SUCCEEDED') throw new Error(`${step.action}: ${status}: ${cause}`);
      seconds += (stopDate - startDate) / 1000;
    }
    return seconds;
  }

  const atOnce = await restore(rondb);
  let oneByOne = 0;
  for (const instanceId of rondb) oneByOne += await restore([instanceId]);
  return { atOnce, oneByOne };
}
