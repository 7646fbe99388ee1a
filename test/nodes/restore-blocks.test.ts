import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { answers } from '../../model/answers.ts';
import { blocksOf, givenDatanode, pool } from './datanode.ts';
import { exitCodeOf, sha256 } from './given.ts';

type Node = Awaited<ReturnType<typeof givenBackup>>;

const backup = mkdtempSync(join(tmpdir(), 'hopsdr-blocks-'));
afterAll(() => rmSync(backup, { recursive: true }));

/** A backup of the storages DS-1 and DS-2 in the bucket, taken once, and a node with a new deployment's empty data directories. */
async function givenBackup() {
  const node = givenDatanode();
  node.givenStorage('dn-1', 'DS-1');
  node.givenStorage('dn-2', 'DS-2');
  for (const number of [1, 2, 3]) node.givenBlock('dn-1', number);
  node.givenBlock('dn-2', 4);
  const [first, second] = ['dn-1', 'dn-2'].map((directory) => expectedTree(node.tree(directory)));
  if (!existsSync(join(backup, 'bucket'))) {
    await node.run('snapshot-blocks');
    await node.run('upload-blocks');
    cpSync(node.path('bucket'), join(backup, 'bucket'), { recursive: true });
  } else cpSync(join(backup, 'bucket'), node.path('bucket'), { recursive: true });
  for (const directory of ['dn-1', 'dn-2']) {
    node.empty(directory);
    node.givenStorage(directory, `DS-new-${directory}`, 'uuid-new');
    node.remove(`${directory}/current/${pool}/current/rbw/blk_99`);
  }
  const plan = node.givenPlan('DS-1', 'DS-2');
  return {
    ...node,
    expected: { DS1: first, DS2: second },
    assigned: (storages: string) => ({ ...plan, storages: `i-0000000000000b009=DS-9;i-0000000000000b001=${storages}` }),
  };
}

/** What a tree has below one of its directories. */
const treeIn = (tree: Record<string, string>, directory: string) =>
  Object.fromEntries(
    Object.entries(tree).flatMap(([name, text]) => (name.startsWith(`${directory}/`) ? [[name.slice(directory.length + 1), text]] : [])),
  );

const expectedTree = (tree: Record<string, string>) =>
  Object.fromEntries(Object.entries(tree).filter(([name]) => !/rbw|in_use|hopsdr|before-/.test(name)));

describe('restore-blocks', () => {
  it('puts a storage back as it was: VERSIONs, blocks and nothing else', async () => {
    const node = await givenBackup();

    const { stdout } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(answers.RestoreBlocks.parse(JSON.parse(stdout)).storages).toEqual([{ storageId: 'DS-1', blocks: 3, bytes: 66 }]);
    expect(expectedTree(node.tree('dn-1'))).toEqual(node.expected.DS1);
    expect(node.has('dn-1/hopsdr')).toBe(false);
  });

  it('gives each storage a data directory of its own, in the order of both', async () => {
    const node = await givenBackup();

    await node.run('restore-blocks', node.assigned('DS-2+DS-1'));

    expect(expectedTree(node.tree('dn-1'))).toEqual(node.expected.DS2);
    expect(expectedTree(node.tree('dn-2'))).toEqual(node.expected.DS1);
  });

  it("moves a new deployment's VERSION aside, also in a directory that gets no storage", async () => {
    const node = await givenBackup();

    await node.run('restore-blocks', node.assigned('DS-1'));

    expect(node.read('dn-1/current.before-263261030/VERSION')).toContain('DS-new-dn-1');
    expect(node.read('dn-2/current.before-263261030/VERSION')).toContain('DS-new-dn-2');
    expect(node.has('dn-2/current')).toBe(false);
  });

  it('gives files to the owner of the data directory, and nobody else may read them', async () => {
    const node = await givenBackup();

    await node.run('restore-blocks', node.assigned('DS-1'));

    const owner = statSync(node.path('dn-1')).uid;
    const files = ['current/VERSION', `current/${pool}/current`, node.block('.', 1)].map((name) => statSync(node.path('dn-1', name)));
    expect(files.map(({ uid, mode }) => [uid, (mode & 0o777).toString(8)])).toEqual([
      [owner, '600'],
      [owner, '700'],
      [owner, '600'],
    ]);
  });

  it('fetches only what this backup needs', async () => {
    const node = await givenBackup();
    node.write(`${blocksOf('DS-1')}/blk_8_1008_1790000000`, 'a block of another backup');

    const { code } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(code).toBe(0);
    expect(node.operations().filter((operation) => operation.startsWith('sync'))).toHaveLength(6);
    expect(node.has(node.block('dn-1', 8))).toBe(false);
  });

  it('leaves nothing new for the next backup', async () => {
    const node = await givenBackup();
    await node.run('restore-blocks', node.assigned('DS-1'));
    const next = { backupId: '263261130', prefix: 'practice/backups/263261130', previousBackupId: '263261030' };
    await node.run('snapshot-blocks', next);

    const { answer } = await node.run('upload-blocks', next);

    expect(JSON.parse(answer)).toMatchObject({ storages: [{ storageId: 'DS-1', blocks: 3, uploadedBlocks: 0 }] });
  });

  it('keeps what is there with the right SHA-256, and fetches the rest, when it runs again', async () => {
    const node = await givenBackup();
    await node.run('restore-blocks', node.assigned('DS-1'));
    node.remove(node.block('dn-1', 1));
    node.write(node.block('dn-1', 2), 'other 2');
    node.remove('aws.log');

    const { code } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(code).toBe(0);
    expect(expectedTree(node.tree('dn-1'))).toEqual(node.expected.DS1);
    expect(
      node
        .operations()
        .filter((operation) => operation.startsWith('sync'))
        .sort(),
    ).toEqual([1, 2].map((number) => `sync ${pool}/subdir0/subdir0/blk_${number}_100${number}_1790000000`));
  });

  it('continues after a kill -9 with what was fetched', async () => {
    const node = await givenBackup();
    node.stub('mv', 'touch "$HOPS_ROOT/moving"; sleep 60');
    const killed = node.start('restore-blocks', node.assigned('DS-1'));
    while (!node.has('moving')) await delay(20);
    killed.signal('SIGKILL');
    await killed.ended;
    node.remove('path/mv');

    const { code } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(code).toBe(0);
    expect(expectedTree(node.tree('dn-1'))).toEqual(node.expected.DS1);
    expect(readdirSync(node.path('dn-1')).sort()).toEqual(['current', 'current.before-263261030', 'in_use.lock']);
  });

  it('has nothing to do on an instance that takes no storage', async () => {
    const node = await givenBackup();

    const { answer } = await node.run('restore-blocks', { ...node.assigned('DS-1'), storages: 'i-0000000000000b002=DS-1' });

    expect(answer).toBe('{"storages":[]}');
    expect(node.has('dn-1/current')).toBe(true);
  });

  it.each<[string, (node: Node) => void, Parameters<typeof exitCodeOf>[0], string]>([
    [
      'another storage with blocks',
      (node) => node.givenBlock('dn-2', 9),
      'StorageOccupied',
      'dn-2 holds blocks of storage DS-new-dn-2: blk_9',
    ],
    [
      'a block that was altered',
      (node) => node.write(`${blocksOf('DS-1')}/blk_1_1001_1790000000`, 'altered'),
      'ChecksumMismatch',
      'blk_1_1001_1790000000 has another SHA-256',
    ],
    [
      'a block that is gone',
      (node) => node.remove(`${blocksOf('DS-1')}/blk_1_1001_1790000000`),
      'DownloadFailed',
      'does not hold BP-1-10.0.0.7-1600000000000/subdir0/subdir0/blk_1_1001_1790000000=7',
    ],
    ['an object that is no block', (node) => node.write(`${blocksOf('DS-1')}/x y`, ''), 'DownloadFailed', 'is no block.'],
    [
      'no list',
      (node) => node.remove('bucket/practice/backups/263261030/hopsfs/DS-1/blocks.list.zst'),
      'DownloadFailed',
      'blocks.list.zst',
    ],
    ['no plan', (node) => node.remove('bucket/practice/restores/run-1/lists.sha256'), 'DownloadFailed', 'lists.sha256'],
    ['a storage of which nothing was planned', (node) => node.givenPlan('DS-2'), 'ChecksumMismatch', 'lists.sha256 has SHA-256'],
    [
      'a list that was altered',
      (node) => node.write('bucket/practice/backups/263261030/hopsfs/DS-1/blocks.list.zst', 'x'),
      'ChecksumMismatch',
      'storage DS-1, blocks.list',
    ],
    ['too little space', (node) => node.stub('df', 'echo "Available"; echo "x x x 10"'), 'DiskFull', 'has 10 free bytes, 66 are needed.'],
    ['too few data directories', (node) => node.remove('dn-2'), 'BlockRestoreFailed', 'storage DS-2 finds no data directory'],
  ])('refuses %s, and leaves the directory as it is', async (_, spoil, name, cause) => {
    const node = await givenBackup();
    spoil(node);
    const before = node.read('dn-1/current/VERSION');

    const { code, last } = await node.run('restore-blocks', node.assigned('DS-1+DS-2'));

    expect({ code, last }).toEqual({ code: exitCodeOf(name), last: expect.stringContaining(cause) });
    expect(node.read('dn-1/current/VERSION')).toBe(before);
  });

  it('does not believe a list and a receipt that were replaced together since the plan was made', async () => {
    const node = await givenBackup();
    const stored = 'bucket/practice/backups/263261030/hopsfs/DS-1';
    const [first = '', ...others] = node.list('DS-1');
    const [, bytes, key, path] = first.split(' ');
    const list = [`${sha256('altered')} ${bytes} ${key} ${path}`, ...others, ''].join('\n');
    node.write(`${stored}/blocks.list.zst`, execFileSync('zstd', ['-qc'], { input: list }));
    node.write(`bucket/practice/blocks/DS-1/${key}`, 'altered');
    const receipt = node.receipt('DS-1');
    node.write(`${stored}/receipt.json`, JSON.stringify({ ...receipt, list: { ...receipt.list, sha256: sha256(list) } }));
    const before = node.tree('.');

    const { code, last } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect({ code, last }).toEqual({
      code: exitCodeOf('ChecksumMismatch'),
      last: expect.stringMatching('storage DS-1, blocks.list: .* has SHA-256 .* was recorded'),
    });
    for (const directory of ['dn-1/current', 'dn-2/current']) expect(node.tree(directory)).toEqual(treeIn(before, directory));
  });

  it('touches no directory when what was planned of the storages was replaced', async () => {
    const node = await givenBackup();
    const given = node.assigned('DS-1+DS-2');
    node.write(
      'bucket/practice/restores/run-1/lists.sha256',
      node.read('bucket/practice/restores/run-1/lists.sha256').replace(/.*\n$/, ''),
    );
    const before = ['dn-1', 'dn-2'].map((directory) => node.tree(directory));

    const { code, last } = await node.run('restore-blocks', given);

    expect({ code, last }).toEqual({ code: exitCodeOf('ChecksumMismatch'), last: expect.stringContaining('lists.sha256 has SHA-256') });
    expect(['dn-1', 'dn-2'].map((directory) => node.tree(directory))).toEqual(before);
    expect(node.operations().filter((operation) => operation.includes('/hopsfs/'))).toEqual([]);
  });

  it.each([
    ['a symbolic link in the place of a VERSION', 'rm current/VERSION && ln -s ../canary current/VERSION'],
    ['a hard link in the place of a VERSION', `rm current/${pool}/current/VERSION && ln current/VERSION current/${pool}/current/VERSION`],
    ['a directory in the place of a VERSION', 'rm current/VERSION && mkdir current/VERSION'],
    ['a file that is no VERSION', 'touch current/x'],
    ['a path that leaves the directory', 'mkdir x && cp current/VERSION ../VERSION', '../VERSION'],
  ])('refuses an archive with %s, and unpacks nothing of it', async (_, spoil, more = '') => {
    const node = await givenBackup();
    node.write('canary', 'storageID=DS-1\n');
    const stored = node.path('bucket/practice/backups/263261030/hopsfs/DS-1');
    execFileSync(
      'bash',
      [
        '-c',
        `mkdir tree && cd tree && zstd -dcq '${stored}/files.tar.zst' | tar -x && ${spoil} &&
      tar -cPf ../new.tar $(find current \\! -type d -o -name VERSION) ${more} && zstd -qf ../new.tar -o '${stored}/files.tar.zst'`,
      ],
      {
        cwd: node.path(),
      },
    );
    const receipt = node.receipt('DS-1');
    node.write(
      'bucket/practice/backups/263261030/hopsfs/DS-1/receipt.json',
      JSON.stringify({ ...receipt, files: { ...receipt.files, sha256: sha256(readFileSync(node.path('new.tar'))) } }),
    );

    // As if the manifest recorded it.
    const { code, last } = await node.run('restore-blocks', { ...node.assigned('DS-1'), ...node.givenPlan('DS-1') });

    expect({ code, last }).toEqual({
      code: exitCodeOf('BlockRestoreFailed'),
      last: expect.stringContaining('storage DS-1: files.tar holds '),
    });
    expect(node.read('canary')).toBe('storageID=DS-1\n');
    expect(node.read('dn-1/current/VERSION')).toContain('DS-new-dn-1');
  });

  it('refuses a storage that has got other blocks since it was restored', async () => {
    const node = await givenBackup();
    await node.run('restore-blocks', node.assigned('DS-1'));
    node.givenBlock('dn-1', 9);

    const { code, last } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(code).toBe(exitCodeOf('StorageOccupied'));
    expect(last).toContain('blk_9 is a block of storage DS-1 that backup 263261030 does not have.');
  });

  it('refuses a directory that a running datanode has locked', async () => {
    const node = await givenBackup();
    const holder = spawn('flock', [node.path('dn-2/in_use.lock'), 'sh', '-c', 'echo locked; sleep 60'], { detached: true });
    onTestFinished(() => void process.kill(-(holder.pid ?? 0), 'SIGKILL'));
    await once(holder.stdout, 'data');

    const { code, last } = await node.run('restore-blocks', node.assigned('DS-1'));

    expect(code).toBe(exitCodeOf('StorageOccupied'));
    expect(last).toContain('a datanode uses ');
  });
});
