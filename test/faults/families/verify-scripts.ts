import { setTimeout as delay } from 'node:timers/promises';
import { sha256 } from '../../nodes/given.ts';
import type { Fault } from '../fault.ts';
import { onNode, type Scene } from '../stages/script.ts';
import { denyReading, flip } from './spoil.ts';

const backup = 'practice/backups/263261030';
const prefix = 'practice/verifications/run-1';
const files = { '.Data': 'BACKUP-263261030-0.1.Data', '.ctl': 'BACKUP-263261030.1.ctl', '.log': 'BACKUP-263261030.1.log' } as const;
const kinds = ['.ctl', '.Data', '.log'] as const;
const path = (kind: (typeof kinds)[number]) => `BACKUP-263261030/${files[kind]}`;
const keyOf = (kind: (typeof kinds)[number]) => `${backup}/rondb/node=1/${path(kind)}`;
const content = (kind: string) => Buffer.from(`${kind} `.repeat(500));
const base64 = (bytes: Buffer) => Buffer.from(sha256(bytes), 'hex').toString('base64');
const line = (kind: (typeof kinds)[number]) => `${base64(content(kind))} ${content(kind).length} ${keyOf(kind)} ${path(kind)}\n`;

/** A stored directory, and the list of its files; resolves with what pins that. */
async function stored(scene: Scene, list = kinds.map(line).join('')): Promise<string> {
  for (const kind of kinds) await scene.bucket.put(keyOf(kind), content(kind));
  return scene.givenLists(prefix, { 'rondb/node=1.list': list });
}

/** What the node has found wrong: "<error> of <file>" each. */
const damages = (scene: Scene) =>
  scene
    .read(`bucket/${prefix}/i-0000000000000b001.rondb.found`)
    .split('\n')
    .filter(Boolean)
    .map((found) => found.split('\t', 2))
    .map(([error = '', object = '']) => `${error} of ${object.split('/').at(-1)}`)
    .join(', ') || 'nothing wrong';

const reading = { action: 'VerifyRondbBackup', item: 'beyond the list' } as const;
const bytes = { ...reading, parameters: { prefix, depth: 'bytes' } } as const;
const database = { ...reading, parameters: { prefix, depth: 'database' } } as const;
const blocks = { action: 'VerifyBlocks', parameters: { prefix, depth: 'objects' }, item: 'beyond the list' } as const;
const hanging = '[[ $* != *--print_data* ]] || { touch "$HOPS_ROOT/reading"; sleep 60; }; echo "Data and log restore successful"';

/** Begins a verification whose ndb_restore hangs, and ends it with its group. */
async function killWhileReading(scene: Scene, run: ReturnType<Scene['start']>): Promise<void> {
  while (!scene.has('reading')) await delay(20);
  run.signal('SIGKILL');
}

/** What a verification does on nodes: damage fails no step, and any other trouble says nothing about the backup. */
export const verifyScripts: Fault[] = [
  ...kinds.map((kind) =>
    onNode({
      ...bytes,
      id: `verified-${kind.slice(1).toLowerCase()}-flipped`,
      item: `bit-flipped ${kind}`,
      injected: `A bit of a stored ${kind} has flipped: damage that ReportVerification fails by`,
      given: async (scene) => {
        await stored(scene);
        await scene.bucket.put(keyOf(kind), flip(content(kind)));
      },
      proof: damages,
      error: 'survives',
      remains: `1 object, ChecksumMismatch of ${files[kind]}`,
    }),
  ),
  onNode({
    ...database,
    id: 'verified-directory-damaged',
    item: 'truncated .ctl',
    injected: 'ndb_restore breaks on a directory whose every byte is as it was recorded',
    given: async (scene) => {
      await stored(scene);
      scene.stub('ndb_restore', '[[ $* != *--print_data* ]] || kill -ABRT $$; echo "Data and log restore successful"');
    },
    proof: damages,
    error: 'survives',
    remains: '1 object, BackupDirectoryInvalid of RonDB node 1 of backup 263261030',
  }),
  onNode({
    ...database,
    id: 'verify-ndb-restore-killed',
    item: 'kill -9',
    injected: 'ndb_restore is killed, as for want of memory: that is no damage',
    given: async (scene) => {
      await stored(scene);
      scene.stub('ndb_restore', '[[ $* != *--print_data* ]] || kill -KILL $$; echo "Data and log restore successful"');
    },
    error: 'ScriptFailed',
  }),
  onNode({
    ...database,
    id: 'verify-kill-9',
    item: 'kill -9',
    injected: 'kill -9 of the script while ndb_restore reads what was fetched',
    given: async (scene) => {
      await stored(scene);
      scene.stub('ndb_restore', hanging);
    },
    meanwhile: killWhileReading,
    error: 'NodeFailed',
    remains: 'what was fetched',
  }),
  onNode({
    id: 'verify-kill-9-cleaned-up',
    item: 'kill -9',
    action: 'RemoveVerification',
    parameters: { prefix },
    injected: 'The same, and then what clean-up does',
    async given(scene) {
      const listsSha256 = await stored(scene);
      scene.stub('ndb_restore', hanging);
      const given = { ...database.parameters, listsSha256, bucket: scene.bucket.name };
      const killed = scene.start('verify-rondb-backup', given, scene.bucket.environment);
      await killWhileReading(scene, killed);
      await killed.ended;
    },
    error: 'survives',
  }),
  onNode({
    ...database,
    id: 'verify-disk-full',
    item: 'full disk',
    injected: 'The volume of a data node fills up while a directory is fetched (ENOSPC)',
    given: async (scene) => {
      await stored(scene);
      const failing = 'raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))';
      scene.stub(
        'python3',
        `[[ $1 != -I* || ! -f $2 ]] || sed -i 's/^                written = os.pwrite.*/                ${failing}/' "$2"\nexec /usr/bin/python3 "$@"`,
      );
    },
    error: 'DiskFull',
  }),
  onNode({
    ...bytes,
    id: 'verify-s3-denies-read',
    item: 'S3 denying',
    injected: 'S3 refuses to hand out a file: that is no damage',
    given: async (scene) => {
      await stored(scene);
      denyReading(scene.bucket);
    },
    error: 'DownloadFailed',
  }),
  onNode({ ...bytes, id: 'verify-list-missing', injected: 'The list of what is to be read is not in the bucket', error: 'DownloadFailed' }),
  onNode({
    ...bytes,
    id: 'verify-list-empty',
    injected: 'The list of what is to be read is empty: nobody would have read anything',
    given: (scene) => stored(scene, ''),
    error: 'DownloadFailed',
  }),
  onNode({
    ...bytes,
    id: 'verify-found-not-stored',
    item: 'S3 denying',
    injected: 'S3 refuses the list of what is wrong',
    given: (scene) => stored(scene),
    environment: { AWS_FAILS: 'put-object' },
    error: 'UploadFailed',
  }),
  onNode({
    ...database,
    id: 'verify-tool-missing',
    injected: 'ndb_restore is not installed',
    given: (scene) => scene.remove('mysql/bin/ndb_restore'),
    error: 'ToolMissing',
  }),
  onNode({ ...blocks, id: 'verify-blocks-list-missing', injected: 'The list of a storage is not in the bucket', error: 'DownloadFailed' }),
  onNode({
    ...blocks,
    id: 'verify-blocks-unlisted',
    item: 'S3 denying',
    injected: 'S3 does not list the blocks: that is no damage',
    async given(scene) {
      const list = Buffer.from('KLUv/SQAAQAAmenYUQ==', 'base64');
      const key = `${backup}/hopsfs/DS-1/blocks.list.zst`;
      await scene.bucket.put(key, list);
      scene.write(`bucket/${prefix}/hopsfs/DS-1.list`, `${base64(list)} ${list.length} ${key} blocks.list.zst\n`);
    },
    environment: { AWS_FAILS: 'list-objects-v2' },
    error: 'DownloadFailed',
  }),
];
