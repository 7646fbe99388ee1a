import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import { type ActionName, scriptName } from '../../model/actions.ts';
import { type Answer, answers } from '../../model/answers.ts';
import { receiptSchema, storedName } from '../../model/receipt.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { rondbHome } from '../rondb-home.ts';
import { assembled, parameters, unpack } from './given.ts';

const backup = 'practice/backups/263261030';
const restore = 'practice/restores/run-1';

/** The scripts one after another on a real RonDB, with the real AWS CLI; each step needs the one before it. */
describe.skipIf(!rondbHome)('the node scripts on a real RonDB', { timeout: 180_000 }, () => {
  let directory: string;
  let cluster: PracticeCluster;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let before: Fingerprint;
  let metadata: Answer<'DumpMetadata'>;
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
    assignments = rondb()
      .map(({ instanceId }, index) => `${instanceId}=${index + 1}`)
      .join(';');
  });

  afterAll(async () => {
    await cluster?.stop();
    await s3?.stop();
    await rm(directory, { recursive: true });
  });

  async function start(node: PracticeNode, action: ActionName, given: Record<string, string>) {
    const all = { ...parameters, connectString: cluster.connectString, assignments, ...given };
    const file = join(directory, `${scriptName(action)}-${node.name}.sh`);
    await writeFile(file, assembled(scriptName(action)));
    const child = spawn('bash', [file], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: directory,
        ...node.environment,
        ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`SSM_${name}`, value])),
        AWS_SSM_INSTANCE_ID: node.instanceId,
        AWS_SSM_REGION_NAME: 'us-east-1',
        AWS_ENDPOINT_URL: s3.endpoint,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { ended, kill: () => process.kill(-(child.pid ?? 0), 'SIGKILL') };
  }

  async function run<A extends ActionName>(nodes: PracticeNode[], action: A, given: Record<string, string> = {}): Promise<Answer<A>[]> {
    const runs = await Promise.all(nodes.map((node) => start(node, action, given)));
    const all = await Promise.all(runs.map(({ ended }) => ended));
    return all.map(({ code, stdout, stderr }) => {
      if (code !== 0) throw new Error(`${action} ended with ${code}:\n${stderr}`);
      return answers[action].parse(JSON.parse(stdout)) as Answer<A>;
    });
  }

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

    const uploaded = await run(rondb(), 'UploadRondbBackup');

    expect(uploaded.flatMap(({ nodes }) => nodes.map(({ nodeId, files }) => [nodeId, files]))).toEqual([
      [1, 6],
      [2, 6],
    ]);
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
