import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import type { Answer } from '../../model/answers.ts';
import { receiptSchema, storedName } from '../../model/receipt.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { rondbHome } from '../rondb-home.ts';
import { parameters, unpack } from './given.ts';
import { createScripts } from './scripts.ts';

const backup = 'practice/backups/263261030';
const restore = 'practice/restores/run-1';
type Scripts = ReturnType<typeof createScripts>;

/** The scripts one after another on a real RonDB, with the real AWS CLI; each step needs the one before it. */
describe.skipIf(!rondbHome)('the node scripts on a real RonDB', { timeout: 180_000 }, () => {
  let directory: string;
  let cluster: PracticeCluster;
  let scripts: Scripts;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let before: Fingerprint;
  let metadata: Answer<'DumpMetadata'>;
  let uploaded: Answer<'UploadRondbBackup'>[];
  let assignments = '';
  const heads = () => cluster.nodes.filter(({ roles }) => roles.includes('head'));
  const rondb = () => cluster.nodes.filter(({ roles }) => roles.includes('rondb'));

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    s3 = await startS3(join(directory, 's3'));
    await s3.createBucket(parameters.bucket);
    cluster = await createRondbCluster({ rondbHome: rondbHome ?? '', directory: join(directory, 'c'), dataNodes: 2 });
    await cluster.start();
    await cluster.load(2000);
    before = await cluster.fingerprint();
    scripts = createScripts(cluster, directory, {
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
    assignments = rondb()
      .map(({ instanceId }, index) => `${instanceId}=${index + 1}`)
      .join(';');
  });

  afterAll(async () => {
    await cluster?.stop();
    await s3?.stop();
    await rm(directory, { recursive: true });
  });

  const start: Scripts['start'] = (node, action, given) => scripts.start(node, action, { assignments, ...given });
  const run: Scripts['run'] = (nodes, action, given) => scripts.run(nodes, action, { assignments, ...given });

  it('finds out where the data nodes live, and that everything is there', async () => {
    const inspected = await run(cluster.nodes, 'InspectCluster');
    const checked = await run(cluster.nodes, 'CheckNodes');

    expect(inspected.map(({ localNodeIds }) => localNodeIds)).toEqual([[], [1], [2]]);
    expect(unpack(inspected[0]?.cluster?.userTables ?? '')).toMatch(/^hops(works)?\.\w+$/m);
    expect(checked).toHaveLength(3);
  });

  it('takes the backup once, however often it is told to', async () => {
    const [first] = await run(heads(), 'StartRondbBackup');
    const [second] = await run(heads(), 'StartRondbBackup');

    expect(parseCompleted(unpack(second?.output ?? ''))).toEqual(parseCompleted(unpack(first?.output ?? '')));
  });

  it('stores the metadata and what every data node wrote', async () => {
    [metadata] = (await run(heads(), 'DumpMetadata')) as [Answer<'DumpMetadata'>];
    const [again] = await run(heads(), 'DumpMetadata');

    uploaded = await run(rondb(), 'UploadRondbBackup');

    expect(uploaded.flatMap(({ nodes }) => nodes.map(({ nodeId, files }) => [nodeId, files]))).toEqual([
      [1, 6],
      [2, 6],
    ]);
    expect(again).toEqual(metadata);
  });

  it('stores nothing twice, even when nobody remembers what is stored', async () => {
    for (const node of rondb()) await rm(join(node.directory, 'mysql-cluster/ndb/backups/hopsdr/263261030/upload'), { recursive: true });

    const again = await run(rondb(), 'UploadRondbBackup');

    expect(again).toEqual(uploaded);
  });

  it('removes the backup from the nodes', async () => {
    const removed = await run(rondb(), 'RemoveLocalBackup');

    expect(removed).toEqual([{ removed: [1] }, { removed: [2] }]);
  });

  it('brings the files back to a cluster that lost everything', async () => {
    await cluster.destroy();
    for (const nodeId of [1, 2]) {
      const { Body } = await s3.client.send(
        new GetObjectCommand({ Bucket: parameters.bucket, Key: `${backup}/rondb/node=${nodeId}/receipt.json` }),
      );
      const { files } = receiptSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
      const lines = files.map(
        (file) => `${file.sha256} ${file.bytes} ${file.encoding} ${backup}/rondb/node=${nodeId}/${storedName(file)} ${file.path}\n`,
      );
      await s3.client.send(
        new PutObjectCommand({ Bucket: parameters.bucket, Key: `${restore}/rondb/node=${nodeId}.list`, Body: lines.join('') }),
      );
    }

    const downloaded = await run(rondb(), 'DownloadRondbBackup', { prefix: restore });

    expect(downloaded.flatMap(({ nodes }) => nodes.map(({ nodeId, files }) => [nodeId, files]))).toEqual([
      [1, 6],
      [2, 6],
    ]);
  });

  it('creates the tables in spite of a kill -9 in the middle of them', async () => {
    const [node] = rondb() as [PracticeNode];
    const log = join(node.directory, 'mysql-cluster/ndb/backups/hopsdr/263261030/schema.log');
    const killed = await start(node, 'RestoreRondbSchema', {});
    let text = '';
    while (!text.includes('Successfully restored table')) {
      await delay(20);
      text = await readFile(log, 'utf8').catch(() => '');
    }
    killed.kill();
    await killed.ended;
    const [inspected] = await run([node], 'InspectCluster');

    const [restored] = await run([node], 'RestoreRondbSchema');

    expect(inspected?.restoring).toEqual(['263261030']);
    expect(restored?.tables).toBeGreaterThan(5);
  });

  it('brings back rows, indexes, accounts and SQL objects, twice if need be', async () => {
    const [node] = rondb() as [PracticeNode];
    const [usersSha256 = '', objectsSha256 = ''] = metadata.files.map(({ sha256 }) => sha256);

    for (const _ of ['a first run', 'a second one, from the schema on']) {
      await run([node], 'RestoreRondbSchema');
      await run(rondb(), 'RestoreRondbData');
      await run([node], 'RebuildRondbIndexes');
    }
    const [first] = await run(heads(), 'RestoreUsers', { usersSha256, objectsSha256 });
    const [second] = await run(heads(), 'RestoreUsers', { usersSha256, objectsSha256 });

    expect(first).toMatchObject({ users: metadata.users, kept: 0 });
    expect(second).toEqual({ ...first, kept: metadata.users });
    expect(compareFingerprints(before, await cluster.fingerprint())).toEqual([]);
  });

  it('ends the restore by removing the downloads', async () => {
    await run(rondb(), 'RemoveLocalBackup');

    const inspected = await run(rondb(), 'InspectCluster');

    expect(inspected.map(({ restoring }) => restoring)).toEqual([[], []]);
  });
});
