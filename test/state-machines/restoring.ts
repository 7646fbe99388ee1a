import type { Engine } from '../../local/engine/engine.ts';
import { arnOf, definitionOf, runnerFunctions } from '../../local/simulation/machines.ts';
import { createNodes, type Doing, type Ending } from '../../local/simulation/nodes.ts';
import { virtualClock } from '../../local/simulation/virtual-clock.ts';
import type { ActionName } from '../../model/actions.ts';
import type { RestorePlan } from '../../model/plan.ts';
import { practice } from '../local/engine/practice.ts';
import type { Chance } from './chance.ts';

const instance = (letter: string, number: number) => `i-0000000000000${letter}00${number}`;
/** Those of the practised cluster. */
export const instances = {
  heads: [1, 2].map((number) => instance('a', number)),
  rondb: [1, 2, 3, 4].map((number) => instance('b', number)),
  hopsfs: [1, 2, 3].map((number) => instance('c', number)),
};

/** What the states of the restore read in a plan. */
export type Plan = Pick<
  RestorePlan,
  | 'confirmed' | 'prefix' | 'executionId' | 'bucket' | 'connectString' | 'stepSeconds' | 'backupId' | 'rondbInstances' | 'requiredBytes'
  | 'metadataPrefix' | 'listsSha256' | 'heads' | 'assignments' | 'schemaInstance' | 'backupNodeId' | 'usersSha256' | 'objectsSha256' | 'selection'
  | 'accounts' | 'replace' | 'tablesSha256' | 'stops' | 'starts' | 'blocks' | 'hopsfsInstances' | 'storages' | 'dataDirectories'
  | 'rewindPages' | 'nameNode' | 'nameNodeUnits' | 'hopsfsStarters' | 'unitAssignments' | 'safeModeSeconds' | 'searchInstance' | 'searchUrl'
  | 'searchIndex' | 'searchCredentials' | 'kafkaInstance' | 'hopsworksUrl' | 'hopsworksCredentials'
>; // biome-ignore format: a list of names

/** A plan of a restore into some of the instances, with some of what a cluster can have. */
export function anyPlan(chance: Chance): Plan {
  const { between, oneOf, isTrue } = chance;
  const some = (all: readonly string[], least = 1) => all.slice(0, between(least, all.length));
  const [heads, rondbInstances, datanodes] = [some(instances.heads), some(instances.rondb), some(instances.hopsfs)];
  const [head = ''] = heads;
  const assigned = (ids: readonly string[], what: string) => ids.map((id) => `${id}=${what}`).join(';');
  const phases = () =>
    Array.from({ length: between(0, 3) }, () => ({ instanceIds: oneOf([heads, rondbInstances, datanodes]), units: 'a+b' }));
  return {
    confirmed: true,
    prefix: 'x/restores/practised',
    executionId: 'practised',
    bucket: 'the-bucket',
    connectString: 'mgmd:1186',
    stepSeconds: 36_000,
    backupId: '263261030',
    rondbInstances,
    requiredBytes: '1',
    listsSha256: '0'.repeat(64),
    metadataPrefix: 'x/backups/263261030',
    heads,
    assignments: assigned(rondbInstances, '1'),
    schemaInstance: oneOf(rondbInstances),
    backupNodeId: '1',
    usersSha256: '0'.repeat(64),
    objectsSha256: '0'.repeat(64),
    selection: 'all',
    accounts: 'keep',
    replace: isTrue(0.5),
    tablesSha256: '0'.repeat(64),
    stops: phases(),
    starts: phases(),
    blocks: oneOf(['none', 'disks', 's3'] as const),
    hopsfsInstances: datanodes,
    storages: assigned(datanodes, 'DS-1'),
    dataDirectories: '/srv/dn',
    rewindPages: between(0, 3),
    nameNode: head,
    nameNodeUnits: 'namenode',
    hopsfsStarters: [...heads.slice(1), ...datanodes],
    unitAssignments: assigned(datanodes, 'datanode'),
    safeModeSeconds: '7200',
    searchInstance: isTrue(0.5) ? head : '',
    searchUrl: 'https://127.0.0.1:9200',
    searchIndex: 'projects',
    searchCredentials: 'none',
    kafkaInstance: isTrue(0.5) ? head : '',
    hopsworksUrl: isTrue(0.5) ? 'https://hopsworks' : '',
    hopsworksCredentials: 'none',
  };
}

/** An action that goes wrong on some instances, at that time of sending it, counted from 1. */
export interface Trouble {
  readonly action: ActionName;
  readonly time: number;
  readonly instanceIds: readonly string[];
  readonly ending: Exclude<Ending, 'success'>;
}

/** The restore's own machines, with the Lambdas that send and read, on a virtual clock; every delay is a matter of chance. */
export function restoring(plan: Plan, chance: Chance, trouble?: Trouble) {
  const clock = virtualClock();
  const record: Doing[] = [];
  const isTroubled = (action: ActionName, time: number, instanceId: string) =>
    trouble?.action === action && trouble.time === time && trouble.instanceIds.includes(instanceId);
  const nodes = createNodes({
    clock,
    instances: { head: instances.heads, rondb: instances.rondb, hopsfs: instances.hopsfs },
    record,
    course: (action, time, instanceId) => ({
      delayMs: chance.milliseconds(),
      durationMs: chance.milliseconds(),
      ending: trouble && isTroubled(action, time, instanceId) ? trouble.ending : 'success',
    }),
  });
  const { send, read } = runnerFunctions(nodes, clock);

  const lambda = (what: string, answer: (payload: never) => unknown) => async (_: string, payload: unknown) => {
    const doing: Doing = { what, where: 'lambda', step: `${what} ${record.length}`, begun: clock.now(), ended: undefined };
    record.push(doing);
    await clock.sleep(chance.milliseconds() / 10, new AbortController().signal);
    doing.ended = clock.now();
    return answer(payload as never);
  };
  const functions = {
    send: (_: string, payload: unknown) => send(payload),
    read: (_: string, payload: unknown) => read(payload),
    lease: async () => ({ taken: true }),
    survey: lambda('SurveyBlocks', ({ progress }: { progress: object | null }) => ({ done: progress !== null })),
    plan: lambda('PlanRestore', () => plan),
    rewind: lambda('RewindBlockBucket', () => ({})),
    report: lambda('ReportRestore', () => ({ verdict: 'equal' })),
  };
  const runner = arnOf('runner');
  const machines = {
    'hopsdr-x-restore': definitionOf('restore', {
      RunOnNodes: runner,
      TakeLease: 'lease',
      ReleaseLease: 'lease',
      SurveyBlocks: 'survey',
      PlanRestore: 'plan',
      RewindBlockBucket: 'rewind',
      ReportRestore: 'report',
      ConnectString: plan.connectString,
      Definition: 'none',
      PasswordFile: '/srv/password',
      Blocks: plan.blocks,
      DataDirectories: plan.dataDirectories,
    }),
    runner: definitionOf('run-on-nodes', { TakeLease: 'lease', SendCommand: 'send', ReadCommand: 'read' }),
  };
  const engine: Engine = practice(machines, functions, clock);
  const { executionArn } = engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-restore'), name: 'practised', input: {} });
  return { engine, executionArn, record, clock };
}
