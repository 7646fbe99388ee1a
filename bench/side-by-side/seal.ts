import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Answer } from '../../model/answers.ts';
import { layout } from '../../model/layout.ts';
import type { BackupPlan } from '../../model/plan.ts';
import { BACKUP_ID } from './directories.ts';
import { GCPS, INSTANCE, PREFIX } from './imitated-node.ts';
import { BUCKET } from './peers.ts';

const CLUSTER = 'bench';
const VERSION = 'mysql-9.7.2 ndb-9.7.2';
const METADATA = ['users.sql', 'objects.sql', 'versions.json'];
const pack = (text: string) => gzipSync(text).toString('base64');
const plan: BackupPlan = {
  formatVersion: 1,
  cluster: CLUSTER,
  executionId: 'bench',
  startedAt: '2026-11-22T10:30:00.000Z',
  bucket: BUCKET,
  connectString: '127.0.0.1:1186',
  stepSeconds: 3600,
  backupId: BACKUP_ID,
  rondbInstances: [INSTANCE],
  requiredBytes: '0',
  kind: 'backup',
  prefix: PREFIX,
  head: INSTANCE,
  sqlVersion: '9.7.2',
  dataNodes: [{ nodeId: 1, nodeGroup: 0, version: VERSION, instanceId: INSTANCE }],
  memory: [],
  blocks: 'none',
  storages: [],
  hopsfsInstances: [],
  dataDirectories: '',
  previousBackupId: 'none',
  keep: null,
};

/** What the machine does when every node has answered: the Lambda SealBackup, in this process. */
export interface Sealing {
  /** Stores the metadata, as an earlier step of the machine does. */
  prepare(): Promise<void>;
  seal(uploaded: Answer<'UploadRondbBackup'>): Promise<void>;
}

/** `endpoint`: without TLS, because this process does not know the certificate. */
export async function loadSealing(endpoint: string): Promise<Sealing> {
  // The Lambda's client of S3 reads its configuration when it is loaded.
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'eu-north-1',
    AWS_ACCESS_KEY_ID: 'nobody',
    AWS_SECRET_ACCESS_KEY: 'nothing',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
  const { headObject, putObject, putObjectIfAbsent, readObject } = await import('../../lambdas/aws/s3.ts');
  const { sealBackup } = await import('../../lambdas/seal-backup/seal-backup.ts');
  const bucket = { read: readObject(BUCKET), head: headObject(BUCKET), putIfAbsent: putObjectIfAbsent(BUCKET) };
  const digest = (encoding: 'base64' | 'hex') => createHash('sha256').update('bench').digest(encoding);
  const files = METADATA.map((path) => ({ path, bytes: 5, checksum: digest('base64'), sha256: digest('hex') }));
  const versions = { mysql: '9.7.2', hopsworks: null, definitionSha256: null, passwordFingerprint: null };
  const completed = [
    `Node 1: Backup ${BACKUP_ID} started from node 49 completed`,
    ` StartGCP: ${GCPS.startGcp} StopGCP: ${GCPS.stopGcp}`,
    ' #Records: 1 #LogRecords: 1',
    ' Data: 1 bytes Log: 1 bytes',
    '',
  ].join('\n');
  const show = `[ndbd(NDB)]\t1 node(s)\nid=1\t@127.0.0.1  (${VERSION}, Nodegroup: 0, *)\n\n[ndb_mgmd(MGM)]\t1 node(s)\nid=49\t@127.0.0.1  (${VERSION})\n\n[mysqld(API)]\t0 node(s)\n`;
  return {
    async prepare() {
      for (const path of METADATA) await putObject(BUCKET)(`${layout.metadata(CLUSTER, BACKUP_ID)}/${path}`, 'bench');
    },
    async seal(uploaded) {
      const input = {
        plan,
        metadata: [{ instanceId: INSTANCE, answer: { files, users: 0, versions } }],
        completion: [{ instanceId: INSTANCE, answer: { output: pack(completed), show: pack(show) } }],
        uploads: [{ instanceId: INSTANCE, answer: uploaded }],
        storages: [],
      };
      await sealBackup(
        input,
        bucket,
        () => undefined,
        () => new Date(),
      );
    },
  };
}
