import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { reportVerification } from '../../../lambdas/report-verification/report-verification.ts';
import { backupPlan, dataNode, manifest } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { sha256 } from '../../nodes/given.ts';
import type { Fault } from '../fault.ts';
import { type Cluster, onCluster } from '../stages/cluster.ts';
import { cut, flip, spoilFile } from './spoil.ts';

const restore = 'practice/restores/run-1';
const verification = 'practice/verifications/run-1';
const kinds = ['.ctl', '.Data', '.log'] as const;
type Kind = (typeof kinds)[number];

/** A file of the second part, as it is stored of backup node 2 and fetched to the data node. */
const pathOf = (cluster: Cluster, kind: Kind, node: number) => {
  const { backupId } = cluster.given();
  return `BACKUP-${backupId}-PART-2-OF-2/BACKUP-${backupId}${kind === '.Data' ? `-0.${node}.Data` : `.${node}${kind}`}`;
};
const fetched = (cluster: Cluster, kind: Kind, node: number) => {
  const { backupId } = cluster.given();
  const instance = cluster.rondb[node - 1] as (typeof cluster.rondb)[0];
  return cluster.own(instance, 'hopsdr', backupId, `node=${node}`, `BACKUP-${backupId}`, pathOf(cluster, kind, node));
};

/** A row in which the stored file of data node 2 is another than its receipt says, when a restore fetches it. */
const stored = (kind: Kind, how: 'flipped' | 'truncated') =>
  onCluster({
    id: `real-stored-${kind.slice(1).toLowerCase()}-${how}`,
    item: how === 'flipped' ? `bit-flipped ${kind}` : `truncated ${kind}`,
    injected: how === 'flipped' ? `A bit of a stored ${kind} has flipped` : `A stored ${kind} has lost its second half`,
    action: 'DownloadRondbBackup',
    on: 'rondb-2',
    parameters: { prefix: restore },
    async given(cluster) {
      await cluster.storedBackup();
      const key = `${cluster.given().prefix}/rondb/node=2/${pathOf(cluster, kind, 2)}`;
      const spoil = how === 'flipped' ? flip : cut;
      await cluster.bucket().put(key, spoil((await cluster.bucket().get(key)).bytes));
    },
    proof: (cluster) => (hasFile(fetched(cluster, kind, 2)) ? 'THE FILE HAS ITS NAME ON THE NODE' : 'the file has no name on the node'),
    error: 'ChecksumMismatch',
    remains: '17 objects, the file has no name on the node',
    limit: 60,
  });

const hasFile = (file: string) => readdirSync(join(file, '..')).some((name) => file.endsWith(`/${name}`));

/** A row in which a bit flips on the disk of the node after the file was fetched and found right. */
const flippedSince = (kind: Kind, row: Pick<Parameters<typeof onCluster>[0], 'action' | 'on' | 'parameters'>) =>
  onCluster({
    ...row,
    id: `real-fetched-${kind.slice(1).toLowerCase()}-flipped`,
    item: `bit-flipped ${kind}`,
    injected: `A bit of a ${kind} flips on the data node's own disk after it was fetched: ndb_restore would not notice`,
    async given(cluster) {
      await cluster.fetchedBackup();
      spoilFile(fetched(cluster, kind, 1), flip);
      await cluster.sql(EMPTIED);
    },
    proof: whatWasWritten,
    error: 'ChecksumMismatch',
    remains: '17 objects, no table or row was written',
    limit: 60,
  });

/** Of a table that is emptied, ndb_restore brings the rows back; of one that is restored beside the living ones, RonDB has another. */
const EMPTIED = 'DELETE FROM hops.hdfs_variables';
async function whatWasWritten(cluster: Cluster): Promise<string> {
  const rows = (await cluster.sql('SELECT COUNT(*) FROM hops.hdfs_variables')).trim();
  const { stdout } = await cluster.tool('ndb_show_tables', '-t', '2', '-p');
  return rows === '0' && !stdout.includes("'copy'") ? 'no table or row was written' : 'SOMETHING WAS WRITTEN';
}

/** Takes every free [api] slot, as clients do that have asked ndb_mgmd for one and are about to connect: each keeps it for 20 seconds. */
async function takeSlots({ cluster, head }: Cluster): Promise<() => void> {
  // The practice cluster's tools ask for slots by number, one at a time; without one they ask for any, as on a Hopsworks node.
  const locks = join(head.directory, '..', 'api-node-ids');
  const script = 'for id in *; do exec {lock}>>"$id"; flock -n "$lock" || exit 1; done; echo held; read -r';
  const holder = spawn('bash', ['-c', script], { cwd: locks, stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve) => holder.stdout.once('data', resolve));
  const [host = '', port = ''] = cluster.connectString.split(':');
  const sockets: Socket[] = [];
  for (let answer = ''; !answer.includes('No free node id'); ) {
    const socket = connect(Number(port), host);
    sockets.push(socket);
    answer = await new Promise((resolve) => socket.once('data', (data) => resolve(`${data}`)).write(ASKING));
    if (sockets.length > 30) throw new Error(`ndb_mgmd has no end of slots: ${answer}`);
  }
  return () => {
    for (const socket of sockets) socket.destroy();
    holder.stdin.end();
  };
}
const ASKING =
  'get nodeid\nversion: 591618\nnodetype: 1\nnodeid: 0\nuser: mysqld\npassword: mysqld\npublic key: a public key\nendian: little\nlog_event: 0\n\n';

/** ndb_restore asks three times within two seconds for a slot, instead of twelve times within a minute. */
function hurry({ rondb }: Cluster): () => void {
  const tool = join(`${rondb[0]?.directory}`, 'mysql/bin/ndb_restore');
  renameSync(tool, `${tool}.patient`);
  const script = `#!/bin/sh\nfirst=$1; shift\nexec '${tool}.patient' "$first" --connect-retries=3 --connect-retry-delay=1 "$@"\n`;
  writeFileSync(tool, script, { mode: 0o755 });
  return () => renameSync(`${tool}.patient`, tool);
}

/** A row in which a file changed on the data node before anybody had read it: only ndb_restore, reading all of it, can tell. */
const sealedAltered = (kind: '.Data' | '.log') =>
  onCluster({
    id: `real-${kind.slice(1).toLowerCase()}-flipped`,
    item: `bit-flipped ${kind}`,
    injected: `A bit of a ${kind} flips on the data node's own disk before it is shipped; the backup is verified to the depth "database"`,
    action: 'VerifyRondbBackup',
    on: 'rondb',
    parameters: { prefix: verification, depth: 'database' },
    async given(cluster) {
      await cluster.nativeBackup();
      spoilFile(join(cluster.backupOf(2), pathOf(cluster, kind, 2)), flip);
      await cluster.must(cluster.rondb, 'UploadRondbBackup');
      const { metadata } = manifest();
      for (const { path } of metadata) await cluster.bucket().put(`${cluster.given().prefix}/metadata/${path}`, path);
      await cluster.listFiles(verification, metadata);
    },
    lambda: { state: 'ReportVerification', judge: report },
    error: 'BackupDirectoryInvalid',
    remains: 'local backup on rondb-1, local backup on rondb-2, 23 objects',
    limit: 60,
  });

/** ReportVerification, for a backup of these receipts. */
async function report(cluster: Cluster, rondb: readonly unknown[]): Promise<unknown> {
  const { backupId, prefix } = cluster.given();
  const dataNodes = cluster.rondb.map(({ instanceId }, index) => dataNode(index + 1, { instanceId }));
  const plan = backupPlan({ cluster: 'practice', backupId, prefix, dataNodes });
  const sealed = manifest({ plan, receipts: await cluster.receipts() });
  const bucket = memoryBucket({ [`${prefix}/manifest.json`]: JSON.stringify(sealed), [`${verification}/objects.found`]: '' });
  for (const key of await cluster.bucket().keys()) {
    if (key.startsWith(verification)) bucket.objects.set(key, Buffer.from((await cluster.bucket().get(key)).bytes).toString());
  }
  const checked = { backupId, depth: 'database', objects: 12, bytes: 1, damaged: 0, storages: 0 };
  const input = { execution: { name: 'run-1', startTime: '2026-11-22T10:30:00.000Z' }, checked, rondb, blocks: [] };
  return reportVerification(input, { cluster: 'practice', bucketName: 'the-bucket', bucket, now: () => new Date() });
}

/** Restores one database beside the living ones. */
const beside = 'include-databases=shop_featurestore;rewrite-database=shop_featurestore,copy';
const users = 'SET NAMES utf8mb4;\nCREATE USER IF NOT EXISTS `first`@`%`;\nCREATE USER IF NOT EXISTS `second`@`%`;\n';
const objects = '-- Dump completed\n';

/** What can happen to a restore, and to a verification, of a real backup: all of it leaves the cluster as it was. */
export const clusterRestoreFaults: Fault[] = [
  ...kinds.flatMap((kind) => [stored(kind, 'flipped'), stored(kind, 'truncated')]),
  flippedSince('.ctl', { action: 'RestoreRondbSchema', on: 'rondb-1', parameters: { backupNodeId: '1', selection: beside } }),
  flippedSince('.Data', { action: 'RestoreRondbData', on: 'rondb-1' }),
  onCluster({
    id: 'real-stale-download',
    item: 'stale directory of the same id',
    injected: 'Where a restore fetches to, the data nodes have files of another backup with this id',
    action: 'DownloadRondbBackup',
    on: 'rondb',
    parameters: { prefix: restore },
    async given(cluster) {
      await cluster.fetchedBackup();
      for (const node of [1, 2]) for (const kind of kinds) spoilFile(fetched(cluster, kind, node), flip);
    },
    error: 'survives',
    async proof(cluster) {
      const same = [1, 2].flatMap((node) =>
        kinds.map(async (kind) => {
          const { bytes } = await cluster.bucket().get(`${cluster.given().prefix}/rondb/node=${node}/${pathOf(cluster, kind, node)}`);
          return readFileSync(fetched(cluster, kind, node)).equals(bytes);
        }),
      );
      return (await Promise.all(same)).every(Boolean) ? 'every file is the stored one' : 'A FILE IS ANOTHER';
    },
    remains: '17 objects, every file is the stored one',
    limit: 60,
  }),
  ...(['.Data', '.log'] as const).map(sealedAltered),
  onCluster({
    id: 'real-data-before-schema',
    item: 'restore order',
    injected: 'Rows are restored before their tables',
    action: 'RestoreRondbData',
    on: 'rondb',
    given: (cluster) => cluster.fetchedBackup(),
    parameters: { selection: beside },
    error: 'DataRestoreFailed',
    remains: '17 objects',
  }),
  onCluster({
    id: 'real-schema-over-tables',
    item: 'restore order',
    injected: 'The schema is restored into a RonDB that holds tables',
    action: 'RestoreRondbSchema',
    on: 'rondb',
    given: (cluster) => cluster.fetchedBackup(),
    parameters: { backupNodeId: '1' },
    error: 'TargetNotEmpty',
    remains: '17 objects',
  }),
  onCluster({
    id: 'real-no-free-slot',
    item: 'no free API slot',
    injected: 'Other clients have taken every free [api] slot of config.ini when ndb_restore asks for one',
    action: 'RestoreRondbData',
    on: 'rondb-1',
    async given(cluster) {
      await cluster.fetchedBackup();
      const [free, slow] = [await takeSlots(cluster), hurry(cluster)];
      giveBack = () => [free, slow].forEach((act) => void act());
    },
    after: async () => giveBack?.(),
    error: 'NoFreeApiSlot',
    remains: '17 objects',
    limit: 60,
  }),
  onCluster({
    id: 'real-users-cut-in-half',
    item: 'users.sql cut in half',
    injected: 'The stored users.sql has lost its second half, between two accounts',
    action: 'RestoreUsers',
    parameters: { usersSha256: sha256(users), objectsSha256: sha256(objects) },
    async given(cluster) {
      const { prefix } = cluster.given();
      await cluster.bucket().put(`${prefix}/metadata/users.sql`, users.slice(0, users.lastIndexOf('CREATE')));
      await cluster.bucket().put(`${prefix}/metadata/objects.sql`, objects);
    },
    proof: async (cluster) =>
      (await cluster.sql("SELECT COUNT(*) FROM mysql.user WHERE user IN ('first', 'second')")).trim() === '0'
        ? 'no account was created'
        : 'AN ACCOUNT WAS CREATED',
    error: 'ChecksumMismatch',
    remains: '2 objects, no account was created',
    limit: 60,
  }),
];

let giveBack: (() => void) | undefined;
