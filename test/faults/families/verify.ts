import { checkObjects } from '../../../lambdas/check-objects/check-objects.ts';
import { planVerification } from '../../../lambdas/plan-verification/plan-verification.ts';
import { reportVerification } from '../../../lambdas/report-verification/report-verification.ts';
import type { ActionName } from '../../../model/actions.ts';
import { layout } from '../../../model/layout.ts';
import { type Damage, type Depth, formatDamages } from '../../../model/verification.ts';
import {
  BACKUP_ID,
  backupPlan,
  dataNode,
  HEAD as FIXTURES_HEAD,
  manifest,
  objectsOfBackup,
  onDisks,
  receipt,
  storage,
  storageId,
} from '../../fixtures/backup.ts';
import { type MemoryBucket, memoryBucket } from '../../fixtures/bucket.ts';
import { inspectedDirectory, inspection } from '../../fixtures/inspection.ts';
import type { Fault } from '../fault.ts';
import { HEAD, HOPSFS, onMachine, RONDB, type SimulatedNodes } from '../stages/machine.ts';

const RUN = 'practised';
const dataNodes = RONDB.map((instanceId, index) => dataNode(index + 1, { instanceId }));
const storages = HOPSFS.map((instanceId, index) => storage(index + 1, 0, { instanceId }));
const plan = backupPlan({ cluster: 'x', dataNodes, prefix: layout.backup('x', BACKUP_ID), ...onDisks(storages) });
const tables = [{ table: 'shop.orders', rows: 5 }];
const receipts = dataNodes.map(({ nodeId, instanceId }) => receipt(nodeId, { instanceId, ...(nodeId === 1 && { tables }) }));
const sealed = manifest({ plan, receipts });
const file = (node: number) => `${layout.rondbNode('x', BACKUP_ID, node)}/${receipts[node - 1]?.files[0]?.path}`;
const MANIFEST = layout.manifest('x', BACKUP_ID);

const backedUp = () => memoryBucket({ ...objectsOfBackup(sealed), [MANIFEST]: JSON.stringify(sealed) });

/** What the second node of a kind finds wrong; the rows that all data nodes read of the only table, and null of one that it cannot read. */
interface Found {
  readonly rondb?: readonly Damage[];
  readonly blocks?: readonly Damage[];
  readonly rows?: readonly [number, number | null];
}

/** What an instance answers, having written what it found to the bucket, as the scripts do. */
function answering({ rondb = [], blocks = [], rows = [3, 2] }: Found, depth: Depth) {
  const list = (bucket: MemoryBucket, part: string, damages: readonly Damage[]) =>
    bucket.objects.set(layout.damageList('x', RUN, part), formatDamages(damages));
  return (action: ActionName, instanceId: string, bucket: MemoryBucket): unknown => {
    const at = (action === 'VerifyBlocks' || action === 'InspectHopsfs' ? HOPSFS : RONDB).indexOf(instanceId);
    if (action === 'InspectCluster')
      return inspection(dataNodes).find((own) => own.instanceId === (instanceId === HEAD ? FIXTURES_HEAD : instanceId))?.answer;
    if (action === 'InspectHopsfs') return { directories: [inspectedDirectory(at + 1)] };
    if (action === 'VerifyBlocks') {
      const damages = at === 1 ? blocks : [];
      list(bucket, `${instanceId}.blocks`, damages);
      return { storages: [{ storageId: storageId(at + 1), objects: 7, bytes: 7 }], damaged: damages.length };
    }
    if (action !== 'VerifyRondbBackup') return undefined;
    const damages = at === 1 ? rondb : [];
    const records = depth === 'database' ? (rows[at] ?? null) : null;
    list(bucket, `${instanceId}.rondb`, damages);
    if (records !== null) bucket.objects.set(layout.verifiedRows('x', RUN, at + 1), `shop.orders\t${records}\n`);
    return { nodes: [{ nodeId: at + 1, objects: at === 0 ? 9 : 6, bytes: 1, records }], damaged: damages.length };
  };
}

interface VerifyRow extends Pick<Parameters<typeof onMachine>[0], 'id' | 'item' | 'injected' | 'error' | 'node' | 'ssm' | 'course'> {
  /** Where it happens, and fails unless told otherwise. */
  readonly at: string;
  readonly step?: string;
  readonly depth?: Depth;
  readonly found?: Found;
  /** Does something to the bucket: before the verification, and when the data nodes have looked around, or have read it. */
  readonly spoil?: (bucket: MemoryBucket) => unknown;
  readonly early?: (bucket: MemoryBucket) => unknown;
  readonly later?: (bucket: MemoryBucket) => unknown;
  readonly answers?: (action: ActionName, instanceId: string) => unknown;
  readonly remains?: string;
}

const untouched = '1 manifest, 1 prefix';

function verifying({
  at,
  step = at,
  depth = 'bytes',
  found = {},
  spoil,
  early,
  later,
  answers,
  remains = untouched,
  ...row
}: VerifyRow): Fault {
  const answer = answering(found, depth);
  return onMachine({
    ...row,
    ...{ machine: 'verify', where: `verify, ${at}`, limit: 1800, step, remains },
    input: { backup: BACKUP_ID, depth },
    bucket() {
      const bucket = backedUp();
      spoil?.(bucket);
      return bucket;
    },
    answers(action, instanceId, bucket) {
      const said = answers?.(action, instanceId) ?? answer(action, instanceId, bucket);
      if (action === 'InspectCluster') early?.(bucket);
      if (action === 'VerifyRondbBackup') later?.(bucket);
      return said;
    },
    lambdas: (_, clock, bucket) => {
      const planner = { cluster: 'x', bucketName: 'the-bucket', connectString: 'mgmd:1186', stepSeconds: 86_400, bucket };
      return {
        CheckObjects: (_name, payload) => checkObjects(payload, { cluster: 'x', bucket }),
        PlanVerification: (_name, payload) => planVerification(payload, planner),
        ReportVerification: (_name, payload) => reportVerification(payload, { ...planner, now: () => new Date(clock.now()) }),
      };
    },
  });
}

/** The agent of an instance is offline once this document was sent, from the beginning when none is named, and back for clean-up. */
const offlineAfter =
  (document: string, instanceId = RONDB[1]): NonNullable<VerifyRow['ssm']> =>
  (nodes: SimulatedNodes, _clock, hasEnded) => {
    let isOffline = document === '';
    return {
      findInstances: async (filters) =>
        (await nodes.findInstances(filters)).map((own) => ({ ...own, online: !isOffline || hasEnded() || own.instanceId !== instanceId })),
      async send(command) {
        isOffline ||= document !== '' && command.documentName.endsWith(document);
        return await nodes.send(command);
      },
    };
  };
const denied = () => Promise.reject(Object.assign(new Error('Access Denied'), { name: 'AccessDenied' }));
const damaged = (error: Damage['error'], object: string): Damage[] => [{ error, object, found: 'is not as it was recorded' }];
const reported = `report, ${untouched}`;
const judged = { at: 'ReportVerification', remains: reported } as const;

/** A verification: what is damaged is told by its own name, whatever the depth, and trouble is never taken for damage. */
export const verify: Fault[] = [
  verifying({
    ...judged,
    id: 'verify-finds-nothing-wrong',
    item: 'beyond the list',
    injected: 'Nothing: the verification that every row below spoils',
    depth: 'database',
    ...{ error: 'survives', step: '-', remains: `report, last verification, ${untouched}` },
  }),
  ...(['objects', 'bytes', 'database'] as const).flatMap((depth) => [
    verifying({
      ...judged,
      id: `verify-${depth}-object-missing`,
      item: 'beyond the list',
      injected: `A file of a data node is gone from the bucket; depth "${depth}"`,
      depth,
      spoil: ({ objects }) => objects.delete(file(2)),
      error: 'ObjectMissing',
    }),
    verifying({
      ...judged,
      id: `verify-${depth}-object-altered`,
      item: 'checksum mismatch',
      injected: `A stored file has another checksum by the word of S3 than its receipt says; depth "${depth}"`,
      depth,
      spoil: ({ objects }) => objects.set(file(2), `${objects.get(file(2))}`.replace('B', 'C')),
      error: 'ObjectAltered',
    }),
    verifying({
      ...judged,
      id: `verify-${depth}-block-missing`,
      item: 'beyond the list',
      injected: `A datanode does not find a block that the backup names; depth "${depth}"`,
      depth,
      found: { blocks: damaged('ObjectMissing', 'x/blocks/DS-1/blk_1') },
      error: 'ObjectMissing',
    }),
  ]),
  verifying({
    ...judged,
    id: 'verify-receipt-altered',
    item: 'checksum mismatch',
    injected: 'A stored receipt does not say what the manifest recorded of it',
    depth: 'objects',
    spoil: ({ objects }) => objects.set(layout.receipt('x', BACKUP_ID, 2), JSON.stringify(receipts[0])),
    error: 'ObjectAltered',
  }),
  verifying({
    ...judged,
    id: 'verify-byte-altered',
    item: 'bit-flipped .Data',
    injected: 'A byte is another than S3 says: only who reads it finds out',
    found: { rondb: damaged('ChecksumMismatch', file(2)) },
    error: 'ChecksumMismatch',
  }),
  verifying({
    ...judged,
    id: 'verify-directory-damaged',
    item: 'missing PART directory',
    injected: 'ndb_restore cannot read a directory whose every byte is as it was recorded',
    depth: 'database',
    found: { rondb: damaged('BackupDirectoryInvalid', 'RonDB node 2'), rows: [3, null] },
    error: 'BackupDirectoryInvalid',
  }),
  verifying({
    ...judged,
    id: 'verify-rows-missing',
    item: 'truncated .Data',
    injected: 'A .Data ends between two fragments, before it was shipped: ndb_restore reads it without a word, and fewer rows',
    depth: 'database',
    found: { rows: [3, 1] },
    error: 'RowsDiffer',
  }),
  verifying({
    id: 'verify-manifest-damaged',
    item: 'beyond the list',
    injected: 'The manifest cannot be read',
    at: 'CheckObjects',
    spoil: ({ objects }) => objects.set(MANIFEST, '{'),
    error: 'ManifestUnsupported',
  }),
  verifying({
    id: 'verify-backup-removed-early',
    item: 'beyond the list',
    injected: 'The backup is removed between the first look at its objects and the plan',
    at: 'PlanVerification',
    early: ({ objects }) => objects.delete(MANIFEST),
    error: 'BackupRemoved',
    remains: '1 prefix',
  }),
  verifying({
    id: 'verify-backup-removed-meanwhile',
    item: 'beyond the list',
    injected: 'The backup is removed while nodes read it, and they miss its files',
    at: 'ReportVerification',
    found: { rondb: damaged('ObjectMissing', file(2)) },
    later: ({ objects }) => objects.delete(MANIFEST),
    error: 'BackupRemoved',
    remains: '1 prefix',
  }),
  verifying({
    id: 'verify-s3-denies-look',
    item: 'S3 denying',
    injected: 'S3 refuses to tell the checksum of a file: that is no damage',
    at: 'CheckObjects',
    spoil: (bucket) => Object.assign(bucket, { head: denied }),
    error: 'AccessDenied',
  }),
  verifying({
    id: 'verify-s3-denies-plan',
    item: 'S3 denying',
    injected: 'S3 refuses the lists of what nodes shall read',
    at: 'PlanVerification',
    spoil: (bucket) => refusing(bucket, '.list'),
    error: 'AccessDenied',
  }),
  verifying({
    id: 'verify-s3-denies-report',
    item: 'S3 denying',
    injected: 'S3 refuses the report: then this is not the last verification of its depth, either',
    at: 'ReportVerification',
    spoil: (bucket) => refusing(bucket, 'report.json'),
    error: 'AccessDenied',
  }),
  verifying({
    id: 'verify-no-data-node',
    item: 'configuration edited between plan and run',
    injected: 'No instance hosts a data node any more',
    at: 'PlanVerification',
    answers: (action, instanceId) =>
      action === 'InspectCluster' && instanceId !== HEAD ? { localNodeIds: [], restoring: [], freeBytes: null, cluster: null } : undefined,
    error: 'SqlServerUnreachable',
    node: 'rondb-1, rondb-2',
  }),
  verifying({
    id: 'verify-node-offline',
    item: 'SSM agent offline before',
    injected: 'The agent of a data node is offline',
    at: 'InspectCluster',
    ssm: offlineAfter(''),
    error: 'NodeOffline',
    node: 'rondb-2',
  }),
  verifying({
    id: 'verify-node-offline-since',
    item: 'SSM agent offline before',
    injected: 'The agent of a data node goes offline after it was looked at',
    at: 'VerifyRondbBackup',
    ssm: offlineAfter('-check-nodes'),
    error: 'NodeOffline',
    node: 'rondb-2',
  }),
  verifying({
    id: 'verify-datanode-offline',
    item: 'datanode missing',
    injected: 'The agent of a datanode is offline',
    at: 'InspectHopsfs',
    depth: 'objects',
    ssm: offlineAfter('', HOPSFS[1]),
    error: 'NodeOffline',
    node: 'hopsfs-2',
  }),
  verifying({
    id: 'verify-killed-midway',
    item: 'kill -9',
    injected: 'The script is killed on a data node while it reads; clean-up removes what it has fetched',
    at: 'VerifyRondbBackup',
    course: (action, _, instanceId) => (action === 'VerifyRondbBackup' && instanceId === RONDB[1] ? { ending: 'timeout' } : {}),
    error: 'NodeFailed',
    node: 'rondb-2',
  }),
  verifying({
    id: 'verify-says-nothing',
    item: 'truncated stdout',
    injected: 'The script ends with success and without an answer: that proves nothing',
    at: 'VerifyRondbBackup',
    course: (action, _, instanceId) => (action === 'VerifyRondbBackup' && instanceId === RONDB[1] ? { ending: 'says nothing' } : {}),
    error: 'NodeOutputInvalid',
    node: 'rondb-2',
  }),
  verifying({
    id: 'verify-reads-half',
    item: 'missing PART directory',
    injected: 'A data node answers that it has read nothing, and found nothing wrong with it',
    at: 'ReportVerification',
    answers: (action, instanceId) => (action === 'VerifyRondbBackup' && instanceId === RONDB[1] ? { nodes: [], damaged: 0 } : undefined),
    later: (bucket) => bucket.objects.set(layout.damageList('x', RUN, `${RONDB[1]}.rondb`), ''),
    error: 'NodeOutputInvalid',
  }),
  verifying({
    id: 'verify-list-of-damage-gone',
    item: 'object missing at seal',
    injected: 'The list of what a data node has found is not in the bucket',
    at: 'ReportVerification',
    later: ({ objects }) => objects.delete(layout.damageList('x', RUN, `${RONDB[1]}.rondb`)),
    error: 'ObjectMissing',
    node: 'rondb-2',
  }),
  verifying({
    id: 'verify-list-of-damage-garbage',
    item: 'garbage on stdout',
    injected: 'The list of what a data node has found names no error of the catalogue',
    at: 'ReportVerification',
    later: ({ objects }) => objects.set(layout.damageList('x', RUN, `${RONDB[1]}.rondb`), 'AllIsWell\tx\ty\n'),
    error: 'NodeOutputInvalid',
  }),
];

/** A bucket that takes everything but keys with this end. */
function refusing(bucket: MemoryBucket, end: string): void {
  const { put } = bucket;
  Object.assign(bucket, { put: (key: string, body: string) => (key.endsWith(end) ? denied() : put(key, body)) });
}
