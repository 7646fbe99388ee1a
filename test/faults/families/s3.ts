import { pinned } from '../../../lambdas/lists.ts';
import { layout } from '../../../model/layout.ts';
import { loseAnswer, refuse } from '../../nodes/bucket.ts';
import { sha256 } from '../../nodes/given.ts';
import type { Fault } from '../fault.ts';
import { onNode, type Scene } from '../stages/script.ts';
import { backedUp } from './nodes.ts';

const stored = 'practice/backups/263261030/rondb/node=1';
const prefix = 'practice/restores/run-1';
const files = { '.Data': 'BACKUP-263261030-0.1.Data', '.ctl': 'BACKUP-263261030.1.ctl', '.log': 'BACKUP-263261030.1.log' };
const path = (file: string) => `BACKUP-263261030/${file}`;
const content = (file: string) => Buffer.from(`${file} `.repeat(500));
const checksum = (file: string) => Buffer.from(sha256(content(file)), 'hex').toString('base64');
const line = (file: string) => `${checksum(file)} ${content(file).length} ${stored}/${path(file)} ${path(file)}\n`;

/** The program that ships waits a second instead of a minute for an answer, and not at all between two attempts. */
function hurry(scene: Scene): void {
  scene.stub(
    'python3',
    `[[ $1 != -I* || ! -f $2 ]] || sed -i 's/^TIMEOUT, BUFFER, PLAIN = 60,/TIMEOUT, BUFFER, PLAIN = 1,/; s/random.uniform(0, /0 * (/' "$2"
exec /usr/bin/python3 "$@"`,
  );
}

/** A data node with a native backup, and an S3 that does something else with PUTs. */
function uploading(scene: Scene, interference: Parameters<Scene['bucket']['interfere']>[0]): void {
  backedUp(scene);
  hurry(scene);
  scene.bucket.interfere((request, response) => (request.method === 'PUT' ? interference(request, response) : false));
}

/** Applies an interference to the first requests only. */
function first(times: number, interference: Parameters<Scene['bucket']['interfere']>[0]): typeof interference {
  let left = times;
  return (request, response) => left-- > 0 && interference(request, response);
}

/** What a node of a restore finds in the bucket; a file is changed there, or taken away. */
async function downloading(scene: Scene, file?: string, change?: (bytes: Buffer) => Buffer | undefined): Promise<void> {
  scene.write(`bucket/${prefix}/rondb/node=1.list`, Object.values(files).map(line).join(''));
  for (const name of Object.values(files)) {
    const bytes = name === file ? change?.(content(name)) : content(name);
    if (bytes) await scene.bucket.put(`${stored}/${path(name)}`, bytes);
  }
}

const upload = { action: 'UploadRondbBackup', remains: 'local backup' } as const;
const whole = { ...upload, error: 'survives', remains: '4 objects, local backup, every file stored with its own bytes' } as const;
const download = { action: 'DownloadRondbBackup', parameters: { prefix } } as const;

/** Compares every stored file with the one on the node. */
async function compared(scene: Scene): Promise<string> {
  const same = await Promise.all(
    Object.values(files).map(async (file) => {
      const { bytes } = await scene.bucket.get(`${stored}/${path(file)}`);
      return Buffer.from(bytes).toString('latin1') === scene.read(`mysql-cluster/ndb/backups/BACKUP/${path(file)}`);
    }),
  );
  return same.every(Boolean) ? 'every file stored with its own bytes' : 'A STORED FILE DIFFERS';
}

const flipped = (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] = (copy[copy.length >> 1] as number) ^ 1;
  return copy;
};
const truncated = (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1);

/** S3, as the nodes use it. */
export const s3: Fault[] = [
  onNode({
    ...whole,
    id: 's3-503-for-a-while',
    item: 'S3 503',
    injected: 'S3 answers the first six PUTs with 503 SlowDown',
    given: (scene) =>
      uploading(
        scene,
        first(6, (_, response) => refuse(response, 503, 'SlowDown')),
      ),
    proof: compared,
  }),
  onNode({
    ...upload,
    id: 's3-503-forever',
    item: 'S3 503',
    injected: 'S3 answers every PUT with 503 SlowDown',
    given: (scene) => uploading(scene, (_, response) => refuse(response, 503, 'SlowDown')),
    error: 'UploadFailed',
  }),
  onNode({
    ...whole,
    id: 's3-timeout-once',
    item: 'S3 timeout',
    injected: 'S3 does not answer the first two PUTs in time',
    given: (scene) =>
      uploading(
        scene,
        first(2, () => true),
      ),
    proof: compared,
  }),
  onNode({
    ...upload,
    id: 's3-timeout-forever',
    item: 'S3 timeout',
    injected: 'S3 takes connections and never answers a PUT',
    given: (scene) => uploading(scene, () => true),
    error: 'UploadFailed',
  }),
  onNode({
    ...whole,
    id: 's3-answer-lost',
    item: 'broken pipe',
    injected: 'S3 stores each file and the connection breaks in the place of its answer',
    given: (scene) =>
      uploading(
        scene,
        first(3, (request, response) => {
          loseAnswer(request, response);
          return false;
        }),
      ),
    proof: compared,
  }),
  onNode({
    ...whole,
    id: 's3-connection-cut',
    item: 'broken pipe',
    injected: 'S3 cuts the connection in the middle of the first two files',
    given: (scene) =>
      uploading(
        scene,
        first(2, (request) => {
          request.socket.destroy();
          return true;
        }),
      ),
    proof: compared,
  }),
  onNode({
    ...upload,
    id: 's3-denies-put',
    item: 'S3 denying',
    injected: 'S3 answers every PUT with 403 AccessDenied',
    given: (scene) => uploading(scene, (_, response) => refuse(response, 403, 'AccessDenied')),
    error: 'UploadFailed',
  }),
  onNode({
    id: 's3-denies-list',
    item: 'S3 denying',
    action: 'CheckNodes',
    injected: 'The bucket may not be listed, before the backup begins',
    environment: { AWS_FAILS: 'list-objects-v2' },
    error: 'BucketUnreachable',
  }),
  onNode({
    id: 's3-denies-first-write',
    item: 'S3 denying',
    action: 'CheckNodes',
    injected: 'The bucket takes no object from this node, before the backup begins',
    environment: { AWS_FAILS: 'put-object' },
    error: 'BucketUnreachable',
  }),
  onNode({
    ...download,
    id: 's3-denies-get',
    item: 'S3 denying',
    injected: 'A restore may not read the files of the backup',
    async given(scene) {
      await downloading(scene);
      scene.bucket.interfere((request, response) => `${request.url}`.includes('/rondb/') && refuse(response, 403, 'AccessDenied'));
    },
    error: 'DownloadFailed',
  }),
  onNode({
    ...upload,
    id: 'access-expires-midway',
    item: 'access expiring midway',
    injected: 'The credentials expire after the first file, and no new ones are to be had',
    given(scene) {
      let passed = 0;
      uploading(scene, (_, response) => (passed++ < 1 ? false : refuse(response, 400, 'ExpiredToken')));
    },
    error: 'UploadFailed',
    remains: '1 object, local backup',
  }),
  onNode({
    ...whole,
    id: 'access-renewed-midway',
    item: 'access expiring midway',
    injected: 'The credentials expire after the first file, and new ones are handed out',
    given(scene) {
      let passed = 0;
      uploading(scene, (_, response) => (++passed === 2 ? refuse(response, 400, 'ExpiredToken') : false));
    },
    proof: compared,
  }),
  onNode({
    ...upload,
    id: 'checksum-refused-on-arrival',
    item: 'checksum mismatch',
    injected: 'What arrives at S3 has another checksum than what was sent (BadDigest)',
    given: (scene) => uploading(scene, (_, response) => refuse(response, 400, 'BadDigest')),
    error: 'UploadFailed',
  }),
  onNode({
    ...upload,
    id: 'another-object-is-there',
    item: 'checksum mismatch',
    injected: 'Under the key of a receipt lies another object already',
    given: async (scene) => [backedUp(scene), await scene.bucket.put(`${stored}/receipt.json`, 'other')],
    error: 'UploadFailed',
    remains: '3 objects, local backup',
  }),
  ...(['.ctl', '.Data', '.log'] as const).flatMap((kind) => [
    onNode({
      ...download,
      id: `stored${kind.toLowerCase()}-truncated`,
      item: `truncated ${kind}`,
      injected: `The stored ${kind} has lost its second half`,
      given: (scene) => downloading(scene, files[kind], truncated),
      error: 'ChecksumMismatch',
    }),
    onNode({
      ...download,
      id: `stored${kind.toLowerCase()}-bit-flipped`,
      item: `bit-flipped ${kind}`,
      injected: `One bit of the stored ${kind} has flipped`,
      given: (scene) => downloading(scene, files[kind], flipped),
      error: 'ChecksumMismatch',
    }),
  ]),
  onNode({
    ...download,
    id: 'stored-file-gone',
    item: 'object missing at seal',
    injected: 'A file of the backup is gone from the bucket after the plan',
    given: (scene) => downloading(scene, files['.Data'], () => undefined),
    error: 'DownloadFailed',
  }),
  onNode({
    ...download,
    id: 'disk-too-full-for-download',
    item: 'full disk',
    injected: 'The backup does not fit on the volume of the target',
    given: (scene) => scene.write(`bucket/${prefix}/rondb/node=1.list`, line(files['.ctl']).replace(/ \d+ /, ' 999999999999999 ')),
    error: 'DiskFull',
  }),
  onNode({
    ...download,
    id: 'download-list-replaced',
    item: 'checksum mismatch',
    injected: 'The list of what to fetch is another one than the plan was made with',
    parameters: { prefix, listsSha256: pinned(prefix, new Map([[layout.nodeList(1), line(files['.Data'])]])).sha256 },
    given: async (scene) => {
      await downloading(scene);
      scene.givenLists(prefix, { [layout.nodeList(1)]: line(files['.ctl']) });
    },
    error: 'ChecksumMismatch',
  }),
  onNode({
    ...download,
    id: 'download-list-leaves-its-place',
    item: 'garbage on stdout',
    injected: 'The list of what to fetch names a path outside the directory of the restore',
    given: (scene) =>
      scene.write(`bucket/${prefix}/rondb/node=1.list`, line(files['.ctl']).replace(/ \S+\n$/, ' ../../etc/BACKUP-263261030.1.ctl\n')),
    error: 'DownloadFailed',
  }),
];
