import { type ActionName, actions } from '../../model/actions.ts';
import type { RestorePlan } from '../../model/plan.ts';

type Phases = RestorePlan['stops'];
type Decided = Pick<
  RestorePlan,
  | 'stepSeconds'
  | 'heads'
  | 'rondbInstances'
  | 'replace'
  | 'stops'
  | 'starts'
  | 'blocks'
  | 'hopsfsInstances'
  | 'hopsfsStarters'
  | 'safeModeSeconds'
  | 'searchInstance'
  | 'kafkaInstance'
  | 'hopsworksUrl'
>;

/** As the states that wait for Lambdas allow. */
const LAMBDA_SECONDS = 900;

/**
 * The steps that follow the plan, in the order of the state machine, with the limits of their SSM documents or of the plan, and how
 * long each took the last time.
 */
export function stepsOf(plan: Decided, lastSeconds: ReadonlyMap<string, number>): RestorePlan['steps'] {
  const { stepSeconds, rondbInstances, stops, starts } = plan;
  const data = rondbInstances.length;
  const on = (name: ActionName, instances: number, limitSeconds: number = actions[name].timeoutSeconds) => ({
    name,
    instances,
    limitSeconds,
  });
  const when = <T>(condition: boolean, ...steps: T[]) => (condition ? steps : []);
  return [
    on('CheckNodes', new Set([...plan.heads, ...rondbInstances]).size),
    ...when(stops.length > 0, on('StopServices', instancesOf(stops))),
    on('DownloadRondbBackup', data, stepSeconds),
    ...when(plan.replace, on('EmptyRondb', plan.heads.length)),
    on('RestoreRondbSchema', 1, stepSeconds),
    on('RestoreRondbData', data, stepSeconds),
    on('RebuildRondbIndexes', 1, stepSeconds),
    on('RestoreUsers', plan.heads.length),
    on('VerifyRestore', 1),
    ...when(plan.blocks === 'disks', on('RestoreBlocks', plan.hopsfsInstances.length, stepSeconds)),
    ...when(
      plan.blocks === 's3',
      { name: 'RewindBlockBucket', instances: 0, limitSeconds: LAMBDA_SECONDS },
      on('RollBackDeletedBlocks', 1),
    ),
    ...when(
      plan.blocks !== 'none',
      on('StartNameNode', 1),
      on('StartHopsfs', plan.hopsfsStarters.length),
      on('AwaitSafeModeExit', 1, Number(plan.safeModeSeconds)),
    ),
    ...when(plan.searchInstance !== '', on('ReindexOpenSearch', 1)),
    ...when(plan.kafkaInstance !== '', on('RecreateKafkaTopics', 1)),
    ...when(starts.length > 0, on('StartServices', instancesOf(starts))),
    ...when(plan.hopsworksUrl !== '', on('ReindexFeatureStore', 1)),
    on('RemoveLocalBackup', data),
    { name: 'ReportRestore', instances: 0, limitSeconds: LAMBDA_SECONDS },
  ].map((step) => ({ ...step, lastSeconds: lastSeconds.get(step.name) ?? null }));
}

function instancesOf(phases: Phases): number {
  return new Set(phases.flatMap(({ instanceIds }) => instanceIds)).size;
}
