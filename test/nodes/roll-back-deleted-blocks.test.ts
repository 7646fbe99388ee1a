import { describe, expect, it } from 'vitest';
import { exitCodeOf } from './given.ts';
import { givenHdfs } from './hdfs.ts';

describe('roll-back-deleted-blocks', () => {
  it.each([
    ['done', 'echo "INFO rolled back 12 blocks" >&2', true],
    ['done by an early build, which ends with 1', 'echo "INFO rolled back 12 blocks" >&2; exit 1', true],
    ['not known to the installation', 'echo "Usage: java NameNode [-format [-clusterid cid ]" >&2', false],
  ])('says when the roll-back is %s', async (_, nameNode, rolledBack) => {
    const node = await givenHdfs({ nameNode });

    const { answer } = await node.run('roll-back-deleted-blocks');

    expect(JSON.parse(answer)).toEqual({ rolledBack });
    expect(node.read('hdfs.log')).toBe('namenode -rollbackDeletedCloudBlocks\n');
  });

  it.each([
    ['that it failed', 'echo "2026-11-22 ERROR namenode.NameNode: Failed to start namenode." >&2; exit 1'],
    ['nothing and ends with another status', 'exit 3'],
  ])('fails when HopsFS says %s', async (_, nameNode) => {
    const node = await givenHdfs({ nameNode });

    const { code, last } = await node.run('roll-back-deleted-blocks');

    expect(code).toBe(exitCodeOf('NameNodeFailed'));
    expect(last).toMatch(/-rollbackDeletedCloudBlocks ended with status [13]:/);
  });
});
