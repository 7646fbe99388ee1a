import { describe, expect, it } from 'vitest';
import { answers } from '../../model/answers.ts';
import { givenDatanode } from './datanode.ts';

describe('inspect-hopsfs', () => {
  it('names the storage of every data directory, and counts its finalized blocks', async () => {
    const node = givenDatanode();
    node.givenStorage('dn-1', 'DS-1');
    node.givenBlock('dn-1', 1, 'abc');
    node.givenBlock('dn-1', 2, 'de');
    node.write('dn-2/lost+found/file', '');

    const { stdout } = await node.run('inspect-hopsfs', { dataDirectories: '/srv/dn-1:/srv/dn-2:/srv/dn-3' });

    expect(answers.InspectHopsfs.parse(JSON.parse(stdout)).directories).toEqual([
      { path: '/srv/dn-1', storageId: 'DS-1', datanodeUuid: 'uuid-1', blocks: 2, bytes: 3 + 2 + 11 + 10, freeBytes: expect.any(Number) },
      { path: '/srv/dn-2', storageId: null, datanodeUuid: null, blocks: 0, bytes: 0, freeBytes: expect.any(Number) },
    ]);
  });

  it('finds nothing on a node without any of the directories, as where blocks lie in S3', async () => {
    const node = givenDatanode();

    const { answer } = await node.run('inspect-hopsfs');

    expect(answer).toBe('{"directories":[]}');
  });
});
