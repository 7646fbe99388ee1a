import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenDatanode, pool } from './datanode.ts';
import { exitCodeOf } from './given.ts';

const held = 'dn-1/hopsdr/263261030/a';

describe('snapshot-blocks', () => {
  function givenBlocks() {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    node.givenStorage('dn-2', 'DS-2');
    for (const number of [1, 2, 3]) node.givenBlock('dn-1', number);
    node.givenBlock('dn-2', 4);
    return node;
  }

  it('holds every finalized block with its .meta, so that it outlives its deletion, and VERSION', async () => {
    const node = givenBlocks();

    const { stdout } = await node.run('snapshot-blocks');

    expect(answers.SnapshotBlocks.parse(JSON.parse(stdout))).toEqual({ storages: 2, blocks: 4 });
    node.remove(node.block('dn-1', 2));
    expect(node.read(node.block(held, 2))).toBe('block 2');
    expect(node.read(`${node.block(held, 2)}_1002.meta`)).toBe('meta of block 2');
    expect(node.read(`${held}/current/VERSION`)).toContain('storageID=DS-1');
    expect(node.has(`${held}/current/${pool}/current/VERSION`)).toBe(true);
  });

  it('links blocks instead of copying them', async () => {
    const node = givenBlocks();

    await node.run('snapshot-blocks');

    expect(statSync(node.path(node.block(held, 1))).ino).toBe(statSync(node.path(node.block('dn-1', 1))).ino);
  });

  it('takes nothing that is being written, and no lock', async () => {
    const node = givenBlocks();

    await node.run('snapshot-blocks');

    expect(Object.keys(node.tree(held)).filter((name) => /rbw|tmp|in_use/.test(name))).toEqual([]);
  });

  it('goes on when HopsFS deletes blocks meanwhile', async () => {
    const node = givenBlocks();
    node.stub(
      'cp',
      `/bin/cp "$@" && [[ $1 != -rlfT ]] && exit
rm "$3"/subdir0/subdir0/blk_2*
echo "/bin/cp: cannot create hard link '$3/subdir0/subdir0/blk_2' to '$2/subdir0/subdir0/blk_2': No such file or directory" >&2
exit 1`,
    );

    const { code, answer } = await node.run('snapshot-blocks', { dataDirectories: '/srv/dn-1' });

    expect({ code, answer }).toEqual({ code: 0, answer: '{"storages":1,"blocks":2}' });
  });

  it('sweeps what other backups left, and adds to its own', async () => {
    const node = givenBlocks();
    node.write('dn-1/hopsdr/263250000/a/current/x', 'left behind');
    await node.run('snapshot-blocks');
    node.remove(node.block('dn-1', 1));
    node.givenBlock('dn-1', 5);

    const { answer } = await node.run('snapshot-blocks');

    expect(answer).toBe('{"storages":2,"blocks":5}');
    expect(node.has('dn-1/hopsdr/263250000')).toBe(false);
  });

  it.each<[string, (node: ReturnType<typeof givenBlocks>) => void, string]>([
    ['cannot hold a block', (node) => node.stub('cp', 'echo "cp: cannot create hard link: Too many links" >&2; exit 1'), 'Too many links'],
    [
      'finds no storage',
      (node) => ['dn-1/current', 'dn-2/current'].forEach(node.remove),
      'no directory of /srv/dn-1:/srv/dn-2 holds a storage',
    ],
    ['finds one storage twice', (node) => node.givenStorage('dn-2', 'DS-1'), 'two data directories call themselves storage DS-1.'],
    ['finds two datanodes', (node) => node.givenStorage('dn-2', 'DS-2', 'uuid-2'), 'are those of several datanodes.'],
    [
      'cannot read whose storage it is',
      (node) => node.write('dn-2/current/VERSION', 'storageID=\n'),
      '/srv/dn-2/current/VERSION names no storage',
    ],
  ])('fails when it %s', async (_, spoil, cause) => {
    const node = givenBlocks();
    spoil(node);

    const { code, last, answer } = await node.run('snapshot-blocks');

    expect({ code, answer }).toEqual({ code: exitCodeOf('SnapshotFailed'), answer: '' });
    expect(last).toContain(cause);
    expect(node.has('dn-2/hopsdr/263261030/a.held')).toBe(false);
  });
});
