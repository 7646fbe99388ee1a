import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinned } from '../../lambdas/lists.ts';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { compareFingerprints, type Fingerprint } from '../../local/cluster/fingerprint.ts';
import { createRondbCluster } from '../../local/cluster/rondb.ts';
import type { Answer } from '../../model/answers.ts';
import { layout } from '../../model/layout.ts';
import { receiptSchema } from '../../model/receipt.ts';
import { parseCompleted } from '../../model/rondb/completed.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { rondbHome } from '../rondb-home.ts';
import { parameters, unpack } from './given.ts';
import { createScripts } from './scripts.ts';

const backup = 'practice/backups/263261030';
const restore = 'practice/restores/run-1';
type Scripts = ReturnType<typeof createScripts>;
/** A table on disk, as those of HopsFS that hold small files. */
const diskTable = `CREATE LOGFILE GROUP lg_1 ADD UNDOFILE 'undo_1.log' INITIAL_SIZE 8M UNDO_BUFFER_SIZE 2M ENGINE ndbcluster;
  CREATE TABLESPACE ts_1 ADD DATAFILE 'data_1.dat' USE LOGFILE GROUP lg_1 INITIAL_SIZE 8M ENGINE ndbcluster;
  CREATE TABLE hops.hdfs_ondisk_small_file_inode_data (inode_id INT PRIMARY KEY, data VARBINARY(2000)) TABLESPACE ts_1 STORAGE DISK ENGINE ndbcluster;
  INSERT INTO hops.hdfs_ondisk_small_file_inode_data SELECT inode_id, LEFT(data, 2000) FROM hops.hdfs_inode_file_data`;

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
    await sql(diskTable);
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

  async function sql(statements: string): Promise<string> {
    const [head] = heads();
    const socket = join(`${head?.directory}`, 'mysql-cluster/mysql.sock');
    const options = ['--no-defaults', '--user=root', `--socket=${socket}`, '-Nre', statements];
    return (await promisify(execFile)(join(`${head?.directory}`, 'mysql/bin/mysql'), options)).stdout;
  }

  /** From the tables to the indexes, as often as it is asked for. */
  async function restoreRondb(selection: string): Promise<void> {
    const [node] = rondb() as [PracticeNode];
    await run([node], 'RestoreRondbSchema', { selection });
    await run(rondb(), 'RestoreRondbData', { selection });
    await run([node], 'RebuildRondbIndexes', { selection });
  }

  function restoreUsers(given: Record<string, string>): Promise<Answer<'RestoreUsers'>[]> {
    const [usersSha256 = '', objectsSha256 = ''] = metadata.files.map(({ sha256 }) => sha256);
    return run(heads(), 'RestoreUsers', { usersSha256, objectsSha256, ...given });
  }

  const schemaLog = () => readFile(join(`${rondb()[0]?.directory}`, 'mysql-cluster/ndb/backups/hopsdr/263261030/schema.log'), 'utf8');

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

    expect(removed).toEqual([
      { removed: [1], givenUp: 0 },
      { removed: [2], givenUp: 0 },
    ]);
  });

  it('brings the files back to a cluster that lost everything', async () => {
    await cluster.destroy();
    const lists = new Map<string, string>();
    for (const nodeId of [1, 2]) {
      const { Body } = await s3.client.send(
        new GetObjectCommand({ Bucket: parameters.bucket, Key: `${backup}/rondb/node=${nodeId}/receipt.json` }),
      );
      const { files } = receiptSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
      const lines = files.map(({ checksum, bytes, path }) => `${checksum} ${bytes} ${backup}/rondb/node=${nodeId}/${path} ${path}\n`);
      lists.set(layout.nodeList(nodeId), lines.join(''));
    }
    const { objects, sha256: listsSha256 } = pinned(restore, lists);
    for (const [Key, Body] of objects) await s3.client.send(new PutObjectCommand({ Bucket: parameters.bucket, Key, Body }));

    const downloaded = await run(rondb(), 'DownloadRondbBackup', { prefix: restore, listsSha256 });

    expect(downloaded.flatMap(({ nodes }) => nodes.map(({ nodeId, files }) => [nodeId, files]))).toEqual([
      [1, 6],
      [2, 6],
    ]);
  });

  it('creates the tables in spite of a kill -9 in the middle of them', async () => {
    const [node] = rondb() as [PracticeNode];
    const killed = await start(node, 'RestoreRondbSchema', {});
    let [text, over] = ['', false];
    const ended = killed.ended.then(() => (over = true));
    while (!over && !text.includes('Successfully restored table')) {
      await delay(20);
      text = await schemaLog().catch(() => '');
    }
    killed.kill();
    await ended;
    const [inspected] = await run([node], 'InspectCluster');

    const [restored] = await run([node], 'RestoreRondbSchema');

    expect(text).toContain('Successfully created logfile group lg_1');
    expect(inspected?.restoring).toEqual(['263261030']);
    expect(restored?.tables).toBeGreaterThan(5);
  });

  it('brings back rows, indexes, accounts and SQL objects, twice if need be', async () => {
    for (const _ of ['a first run', 'a second one, from the schema on']) await restoreRondb('all');
    const [first] = await restoreUsers({ selection: 'all', accounts: 'keep' });
    const [second] = await restoreUsers({ selection: 'all', accounts: 'keep' });

    expect(first).toMatchObject({ created: metadata.users, keptSame: 0, keptOther: 0, differing: [] });
    expect(second).toMatchObject({ created: 0, keptSame: metadata.users, keptOther: 0, differing: [] });
    expect(compareFingerprints(before, await cluster.fingerprint())).toEqual([]);
  });

  it('restores a database beside the living one under another name, twice if need be', async () => {
    const selection =
      'include-databases=shop_featurestore;exclude-tables=shop_featurestore.customers_1;rewrite-database=shop_featurestore,copy';

    for (const _ of ['a first run', 'a second one']) await restoreRondb(selection);
    await restoreUsers({ selection, accounts: 'none' });

    const { entries } = await cluster.fingerprint();
    const copied = Object.entries(entries).filter(([entry]) => entry.startsWith('table copy.'));
    expect(copied).toEqual(copied.map(([entry]) => [entry, entries[entry.replace('copy.', 'shop_featurestore.')]]));
    expect(copied.map(([entry]) => entry)).toContain("table copy.odd-name's table checksum");
    expect(copied.map(([entry]) => entry)).not.toContain('table copy.customers_1 checksum');
    expect(
      compareFingerprints(before, { entries: Object.fromEntries(Object.entries(entries).filter(([entry]) => !entry.includes('copy'))) }),
    ).toEqual([]);
  });

  it('replaces what lives there by the backup, tables that mysqld does not know among it, in spite of a kill -9', async () => {
    await sql(
      'DELETE FROM hops.hdfs_inodes LIMIT 100; CREATE DATABASE `an odd-name`; CREATE TABLE `an odd-name`.`a.b` (id INT PRIMARY KEY) ENGINE ndbcluster',
    );
    const [node] = rondb() as [PracticeNode];
    const [head] = heads() as [PracticeNode];
    await run([node], 'RestoreRondbSchema', { selection: 'include-databases=hopsworks;rewrite-database=hopsworks,unseen' });
    const [inspected] = await run([head], 'InspectCluster');
    const tablesSha256 = inspected?.cluster?.userTablesSha256 ?? '';
    const killed = await start(head, 'EmptyRondb', { tablesSha256 });
    while ((await sql('SHOW DATABASES')).includes('an odd-name')) await delay(50);
    killed.kill();
    await killed.ended;

    const [emptied] = await run([head], 'EmptyRondb', { tablesSha256 });
    const [empty] = await run([head], 'InspectCluster');
    await restoreRondb('all');
    await restoreUsers({ selection: 'all', accounts: 'keep' });

    expect(emptied?.dropped).toBe(inspected?.cluster?.userTableCount);
    expect(empty?.cluster?.userTableCount).toBe(0);
    expect(await schemaLog()).not.toContain('Creating logfile group');
    expect(compareFingerprints(before, await cluster.fingerprint())).toEqual([]);
  });

  it('ends the restore by removing the downloads', async () => {
    await run(rondb(), 'RemoveLocalBackup');

    const inspected = await run(rondb(), 'InspectCluster');

    expect(inspected.map(({ restoring }) => restoring)).toEqual([[], []]);
  });
});
