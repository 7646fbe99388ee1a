import { planBackup } from '../../../lambdas/plan-backup/plan-backup.ts';
import { sealBackup } from '../../../lambdas/seal-backup/seal-backup.ts';
import { startBackup } from '../../../lambdas/start-backup/start-backup.ts';
import { hopsfsSchema } from '../../../model/hopsfs.ts';
import { layout } from '../../../model/layout.ts';
import {
  BACKUP_ID,
  backupPlan,
  CLUSTER,
  completedText,
  completion,
  dataNode,
  HEAD,
  instanceOf,
  manifest,
  objectsOfBackup,
  pack,
  receipt,
  sha256,
  versions,
} from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { inspectedDatanode, inspectedDirectory, inspection, plannerInput, showText } from '../../fixtures/inspection.ts';
import type { PractisedFunction } from '../../local/engine/practice.ts';
import type { Fault } from '../fault.ts';
import { onMachine } from '../stages/machine.ts';

const MINUTE = 60;
const backup = { machine: 'backup', limit: 30 * MINUTE } as const;
const complete = 'manifest, 1 native backup';
const unsealed = '1 native backup, local backup';
const named = (name: string, message = 'as told') => Object.assign(new Error(message), { name });
const never: PractisedFunction = (_name, _payload, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** A function that ends with these errors first, and then does its work. */
function after(work: PractisedFunction, ...errors: string[]): PractisedFunction {
  const left = [...errors];
  return async (...call) => {
    const error = left.shift();
    if (error) throw named(error);
    return await work(...call);
  };
}

type Sealed = ReturnType<typeof uploaded>;

/** What SealBackup finds when all nodes have done their work. */
function uploaded() {
  const plan = backupPlan();
  const receipts = [receipt(1), receipt(2)];
  return {
    bucket: memoryBucket(objectsOfBackup(manifest({ plan, receipts }))),
    input: {
      plan,
      metadata: [{ instanceId: HEAD, answer: { files: manifest().metadata, users: 3, versions: versions() } }],
      completion: [{ instanceId: HEAD, answer: { output: pack(completedText(completion())), show: pack(showText(plan.dataNodes)) } }],
      uploads: receipts.map((own) => ({
        instanceId: own.instanceId,
        answer: {
          nodes: [{ nodeId: own.nodeId, receiptSha256: sha256(JSON.stringify(own)), files: own.files.length, bytes: 1, sentBytes: 1 }],
        },
      })),
      storages: [],
    },
  };
}

const data = `${layout.rondbNode(CLUSTER, BACKUP_ID, 2)}/BACKUP-${BACKUP_ID}-PART-2-OF-2/BACKUP-${BACKUP_ID}-0.2.Data`;

/** A row in which SealBackup finds something else; a manifest is one only when its bucket has it. */
const sealing = (
  id: string,
  item: Fault['item'],
  injected: string,
  error: 'ObjectMissing' | 'ObjectAltered' | 'BackupIncomplete' | 'AccessDenied' | 'SlowDown',
  spoil: (given: Sealed) => unknown,
  node = '-',
) =>
  onMachine({
    ...backup,
    id,
    item,
    injected,
    where: 'backup, SealBackup',
    lambdas: () => ({
      async SealBackup() {
        const given = uploaded();
        spoil(given);
        return await sealBackup(
          given.input,
          given.bucket,
          () => {},
          () => new Date(),
        );
      },
    }),
    ...{ error, step: 'SealBackup', node, remains: unsealed },
  });

const planning = (
  id: string,
  item: Fault['item'],
  injected: string,
  error: 'NodeUnaccounted' | 'UnknownCluster' | 'RequestInvalid' | 'BackupIdTaken' | 'SnapshotFailed',
  plan: () => unknown,
  node = '-',
) =>
  onMachine({
    ...backup,
    id,
    item,
    injected,
    where: 'backup, PlanBackup',
    lambdas: () => ({ PlanBackup: plan }),
    ...{ error, step: 'PlanBackup', node, remains: 'nothing' },
  });

const planner = (bucket = memoryBucket(), hopsfs: ReturnType<typeof hopsfsSchema.parse> | null = null) => ({
  cluster: CLUSTER,
  bucketName: 'example-backups',
  connectString: '10.0.0.10:1186',
  stepSeconds: 86_400,
  hopsfs,
  bucket,
});

/** The Lambdas that decide, and what invokes them. */
export const lambdas: Fault[] = [
  sealing(
    'object-missing-at-seal',
    'object missing at seal',
    'A file that a receipt names is not in the bucket',
    'ObjectMissing',
    ({ bucket }) => bucket.objects.delete(data),
  ),
  sealing(
    'receipt-missing-at-seal',
    'object missing at seal',
    'The receipt of a data node is not in the bucket',
    'ObjectMissing',
    ({ bucket }) => bucket.objects.delete(layout.receipt(CLUSTER, BACKUP_ID, 2)),
  ),
  sealing(
    'object-altered-at-seal',
    'checksum mismatch',
    'A stored file has another checksum than its receipt',
    'ObjectAltered',
    ({ bucket }) => bucket.objects.set(data, `${bucket.objects.get(data)}`.replace('B', 'C')),
  ),
  sealing('object-truncated-at-seal', 'truncated .Data', 'A stored file is shorter than its receipt', 'ObjectAltered', ({ bucket }) =>
    bucket.objects.set(data, `${bucket.objects.get(data)}`.slice(0, -1)),
  ),
  sealing(
    'receipt-altered-at-seal',
    'checksum mismatch',
    'A receipt is not the one that the node announced',
    'ObjectAltered',
    ({ bucket }) => bucket.objects.set(layout.receipt(CLUSTER, BACKUP_ID, 2), JSON.stringify(receipt(2, { stopGcp: 99 }))),
    'rondb-2',
  ),
  sealing(
    'one-half-not-uploaded',
    'missing PART directory',
    'Only one of two data nodes has shipped its half',
    'BackupIncomplete',
    ({ input }) => input.uploads.pop(),
    'rondb-2',
  ),
  sealing(
    'halves-of-two-backups',
    'stale directory of the same id',
    'The directory of a data node is of another run with the same id: its GCPs differ',
    'BackupIncomplete',
    ({ input }) =>
      Object.assign(input.completion[0]?.answer ?? {}, { output: pack(completedText(completion({ startGcp: 185, stopGcp: 188 }))) }),
  ),
  sealing('report-of-another-backup', 'id reuse', 'RonDB reports the completion of another id', 'BackupIncomplete', ({ input }) =>
    Object.assign(input.completion[0]?.answer ?? {}, { output: pack(completedText(completion({ backupId: '263261029' }))) }),
  ),
  sealing(
    'data-node-joined-meanwhile',
    'configuration edited between plan and run',
    'A data node joined between the plan and the native backup',
    'BackupIncomplete',
    ({ input }) =>
      Object.assign(input.completion[0]?.answer ?? {}, { show: pack(showText([dataNode(1), dataNode(2), dataNode(3, { nodeGroup: 1 })])) }),
  ),
  sealing('s3-denies-seal', 'S3 denying', 'S3 refuses to tell the checksum of a file', 'AccessDenied', ({ bucket }) =>
    Object.assign(bucket, { head: () => Promise.reject(named('AccessDenied')) }),
  ),
  sealing('s3-503-at-manifest', 'S3 503', 'S3 answers the manifest with 503, as often as the SDK tries', 'SlowDown', ({ bucket }) =>
    Object.assign(bucket, { putIfAbsent: () => Promise.reject(named('SlowDown')) }),
  ),
  planning(
    'data-node-on-no-instance',
    'configuration edited between plan and run',
    'A data node runs on an instance without the tags of the cluster',
    'NodeUnaccounted',
    () => planBackup(plannerInput({}, inspection().slice(0, 2)), planner()),
  ),
  planning(
    'request-for-another-cluster',
    'configuration edited between plan and run',
    'The request names another cluster',
    'UnknownCluster',
    () => planBackup(plannerInput({ cluster: 'other' }), planner()),
  ),
  planning(
    'data-nodes-changed-since-begun',
    'configuration edited between plan and run',
    'A begun backup is continued after a data node moved',
    'BackupIdTaken',
    () => {
      const begun = backupPlan({ executionId: 'execution-0', dataNodes: [dataNode(1), dataNode(2, { instanceId: instanceOf(3) })] });
      return planBackup(
        plannerInput({ backupId: BACKUP_ID }),
        planner(memoryBucket({ [layout.plan(CLUSTER, BACKUP_ID)]: JSON.stringify(begun) })),
      );
    },
  ),
  planning('id-above-int32-requested', 'id above 2147483647', 'The request names the id 2611221030', 'RequestInvalid', () =>
    planBackup(plannerInput({ backupId: '2611221030' }), planner()),
  ),
  planning(
    'one-storage-on-two-datanodes',
    'two datanodes with one storage id',
    'Two datanodes report one storage id',
    'SnapshotFailed',
    () => {
      const twice = inspectedDatanode(2, [inspectedDirectory(2, 0, { storageId: inspectedDirectory(1).storageId })]);
      return planBackup(
        plannerInput({}, inspection(), 'execution-1', [inspectedDatanode(1), twice]),
        planner(memoryBucket(), hopsfsSchema.parse({ storage: 'disks' })),
      );
    },
    'hopsfs-1, hopsfs-2',
  ),
  planning(
    'datanode-without-storage',
    'datanode missing',
    'The instance of a datanode has no storage',
    'SnapshotFailed',
    () =>
      planBackup(
        plannerInput({}, inspection(), 'execution-1', [inspectedDatanode(1), inspectedDatanode(2, [])]),
        planner(memoryBucket(), hopsfsSchema.parse({ storage: 'disks' })),
      ),
    'hopsfs-2',
  ),
  onMachine({
    ...backup,
    id: 'invocation-doubled-by-retry',
    item: 'doubled invocation',
    where: 'backup, SendCommand for UploadRondbBackup',
    injected: 'SendCommand has sent, its function dies before it answers, and Step Functions invokes it again',
    lambdas: ({ SendCommand }) => {
      let lost = false;
      return {
        async SendCommand(name, payload, signal) {
          const answer = await SendCommand?.(name, payload, signal);
          if ((payload as { action: string }).action !== 'UploadRondbBackup' || lost) return answer;
          lost = true;
          throw named('Lambda.SdkClientException');
        },
      };
    },
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'lambda-out-of-time-reading',
    item: 'Lambda timing out',
    where: 'backup, ReadCommand',
    injected: 'ReadCommand runs out of time three times in a row while nodes work',
    lambdas: ({ ReadCommand = never }) => ({ ReadCommand: after(ReadCommand, 'Sandbox.Timedout', 'Sandbox.Timedout', 'Sandbox.Timedout') }),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'lambda-dies-planning',
    item: 'Lambda timing out',
    where: 'backup, PlanBackup',
    injected: "Lambda's service fails five times in a row",
    lambdas: ({ PlanBackup = never }) => ({ PlanBackup: after(PlanBackup, ...Array.from({ length: 5 }, () => 'Lambda.ServiceException')) }),
    ...{ error: 'survives', remains: complete },
  }),
  onMachine({
    ...backup,
    id: 'lambda-hangs-planning',
    item: 'Lambda timing out',
    where: 'backup, PlanBackup',
    injected: 'PlanBackup never answers',
    lambdas: () => ({ PlanBackup: never }),
    ...{ error: 'States.Timeout', step: 'PlanBackup', remains: 'nothing' },
  }),
  onMachine({
    ...backup,
    id: 'lambda-out-of-time-sealing',
    item: 'Lambda timing out',
    where: 'backup, SealBackup',
    injected: 'SealBackup runs out of time',
    lambdas: () => ({ SealBackup: after(never, 'Sandbox.Timedout') }),
    ...{ error: 'Sandbox.Timedout', step: 'SealBackup', remains: unsealed },
  }),
  onMachine({
    ...backup,
    id: 'lambda-out-of-time-pruning',
    item: 'Lambda timing out',
    where: 'backup, PruneBackups',
    injected: 'PruneBackups runs out of time, after the backup was sealed',
    lambdas: () => ({ PruneBackups: after(never, 'Sandbox.Timedout') }),
    ...{ error: 'Sandbox.Timedout', step: 'PruneBackups', remains: complete },
  }),
  {
    id: 'schedule-delivered-twice',
    item: 'duplicate schedule delivery',
    where: 'StartBackup, invoked by the schedule',
    injected: 'EventBridge Scheduler delivers one schedule twice',
    expected: { error: 'survives', step: '-', node: '-', remains: '1 execution' },
    limit: 10,
    async play() {
      const executions = new Set<string>();
      const startExecution = async ({ name }: { name: string }) => {
        const isNew = !executions.has(name);
        executions.add(name);
        return isNew;
      };
      const scheduled = { schedule: 'nightly', scheduledTime: '2026-11-22T02:00:00Z' };
      const starter = { cluster: CLUSTER, stateMachineArn: 'arn', startExecution };
      const begun = performance.now();
      const answers = [await startBackup(scheduled, starter), await startBackup(scheduled, starter)];
      const count = answers.filter(({ started }) => started).length;
      return {
        error: 'survives',
        step: '-',
        node: '-',
        remains: `${count} execution${count === 1 ? '' : 's'}`,
        seconds: (performance.now() - begun) / 1000,
      };
    },
  },
];
