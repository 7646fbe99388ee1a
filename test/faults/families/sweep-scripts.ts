import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../../nodes/bucket.ts';
import { realAws } from '../../nodes/given.ts';
import type { Fault } from '../fault.ts';
import { onNode, type Scene } from '../stages/script.ts';
import { denyReading } from './spoil.ts';

const ID = '263261030';
const native = `mysql-cluster/ndb/backups/BACKUP/BACKUP-${ID}`;
const prefix = 'practice/sweeps/run-1';
const block = 'practice/blocks/DS-1/BP-1-10.0.0.7-1600000000000/subdir0/subdir1/blk_1_1001_1790000000';
const list = `practice/backups/${ID}/hopsfs/DS-1/blocks.list.zst`;

/** A node with the native backup of a dead run of this product, and its real bucket. */
async function debris(scene: Scene): Promise<void> {
  scene.stub('aws', `exec ${realAws} "$@"`);
  await scene.bucket.put(`practice/backups/${ID}/plan.json`, '{}');
  scene.write(`${native}/BACKUP-${ID}.1.ctl`, 'NDBBCKUP');
}

/** A bucket with a block that no list names, old enough by its grace of no days. */
async function orphan(scene: Scene): Promise<void> {
  scene.stub('aws', `exec ${realAws} "$@"`);
  await scene.bucket.put(block, 'block');
  // Times in listings are whole seconds, and one that has just begun counts as too young.
  await delay(1100);
}

/** Removing the native backup takes until somebody says otherwise. */
const slowly = (scene: Scene) =>
  scene.stub('rm', `if [[ $* == */BACKUP/* && ! -e $HOPS_ROOT/again ]]; then touch "$HOPS_ROOT/removing"; sleep 60; fi; exec /bin/rm "$@"`);
async function killWhileRemoving(scene: Scene, run: ReturnType<Scene['start']>): Promise<void> {
  while (!scene.has('removing')) await delay(20);
  run.signal('SIGKILL');
  await run.ended;
}

const parameters = { prefix, graceDays: '0', remove: 'true' };
const sweeping = { action: 'SweepNodes', parameters, item: 'beyond the list' } as const;
const looking = { action: 'FindOrphans', parameters: { prefix, graceDays: '0' }, item: 'beyond the list' } as const;

/** What a sweep does on nodes: whatever it cannot judge or remove stays, and fails it. */
export const sweepScripts: Fault[] = [
  onNode({
    ...sweeping,
    id: 'sweep-bucket-unreadable',
    item: 'S3 denying',
    injected: 'S3 does not tell whether a native backup is one of this product',
    given: async (scene) => {
      await debris(scene);
      denyReading(scene.bucket);
    },
    error: 'BucketUnreachable',
    remains: 'local backup',
  }),
  onNode({
    ...sweeping,
    id: 'sweep-without-mgmd',
    item: 'mgmd dying',
    injected: 'ndb_mgmd does not tell whether RonDB is writing the backup',
    given: async (scene) => {
      await debris(scene);
      scene.stub('ndb_mgm', 'echo "Unable to connect with connect string: nodeid=0,127.0.0.1:1186"; exit 255');
    },
    error: 'ManagementServerUnreachable',
    remains: 'local backup',
  }),
  onNode({
    ...sweeping,
    id: 'sweep-cannot-remove',
    item: 'read-only disk',
    injected: 'The directory cannot be removed',
    given: async (scene) => {
      await debris(scene);
      scene.stub('rm', '[[ $* != */BACKUP/* ]] || exit 1; exec /bin/rm "$@"');
    },
    error: 'CleanupFailed',
    remains: 'local backup',
  }),
  onNode({
    ...sweeping,
    id: 'sweep-killed-while-removing',
    item: 'kill -9',
    injected: 'kill -9 of the script while it removes the directory',
    given: async (scene) => {
      await debris(scene);
      slowly(scene);
    },
    meanwhile: killWhileRemoving,
    error: 'NodeFailed',
    remains: 'local backup',
  }),
  onNode({
    ...sweeping,
    id: 'sweep-after-kill',
    item: 'kill -9',
    injected: 'A sweep comes after one that was killed there',
    async given(scene) {
      await debris(scene);
      slowly(scene);
      const killed = scene.start('sweep-nodes', { ...parameters, bucket: scene.bucket.name }, scene.bucket.environment);
      await killWhileRemoving(scene, killed);
      scene.write('again', '');
    },
    proof: (_, { answer }) =>
      JSON.parse(answer)
        .entries.map(({ fate }: { fate: string }) => fate)
        .join(),
    error: 'survives',
    remains: 'removed',
  }),
  onNode({
    ...sweeping,
    id: 'sweep-meets-script',
    item: 'beyond the list',
    injected: 'A script of a running backup holds its lock, however old its files are',
    async given(scene) {
      await debris(scene);
      scene.write(`hopsdr/${ID}.upload.lock`, '');
      const holder = spawn('flock', [scene.path(`hopsdr/${ID}.upload.lock`), 'bash', '-c', 'echo held; read -r -t 20']);
      await once(holder.stdout, 'data');
      letGo = () => void holder.stdin.end();
    },
    meanwhile: (_, run) => run.ended.then(() => letGo?.()),
    proof: (_, { answer }) =>
      JSON.parse(answer)
        .entries.map(({ why }: { why: string }) => why)
        .join(),
    error: 'survives',
    remains: 'local backup, a script is using it',
  }),
  onNode({
    ...looking,
    id: 'orphans-bucket-unlisted',
    item: 'S3 denying',
    injected: 'S3 does not list the blocks',
    given: async (scene) => {
      await orphan(scene);
      denyReading(scene.bucket);
    },
    error: 'DownloadFailed',
  }),
  onNode({
    ...looking,
    id: 'orphans-list-unreadable',
    injected: 'The list of a backup cannot be unpacked: which blocks it names nobody knows',
    given: async (scene) => {
      await scene.bucket.put(list, 'no list');
      await orphan(scene);
    },
    proof: async (scene) =>
      Buffer.from((await scene.bucket.get(`${prefix}/lists.txt`)).bytes).toString() === `DS-1 ${ID} -\n`
        ? 'the list is told as not read'
        : 'THE LIST IS NOT TOLD',
    error: 'survives',
    remains: '2 objects, the list is told as not read',
  }),
  onNode({
    ...looking,
    id: 'orphans-not-stored',
    item: 'S3 denying',
    injected: 'S3 refuses what was found',
    given: async (scene) => {
      await orphan(scene);
      scene.bucket.interfere((request, response) => request.method === 'PUT' && refuse(response, 403, 'AccessDenied'));
    },
    error: 'UploadFailed',
  }),
];

let letGo: (() => void) | undefined;
