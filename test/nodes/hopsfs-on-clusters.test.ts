import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinned } from '../../lambdas/lists.ts';
import type { PracticeCluster, PracticeNode } from '../../local/cluster/cluster.ts';
import { createStandInCluster } from '../../local/cluster/stand-in.ts';
import { failHdfs, installHdfs } from '../../local/hopsworks/hdfs.ts';
import { dataDirectory, loadBlocks, readBlocks, withRole } from '../../local/hopsworks/hdfs-blocks.ts';
import { installSystemctl } from '../../local/hopsworks/systemctl.ts';
import type { ActionName } from '../../model/actions.ts';
import type { Answer } from '../../model/answers.ts';
import { storageReceiptSchema } from '../../model/receipt.ts';
import { credentials, startS3 } from '../local/s3/running.ts';
import { createScripts } from './scripts.ts';

/** The sample data have no fewer. */
const BLOCKS = 100;
const first = { backupId: '263261030', prefix: 'practice/backups/263261030' };
const restore = 'practice/restores/run-1';
const second = { backupId: '263261130', prefix: 'practice/backups/263261130', previousBackupId: first.backupId };

/** Its scripts ask RonDB for nothing. */
describe('HopsFS on disks, with the AWS CLI', { timeout: 300_000 }, () => {
  let directory: string;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let cluster: PracticeCluster;
  const heads = () => withRole(cluster.nodes, 'head');
  const datanodes = () => withRole(cluster.nodes, 'hopsfs');

  function scriptsOf(node: PracticeNode) {
    return createScripts(cluster, directory, {
      PATH: [join(node.directory, 'bin'), process.env.PATH].join(':'),
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    });
  }

  async function run<A extends ActionName>(nodes: PracticeNode[], action: A, given: Record<string, string> = {}): Promise<Answer<A>[]> {
    const parameters = { bucket: 'backups', dataDirectories: dataDirectory, ...given };
    return (await Promise.all(nodes.map((node) => scriptsOf(node).run([node], action, parameters)))).flat();
  }

  async function deploy() {
    for (const node of heads()) await installSystemctl(node, ['namenode']);
    for (const node of datanodes()) await installSystemctl(node, ['datanode']);
    await installHdfs(cluster.nodes, 'disks');
  }

  async function backUp(given: Record<string, string>) {
    await run(datanodes(), 'SnapshotBlocks', given);
    return (await run(datanodes(), 'UploadBlocks', given)).flatMap(({ storages }) => storages);
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    s3 = await startS3(join(directory, 's3'));
    await s3.createBucket('backups');
    cluster = await createStandInCluster({ directory: join(directory, 'c'), dataNodes: 1, hopsfs: 2 });
    await cluster.start();
    await cluster.load(BLOCKS);
    await deploy();
    await loadBlocks(cluster.nodes, 'disks');
  }, 300_000);

  afterAll(async () => {
    await cluster?.stop();
    await s3?.stop();
    await rm(directory, { recursive: true });
  });

  it('brings every block back to a new deployment, and HopsFS leaves safe mode by itself, with none missing', async () => {
    const before = await readBlocks(cluster.nodes, 'disks');
    const uploaded = await backUp(first);
    const again = await backUp(second);
    await deploy();
    await run([...datanodes(), ...heads()], 'StopServices', { units: 'datanode+namenode' });
    const fresh = await run(datanodes(), 'InspectHopsfs');
    const storages = datanodes()
      .map(({ instanceId }, index) => `${instanceId}=${uploaded[1 - index]?.storageId}`)
      .join(';');

    const recorded = new Map<string, string>();
    for (const { storageId } of uploaded) {
      const Key = `${first.prefix}/hopsfs/${storageId}/receipt.json`;
      const { Body } = await s3.client.send(new GetObjectCommand({ Bucket: 'backups', Key }));
      const { list, files } = storageReceiptSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
      recorded.set(`hopsfs/${storageId}/blocks.list`, list.sha256).set(`hopsfs/${storageId}/files.tar`, files.sha256);
    }
    const { objects, sha256: listsSha256 } = pinned(restore, new Map(), recorded);
    for (const [Key, Body] of objects) await s3.client.send(new PutObjectCommand({ Bucket: 'backups', Key, Body }));

    const restored = await run(datanodes(), 'RestoreBlocks', { ...first, prefix: restore, listsSha256, storages });
    await run(heads(), 'StartNameNode', { units: 'namenode' });
    const [head] = heads() as [PracticeNode];
    const early = await (await scriptsOf(head).start(head, 'AwaitSafeModeExit', { limitSeconds: '1' })).ended;
    await run(datanodes(), 'StartHopsfs', {
      unitAssignments: datanodes()
        .map(({ instanceId }) => `${instanceId}=datanode`)
        .join(';'),
    });
    const [exit] = await run(heads(), 'AwaitSafeModeExit', { limitSeconds: '60' });

    expect(uploaded.map(({ uploadedBlocks }) => uploadedBlocks)).toEqual([BLOCKS / 2, BLOCKS / 2]);
    expect(again.map(({ blocks, uploadedBlocks }) => [blocks, uploadedBlocks])).toEqual(Array(2).fill([BLOCKS / 2, 0]));
    expect(fresh.flatMap(({ directories }) => directories.map(({ blocks }) => blocks))).toEqual([0, 0]);
    expect(restored.flatMap((answer) => answer.storages.map(({ blocks }) => blocks))).toEqual([BLOCKS / 2, BLOCKS / 2]);
    expect(early).toMatchObject({ code: 44, stdout: expect.stringContaining('0 live datanodes have reported 0.0 % of 100 blocks.') });
    expect(exit).toMatchObject({ blocks: BLOCKS, missingBlocks: 0, datanodes: 2 });
    expect(Object.keys(before)).toHaveLength(BLOCKS);
    expect(await readBlocks(cluster.nodes, 'disks')).toEqual(before);
  });

  it('says how much of it is there while a datanode does not report', async () => {
    const [head] = heads() as [PracticeNode];
    const repair = await failHdfs(cluster.nodes, { silent: 'hopsfs-2' });
    await run(heads(), 'StopServices', { units: 'namenode' });
    await run(heads(), 'StartNameNode', { units: 'namenode' });

    const { code, stdout } = await (await scriptsOf(head).start(head, 'AwaitSafeModeExit', { limitSeconds: '1' })).ended;
    await repair();

    expect({ code, stdout }).toEqual({ code: 44, stdout: expect.stringContaining('1 live datanodes have reported 50.0 % of 100 blocks.') });
  });

  it('does not go on with a NameNode that took another one for alive, and skipped safe mode', async () => {
    const [head] = heads() as [PracticeNode];
    const repair = await failHdfs(cluster.nodes, 'skipped');
    await run(heads(), 'StopServices', { units: 'namenode' });

    const { code, stdout } = await (await scriptsOf(head).start(head, 'StartNameNode', { units: 'namenode' })).ended;
    await repair();

    expect({ code, stdout }).toEqual({ code: 43, stdout: expect.stringContaining('the NameNode is not in safe mode') });
  });
});
