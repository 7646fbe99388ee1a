import { describeFailure as describe } from '../../../lambdas/describe-failure/describe-failure.ts';
import type { Clock } from '../../../local/engine/clock.ts';
import type { HistoryEvent } from '../../../local/engine/history.ts';
import { arnOf, runnerFunctions } from '../../../local/simulation/machines.ts';
import { createNodes, type Doing, type NodesOptions } from '../../../local/simulation/nodes.ts';
import { virtualClock } from '../../../local/simulation/virtual-clock.ts';
import type { ActionName } from '../../../model/actions.ts';
import { describeFailure } from '../../../model/failure.ts';
import { layout } from '../../../model/layout.ts';
import type { BackupPlan } from '../../../model/plan.ts';
import { type MachineName, readDefinition } from '../../../state-machines/definitions.ts';
import { backupPlan, dataNode, datanodeInstance, instanceOf } from '../../fixtures/backup.ts';
import { type MemoryBucket, memoryBucket } from '../../fixtures/bucket.ts';
import { type PractisedFunction, practice } from '../../local/engine/practice.ts';
import { createChance } from '../../state-machines/chance.ts';
import { anyPlan, instances, type Plan } from '../../state-machines/restoring.ts';
import type { Fault, Measured, Outcome } from '../fault.ts';
import { namedIn } from './script.ts';

export type SimulatedNodes = ReturnType<typeof createNodes>;
type Course = ReturnType<NodesOptions['course']>;

export const [HEAD = ''] = instances.heads;
export const RONDB = instances.rondb.slice(0, 2);
export const HOPSFS = instances.hopsfs.slice(0, 2);
const roles = { head: [HEAD], rondb: RONDB, hopsfs: HOPSFS };
/** Those that are simulated, and those of the fixtures that rows about one Lambda take. */
const names = Object.fromEntries([
  ...Object.entries(roles).flatMap(([role, ids]) => ids.map((id, index) => [id, `${role}-${index + 1}`])),
  ...[1, 2].flatMap((number) => [
    [instanceOf(number), `rondb-${number}`],
    [datanodeInstance(number), `hopsfs-${number}`],
  ]),
]) as Record<string, string>;
/** Of the minute in which virtual clocks start. */
const BACKUP_ID = '250010000';
/** What a restore must not begin when something was wrong before. */
const CHANGING = new Set(['EmptyRondb', 'RestoreRondbSchema', 'RestoreRondbData', 'RebuildRondbIndexes', 'RestoreUsers', 'RestoreBlocks']);

/** A row for the real state machines, with the functions behind run-on-nodes, on simulated nodes and a virtual clock. */
interface MachineRow extends Pick<Fault, 'id' | 'item' | 'injected' | 'where' | 'limit'> {
  readonly machine: 'backup' | 'restore' | 'verify' | 'sweep';
  /** Of the execution, besides the cluster. */
  readonly input?: object;
  /** What the bucket holds; the plan of a backup when left out. */
  readonly bucket?: () => MemoryBucket;
  /** How an action goes otherwise than well, within ten seconds. */
  readonly course?: (action: ActionName, time: number, instanceId: string) => Partial<Course> | undefined;
  /** What SSM does otherwise; it can ask whether only clean-up is left. */
  readonly ssm?: (nodes: SimulatedNodes, clock: Clock, hasEnded: () => boolean) => Partial<SimulatedNodes>;
  /** What an instance answers otherwise than any. */
  readonly answers?: (action: ActionName, instanceId: string, bucket: MemoryBucket) => unknown;
  /** Lambdas by the name of their state; those of run-on-nodes take the place of the real ones, which they can call. */
  readonly lambdas?: (real: Record<string, PractisedFunction>, clock: Clock, bucket: MemoryBucket) => Record<string, PractisedFunction>;
  readonly error: Outcome['error'];
  readonly step?: string;
  readonly node?: string;
  readonly remains: string;
}

export function onMachine({ id, item, injected, where, limit, error, step = '-', node = '-', remains, ...row }: MachineRow): Fault {
  return { id, item, injected, where, limit, expected: { error, step, node, remains }, play: () => play(row) };
}

type Played = Pick<MachineRow, 'machine' | 'input' | 'bucket' | 'course' | 'ssm' | 'answers' | 'lambdas'>;

async function play({ machine, course = () => ({}), ssm = () => ({}), lambdas = () => ({}), ...row }: Played): Promise<Measured> {
  const clock = virtualClock();
  const stored = row.bucket?.() ?? memoryBucket({ [layout.plan('x', BACKUP_ID)]: JSON.stringify(planned()) });
  let hasEnded = false;
  const record: Doing[] = [];
  const done = new Set<string>();
  const simulated = createNodes({
    clock,
    record,
    instances: roles,
    course: (action, time, instanceId) => ({
      ...{ delayMs: 1000, durationMs: 10_000, ending: 'success' },
      ...course(action, time, instanceId),
    }),
  });
  const nodes: SimulatedNodes = {
    ...simulated,
    async readOutput(commandId, instanceId) {
      const output = await simulated.readOutput(commandId, instanceId);
      const answer = output.stdout.startsWith('{') && row.answers?.(commandId.split(' ')[0] as ActionName, instanceId, stored);
      return answer ? { ...output, stdout: JSON.stringify(answer) } : output;
    },
  };
  const { send, read } = runnerFunctions({ ...nodes, ...ssm(nodes, clock, () => hasEnded) }, clock);
  const answering = (answer: unknown) => () => answer;
  const real: Record<string, PractisedFunction> = {
    SendCommand: (_, payload) => send(payload),
    ReadCommand: (_, payload) => read(payload),
    PlanBackup: answering(planned()),
    PlanRestore: answering(restorePlan()),
    CheckBlockBucket: answering({ warnings: [] }),
    SurveyBlocks: answering({ done: true }),
    CancelCommands: () => ({ executing: record.filter(({ ended }) => ended === undefined).length }),
    DescribeFailure: (_, payload) =>
      describe(payload, {
        cluster: 'x',
        bucketName: 'example-backups',
        connectString: 'mgmd:1186',
        runbook: 'https://runbook',
        bucket: stored,
      }),
  };
  const functions = new Proxy(
    { ...real, ...lambdas(real, clock, stored) },
    {
      get:
        (target, name: string) =>
        async (...call: Parameters<PractisedFunction>) => {
          const answer = await (target[name] ?? answering({}))(...call);
          done.add(name);
          return answer;
        },
    },
  );
  const machines = ['backup', 'restore', 'verify', 'sweep', 'clean-up'] as const;
  const engine = practice(
    { ...Object.fromEntries(machines.map((name) => [`hopsdr-x-${name}`, loaded(name)])), runner: loaded('run-on-nodes') },
    functions,
    clock,
  );
  const { executionArn } = engine.startExecution({
    stateMachineArn: arnOf(`hopsdr-x-${machine}`),
    name: 'practised',
    input: { cluster: 'x', ...(machine === 'restore' && { confirm: 'x' }), ...row.input },
  });
  stored.objects.set(layout.lease('x'), JSON.stringify({ holder: { execution: executionArn, since: 'its start' }, turn: 1 }));
  const { status, startDate, stopDate = 0, error = status, cause = '' } = await engine.settled(executionArn);
  hasEnded = true;
  const seconds = (stopDate - startDate) / 1000;
  const succeeded = status === 'SUCCEEDED';
  if (!succeeded) {
    const input = { executionArn, status, startDate, stopDate: Math.ceil(stopDate), error, cause, input: '{"cluster":"x"}' };
    const cleanUp = await engine.settled(engine.startExecution({ stateMachineArn: arnOf('hopsdr-x-clean-up'), input }).executionArn);
    if (cleanUp.status !== 'SUCCEEDED') throw new Error(`clean-up ended as ${cleanUp.status}: ${cleanUp.cause}`);
  }
  const reason = describeFailure(error, cause);
  const named = namedIn({ name: reason.error, message: reason.message }, names);
  const left = [...leftOf(record, done, clock.now()), ...(row.bucket ? leftIn(stored) : [])].join(', ') || 'nothing';
  if (succeeded) return { error: 'survives', step: '-', node: '-', remains: left, seconds };
  return { ...named, step: failedState(engine.getExecutionHistory(executionArn)), remains: left, seconds };
}

function leftOf(record: readonly Doing[], done: ReadonlySet<string>, now: number): string[] {
  const began = new Set(record.map(({ what }) => what));
  const times = (action: string) => record.filter(({ what }) => what === action).length;
  const verified = record.findLastIndex(({ what }) => what === 'VerifyRondbBackup');
  const removed = record.findLastIndex(({ what }) => what === 'RemoveVerification');
  const swept =
    record.findLastIndex(({ what }) => what === 'RemoveLocalBackup') > record.findLastIndex(({ what }) => what === 'StartRondbBackup');
  return [
    done.has('SealBackup') ? 'manifest' : '',
    began.has('StartRondbBackup') ? `${times('StartRondbBackup')} native backup${times('StartRondbBackup') > 1 ? 's' : ''}` : '',
    began.has('StartRondbBackup') && !swept ? 'local backup' : '',
    [...began].some((action) => CHANGING.has(action)) ? 'database changed' : '',
    verified > removed && !done.has('ReportVerification') ? 'what was fetched' : '',
    done.has('ReportRestore') ? 'report' : '',
    record.some(({ ended = Number.POSITIVE_INFINITY }) => ended > now) ? 'command' : '',
  ].filter(Boolean);
}

/** Of a verification, or of a sweep: its reports, and what a sweep may remove. */
function leftIn({ objects, uploads }: MemoryBucket): string[] {
  const count = (pattern: RegExp, one: string) => {
    const found = new Set([...objects.keys()].flatMap((key) => pattern.exec(key)?.[0] ?? [])).size;
    return found === 0 ? '' : `${found} ${one}${found > 1 ? 's' : ''}`;
  };
  return [
    [...objects.keys()].some((key) => /\/(verifications|sweeps)\/practised\/report\.json$/.test(key)) ? 'report' : '',
    [...objects.keys()].some((key) => key.includes('/verifications/last/')) ? 'last verification' : '',
    count(/backups\/\d+\/manifest\.json$/, 'manifest'),
    count(/^x\/backups\/\d+\//, 'prefix').replace('prefixs', 'prefixes'),
    count(/^x\/blocks\/.*/, 'block'),
    count(/^x\/prunes\/.*/, 'mark'),
    uploads.length > 0 ? `${uploads.length} open upload` : '',
  ].filter(Boolean);
}

/** The state whose failure ended the execution, as its history tells it. */
function failedState(history: readonly HistoryEvent[]): string {
  const failed = history.findLast(({ type }) => /^(Task(Failed|TimedOut|SubmitFailed)|LambdaFunction(Failed|TimedOut))$/.test(type));
  const byId = new Map(history.map((event) => [event.id, event]));
  for (let event = failed; event; event = byId.get(event.previousEventId)) {
    if (event.type === 'TaskStateEntered')
      return (event as unknown as { stateEnteredEventDetails: { name: string } }).stateEnteredEventDetails.name;
  }
  return '-';
}

/** A machine with each placeholder replaced by a value, or by its own name. */
function loaded(machine: MachineName): object {
  const values: Record<string, string> = {
    Cluster: 'x',
    Bucket: 'the-bucket',
    RunOnNodes: arnOf('runner'),
    ConnectString: 'mgmd:1186',
    Definition: 'none',
    PasswordFile: '/srv/password',
    Blocks: 'disks',
    DataDirectories: '/srv/dn',
    BytesPerSecond: '0',
    GraceDays: '21',
    RemoveDebris: 'false',
    Topic: 'arn:aws:sns:eu-north-1:123456789012:topic',
  };
  return JSON.parse(JSON.stringify(readDefinition(machine)).replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? name)) as object;
}

function planned(): BackupPlan {
  return backupPlan({
    cluster: 'x',
    backupId: BACKUP_ID,
    executionId: 'practised',
    bucket: 'the-bucket',
    connectString: 'mgmd:1186',
    head: HEAD,
    dataNodes: RONDB.map((instanceId, index) => dataNode(index + 1, { instanceId })),
    requiredBytes: '1',
    blocks: 'disks',
    hopsfsInstances: HOPSFS,
    dataDirectories: '/srv/dn',
  });
}

/** Of everything that a restore can have. */
function restorePlan(): Plan {
  const assigned = (ids: readonly string[], what: string) => ids.map((id) => `${id}=${what}`).join(';');
  const all = [HEAD, ...RONDB, ...HOPSFS];
  return {
    ...anyPlan(createChance(1)),
    rondbInstances: RONDB,
    heads: [HEAD],
    assignments: assigned(RONDB, '1'),
    schemaInstance: RONDB[0] ?? '',
    replace: false,
    stops: [{ instanceIds: all, units: 'a' }],
    starts: [{ instanceIds: all, units: 'a' }],
    blocks: 'disks',
    hopsfsInstances: HOPSFS,
    storages: assigned(HOPSFS, 'DS-1'),
    rewindPages: 0,
    nameNode: HEAD,
    hopsfsStarters: HOPSFS,
    unitAssignments: assigned(HOPSFS, 'datanode'),
    searchInstance: HEAD,
    kafkaInstance: HEAD,
    hopsworksUrl: 'https://hopsworks',
  };
}
