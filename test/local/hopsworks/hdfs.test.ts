import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PracticeCluster, PracticeNode } from '../../../local/cluster/cluster.ts';
import { createStandInCluster } from '../../../local/cluster/stand-in.ts';
import { failHdfs, installHdfs } from '../../../local/hopsworks/hdfs.ts';
import { type BlockObjects, loadBlocks, readBlocks } from '../../../local/hopsworks/hdfs-blocks.ts';
import { installSystemctl } from '../../../local/hopsworks/systemctl.ts';

const BLOCKS = 100;
const stubs = new URL('../../nodes/stubs', import.meta.url).pathname;

describe('the imitation of HopsFS', () => {
  let directory: string;
  let cluster: PracticeCluster;
  let objects: BlockObjects;
  const bucket = () => join(directory, 'bucket');
  const [head, datanode] = [() => cluster.nodes[0] as PracticeNode, () => cluster.nodes.at(-1) as PracticeNode];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dr-'));
    cluster = await createStandInCluster({ directory: join(directory, 'c'), dataNodes: 1, hopsfs: 1 });
    await cluster.start();
    await cluster.load(BLOCKS);
    objects = {
      bucket: 'blocks',
      async put(key, content) {
        mkdirSync(dirname(join(bucket(), key)), { recursive: true });
        writeFileSync(join(bucket(), key), content);
      },
      list: async () => readdirSync(bucket(), { recursive: true, encoding: 'utf8' }),
      get: async (key) => readFileSync(join(bucket(), key)),
    };
  });

  beforeEach(() => rmSync(bucket(), { recursive: true, force: true }));

  afterAll(async () => {
    await cluster.stop();
    await rm(directory, { recursive: true });
  });

  const environment = () => ({ PATH: `${stubs}:${process.env.PATH}`, BUCKET: bucket(), AWS_LOG: join(directory, 'aws.log') });

  async function givenHopsfs(blocks: 'disks' | 's3') {
    const where = blocks === 'disks' ? blocks : objects;
    await installSystemctl(head(), ['namenode']);
    await installSystemctl(datanode(), ['datanode']);
    await installHdfs(cluster.nodes, where);
    await loadBlocks(cluster.nodes, where);
    return where;
  }

  async function call(program: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return promisify(execFile)(join(head().directory, program), args, { env: environment() }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  }

  const hdfs = (...args: string[]) => call('hadoop/bin/hdfs', ...args);
  const safeMode = async () => (await hdfs('dfsadmin', '-safemode', 'get')).stdout;

  async function restart(): Promise<number> {
    await call('bin/systemctl', 'stop', 'namenode');
    return (await call('bin/systemctl', 'start', 'namenode')).code;
  }

  it.each(['disks', 's3'] as const)('has a block for every row of RonDB in %s, and misses those that are gone', async (blocks) => {
    const where = await givenHopsfs(blocks);
    const all = await readBlocks(cluster.nodes, where);
    const folder = blocks === 'disks' ? join(datanode().directory, 'hopsworks-data') : bucket();
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /blk_107374183\d(_\d+\.data)?$/.test(file));
    for (const file of files) rmSync(join(folder, file));

    await restart();
    const { stdout } = await hdfs('dfsadmin', '-report');

    expect(Object.keys(all)).toHaveLength(BLOCKS);
    expect(new Set(Object.values(all)).size).toBe(BLOCKS);
    expect(files).toHaveLength(10);
    expect(stdout).toMatch(/^Safe mode is ON\n.*^Missing blocks: 10\n.*^Live datanodes \(1\):\n/ms);
  });

  it.each([
    ['its unit stops', () => writeFile(join(datanode().directory, 'systemd', 'datanode'), 'inactive\n')],
    ['it is of another cluster', () => installHdfs([datanode()], 'disks')],
    ['it is told to be silent', () => failHdfs(cluster.nodes, { silent: datanode().name })],
  ])('stays in safe mode without the datanode, when %s', async (_, spoil) => {
    await givenHopsfs('disks');
    await restart();
    const before = await safeMode();
    await spoil();

    await restart();

    expect([before, await safeMode()]).toEqual(['Safe mode is OFF\n', 'Safe mode is ON\n']);
    expect((await hdfs('dfsadmin', '-report')).stdout).not.toContain('Live datanodes');
  });

  it('never leaves safe mode when told so, and skips it when told so', async () => {
    await givenHopsfs('disks');
    const repair = await failHdfs(cluster.nodes, 'stuck');
    await restart();
    const stuck = await safeMode();
    await repair();
    await failHdfs(cluster.nodes, 'skipped');
    rmSync(join(datanode().directory, 'hopsworks-data'), { recursive: true });
    await restart();

    const skipped = await safeMode();

    expect([stuck, skipped]).toEqual(['Safe mode is ON\n', 'Safe mode is OFF\n']);
  });

  it('refuses the connection while the NameNode does not run', async () => {
    await givenHopsfs('disks');
    await call('bin/systemctl', 'stop', 'namenode');

    const { code, stderr } = await hdfs('dfsadmin', '-safemode', 'get');

    expect(code).toBe(255);
    expect(stderr).toMatch(/^safemode: Call From \S+ to localhost:8020 failed on connection exception: java\.net\.ConnectException/);
  });

  it.each<[string, 'disks' | 's3', Parameters<typeof failHdfs>[1] | undefined, object]>([
    ['rolls deleted blocks back', 's3', undefined, { code: 0, stderr: expect.not.stringContaining('ERROR') }],
    ['cannot when told so', 's3', 'rollBack', { code: 1, stderr: expect.stringContaining('ERROR namenode.NameNode') }],
    [
      'prints its usage where it does not know how',
      's3',
      'noRollBack',
      { code: 0, stderr: expect.stringMatching(/^Usage: java NameNode/) },
    ],
    ['prints its usage where blocks are on disks', 'disks', undefined, { code: 0, stderr: expect.stringMatching(/^Usage: /) }],
  ])('%s', async (_, blocks, failure, ending) => {
    await givenHopsfs(blocks);
    if (failure) await failHdfs(cluster.nodes, failure);

    const ended = await hdfs('namenode', '-rollbackDeletedCloudBlocks');

    expect(ended).toMatchObject(ending);
  });

  it('tells its configuration, and what is missing in it', async () => {
    await givenHopsfs('disks');

    const known = await hdfs('getconf', '-confKey', 'dfs.namenode.startup.delay.block.deletion.sec');
    const unknown = await hdfs('getconf', '-confKey', 'dfs.unknown');

    expect(known).toMatchObject({ code: 0, stdout: '86400\n' });
    expect(unknown).toMatchObject({ code: 255, stderr: 'Configuration dfs.unknown is missing.\n' });
  });

  it.each([
    ['dfsadmin', '-safemode', 'leave'],
    ['namenode', '-format'],
  ])('lets nobody call hdfs %s %s', async (...args) => {
    await givenHopsfs('disks');

    const { code } = await hdfs(...args);

    expect(code).toBe(99);
  });

  // The last one: it takes the cluster's rows away.
  it('starts no NameNode on a RonDB without metadata', async () => {
    await givenHopsfs('disks');
    await cluster.destroy();
    await installSystemctl(head(), ['namenode']);
    await installHdfs(cluster.nodes, 'disks');

    const code = await restart();

    expect(code).toBe(1);
    expect(await readFile(join(head().directory, 'systemd', 'journal'), 'utf8')).toContain('NameNode is not formatted.');
  });
});
