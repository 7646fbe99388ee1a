import { pruneBackups } from '../../../lambdas/prune-backups/prune-backups.ts';
import type { ActionName } from '../../../model/actions.ts';
import { layout } from '../../../model/layout.ts';
import { backupPlan, manifest, onDisks, sha256, storage, storageId } from '../../fixtures/backup.ts';
import { type MemoryBucket, memoryBucket } from '../../fixtures/bucket.ts';
import type { Fault } from '../fault.ts';
import { onMachine, RONDB } from '../stages/machine.ts';
import { leasing } from './lease.ts';

const RUN = 'practised';
/** A complete backup, one that was begun and never sealed, and one whose removal was cut off. */
const [SEALED, BEGUN, MARKED] = ['243000200', '243010200', '243020200'] as const;
const STORAGE = storageId(1);
const listed = `${STORAGE} ${SEALED} ${sha256(`unpacked blocks.list.zst of ${STORAGE}`)}`;
const block = (number: number) => `${STORAGE}/BP-1/subdir0/subdir${number}/blk_${number}_1001_1700000000`;
const DAY = 86_400_000;
const LONG_AGO = new Date(Date.UTC(2024, 9, 1));

interface World {
  /** What FindOrphans stores; what it answers of it is true unless told otherwise. */
  readonly orphans: string;
  readonly lists: string;
  readonly bucket: (bucket: MemoryBucket) => unknown;
  readonly answered: object;
}

/** A bucket with debris: two blocks that no list names, and the two backups that nobody will finish. Everything in it is old. */
function withDebris(spoil: World['bucket']): MemoryBucket {
  const plan = (backupId: string) =>
    backupPlan({
      cluster: 'x',
      backupId,
      prefix: layout.backup('x', backupId),
      startedAt: LONG_AGO.toISOString(),
      ...onDisks([storage(1)]),
    });
  const bucket = memoryBucket({
    [layout.plan('x', SEALED)]: '{}',
    [layout.manifest('x', SEALED)]: JSON.stringify(manifest({ plan: plan(SEALED) })),
    [layout.plan('x', BEGUN)]: '{}',
    [layout.plan('x', MARKED)]: '{}',
    [layout.prune('x', MARKED)]: '{}',
    ...Object.fromEntries([1, 2].map((number) => [`x/blocks/${block(number)}`, 'block'])),
  });
  for (const key of bucket.objects.keys()) bucket.times.set(key, LONG_AGO);
  bucket.uploads.push({ key: `${layout.rondbNode('x', BEGUN, 1)}/x`, uploadId: 'u', initiated: LONG_AGO });
  spoil(bucket);
  return bucket;
}

interface SweepRow
  extends Pick<Parameters<typeof onMachine>[0], 'id' | 'item' | 'injected' | 'error' | 'node' | 'ssm' | 'course' | 'lambdas'> {
  readonly at: string;
  readonly world?: Partial<World>;
  readonly input?: object;
  readonly remains?: string;
  readonly limit?: number;
}

const everything = '1 manifest, 3 prefixes, 2 blocks, 1 mark, 1 open upload';
const allBlocks = 'report, 1 manifest, 1 prefix, 2 blocks';

function sweeping({
  at,
  world = {},
  input = { confirm: 'x', graceDays: 21 },
  remains = everything,
  limit = 1800,
  ...row
}: SweepRow): Fault {
  const {
    orphans = [1, 2].map((number) => `${block(number)} 5\n`).join(''),
    lists = `${listed}\n`,
    bucket: spoil = () => {},
    answered,
  } = world;
  return onMachine({
    limit,
    ...row,
    ...{ machine: 'sweep', where: `sweep, ${at}`, step: row.error === 'survives' ? '-' : at, remains, input },
    bucket: () => withDebris(spoil),
    answers(action: ActionName, _instanceId, { objects }) {
      if (action !== 'FindOrphans') return undefined;
      const digests = { listsSha256: sha256(lists), orphansSha256: sha256(orphans) };
      objects.set(layout.orphans('x', RUN), orphans);
      objects.set(layout.sweptLists('x', RUN), lists);
      return { storages: 1, files: 9, orphans: orphans.split('\n').length - 1, bytes: 10, ...digests, ...answered };
    },
    lambdas: (real, clock, bucket) => ({
      PruneBackups(_name, payload) {
        const { sweep } = payload as { sweep: object };
        const retention = { daily: 0, weekly: 0, monthly: 0, minimum: 1, keep: [], release: [] };
        return pruneBackups({ sweep }, { cluster: 'x', retention, bucket }, () => new Date(clock.now()));
      },
      ...row.lambdas?.(real, clock, bucket),
    }),
  });
}

const named = (name: string) => Object.assign(new Error('as told'), { name });
const denied = () => Promise.reject(named('AccessDenied'));
const refused = { at: 'PruneBackups', item: 'beyond the list', error: 'SweepRefused', remains: allBlocks } as const;

/** DeleteObjects ends with this error when it was asked so many times. */
function failingRemoval(bucket: MemoryBucket, after: number, error: string): void {
  const { remove } = bucket;
  let left = after;
  Object.assign(bucket, { remove: (keys: readonly string[]) => (left-- > 0 ? remove(keys) : Promise.reject(named(error))) });
}

/** A sweep that was told to remove: it removes nothing that it cannot judge, and tells what it has not looked at. */
export const sweep: Fault[] = [
  sweeping({
    id: 'sweep-removes-debris',
    item: 'beyond the list',
    injected: 'Nothing: the sweep that every row below spoils',
    at: 'PruneBackups',
    error: 'survives',
    remains: 'report, 1 manifest, 1 prefix',
  }),
  sweeping({
    id: 'sweep-only-tells',
    item: 'beyond the list',
    injected: 'The request does not repeat the name of the cluster',
    at: 'PruneBackups',
    input: { graceDays: 21 },
    error: 'survives',
    remains: `report, ${everything}`,
  }),
  sweeping({
    id: 'sweep-during-backup',
    item: 'beyond the list',
    injected: 'A backup of the cluster runs: what it refers to is nobody’s yet',
    at: 'TakeLease',
    lambdas: () => leasing('RUNNING'),
    error: 'LeaseHeld',
  }),
  sweeping({
    id: 'sweep-node-offline',
    item: 'SSM agent offline before',
    injected: 'The agent of a data node is offline',
    at: 'SweepNodes',
    ssm: (nodes) => ({
      findInstances: async (filters) =>
        (await nodes.findInstances(filters)).map((found) => ({ ...found, online: found.instanceId !== RONDB[1] })),
    }),
    error: 'NodeOffline',
    node: 'rondb-2',
  }),
  sweeping({
    id: 'sweep-killed-on-node',
    item: 'kill -9',
    injected: 'The script is killed on a data node while it removes',
    at: 'SweepNodes',
    course: (action, _, instanceId) => (action === 'SweepNodes' && instanceId === RONDB[1] ? { ending: 'timeout' } : {}),
    error: 'NodeFailed',
    node: 'rondb-2',
  }),
  sweeping({
    id: 'sweep-finds-no-orphans-in-time',
    item: 'slow node',
    injected: 'The node that reads the lists of all backups does not come to an end',
    at: 'FindOrphans',
    course: (action) => (action === 'FindOrphans' ? { ending: 'timeout', durationMs: 12 * 3_600_000 } : {}),
    limit: 13 * 3600,
    error: 'NodeFailed',
    node: 'rondb-1',
  }),
  sweeping({
    ...refused,
    id: 'sweep-manifest-unreadable',
    injected: 'The manifest of a backup cannot be read: nobody knows what it refers to',
    world: { bucket: ({ objects }) => objects.set(layout.manifest('x', SEALED), '{') },
  }),
  sweeping({
    ...refused,
    id: 'sweep-list-unreadable',
    injected: 'The list of blocks of a backup cannot be read',
    world: { lists: `${STORAGE} ${SEALED} -\n` },
  }),
  sweeping({
    ...refused,
    id: 'sweep-list-of-begun-unreadable',
    injected: 'The list of blocks of a backup that was begun cannot be read',
    world: { lists: `${listed}\n${STORAGE} ${BEGUN} -\n` },
  }),
  sweeping({
    ...refused,
    id: 'sweep-list-not-read',
    injected: 'The node has not read the list of a complete backup',
    world: { lists: '' },
  }),
  sweeping({
    ...refused,
    id: 'sweep-list-altered',
    item: 'checksum mismatch',
    injected: 'The list that the node has read is another than the manifest records',
    world: { lists: `${STORAGE} ${SEALED} ${sha256('another')}\n` },
  }),
  sweeping({
    id: 'sweep-orphans-altered',
    item: 'checksum mismatch',
    injected: 'What the node has found is not what lies in the bucket',
    at: 'PruneBackups',
    world: { answered: { orphansSha256: sha256('another') } },
    error: 'NodeOutputInvalid',
    remains: '1 manifest, 2 prefixes, 2 blocks, 1 open upload',
  }),
  sweeping({
    id: 'sweep-orphan-is-no-block',
    item: 'garbage on stdout',
    injected: 'The node names a manifest among the blocks that nobody names',
    at: 'PruneBackups',
    world: { orphans: `${STORAGE}/../../backups/${SEALED}/manifest.json 5\n` },
    error: 'NodeOutputInvalid',
    remains: '1 manifest, 2 prefixes, 2 blocks, 1 open upload',
  }),
  sweeping({
    id: 'sweep-block-younger-than-told',
    item: 'garbage on stdout',
    injected: 'The node names blocks that S3 says are two days old',
    at: 'PruneBackups',
    world: {
      bucket: ({ times }) => [1, 2].map((number) => times.set(`x/blocks/${block(number)}`, new Date(Date.UTC(2025, 0, 1) - 2 * DAY))),
    },
    error: 'survives',
    remains: allBlocks,
  }),
  sweeping({
    id: 'sweep-begun-is-young',
    item: 'beyond the list',
    injected: 'What was begun and never sealed was written to two days ago: its execution may be redriven',
    at: 'PruneBackups',
    world: { bucket: ({ times }) => times.set(layout.plan('x', BEGUN), new Date(Date.UTC(2025, 0, 1) - 2 * DAY)) },
    error: 'survives',
    remains: 'report, 1 manifest, 2 prefixes',
  }),
  sweeping({
    id: 'sweep-s3-denies-list',
    item: 'S3 denying',
    injected: 'S3 does not list the bucket',
    at: 'PruneBackups',
    world: { bucket: (bucket) => Object.assign(bucket, { list: denied }) },
    error: 'AccessDenied',
  }),
  sweeping({
    id: 'sweep-s3-denies-delete',
    item: 'S3 denying',
    injected: 'S3 refuses every delete',
    at: 'PruneBackups',
    world: { bucket: (bucket) => failingRemoval(bucket, 0, 'AccessDenied') },
    error: 'AccessDenied',
  }),
  sweeping({
    id: 'sweep-killed-midway',
    item: 'Lambda timing out',
    injected: 'PruneBackups runs out of time after it has removed the blocks and marked what was never sealed',
    at: 'PruneBackups',
    world: { bucket: (bucket) => failingRemoval(bucket, 3, 'Sandbox.Timedout') },
    error: 'Sandbox.Timedout',
    remains: '1 manifest, 2 prefixes, 1 mark, 1 open upload',
  }),
  sweeping({
    id: 'sweep-after-one-killed-midway',
    item: 'Lambda timing out',
    injected: 'A sweep comes after one that was killed there',
    at: 'PruneBackups',
    world: {
      orphans: '',
      bucket: ({ objects }) =>
        [...[1, 2].map((number) => `x/blocks/${block(number)}`), layout.plan('x', MARKED), layout.prune('x', MARKED)]
          .map((key) => objects.delete(key))
          .concat(!objects.set(layout.prune('x', BEGUN), '{}')),
    },
    error: 'survives',
    remains: 'report, 1 manifest, 1 prefix',
  }),
  sweeping({
    id: 'sweep-s3-denies-report',
    item: 'S3 denying',
    injected: 'S3 refuses the report of what was removed',
    at: 'PruneBackups',
    world: { bucket: (bucket) => Object.assign(bucket, { put: denied }) },
    error: 'AccessDenied',
    remains: '1 manifest, 1 prefix',
  }),
];
