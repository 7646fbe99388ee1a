import { describe, expect, it } from 'vitest';
import { compareKeys, objectHistories } from '../../lambdas/object-histories.ts';
import { versionedBucket } from '../fixtures/versioned-bucket.ts';

async function read(bucket: ReturnType<typeof versionedBucket>, after: string | null = null) {
  const histories: [string, string[]][] = [];
  for await (const { key, versions } of objectHistories(bucket.listVersions, after)) {
    histories.push([key, versions.map(({ versionId }) => versionId)]);
  }
  return histories;
}

describe('the histories of objects', () => {
  it.each([1, 2, 3, 4, 5, 1000])('are whole, and in order, when S3 gives %i versions a page', async (pageSize) => {
    const bucket = versionedBucket({ pageSize });
    bucket.put('b', 1);
    bucket.put('b', 2);
    bucket.put('b', 3);
    bucket.put('a', 4);
    bucket.remove('c', 5);

    expect(await read(bucket)).toEqual([
      ['a', ['v4']],
      ['b', ['v3', 'v2', 'v1']],
      ['c', ['v5']],
    ]);
  });

  it('begin behind a key, also when that is gone', async () => {
    const bucket = versionedBucket();
    for (const key of ['a', 'c', 'd']) bucket.put(key, 1);

    expect(await read(bucket, 'a')).toEqual([
      ['c', ['v2']],
      ['d', ['v3']],
    ]);
    expect(await read(bucket, 'b')).toEqual(await read(bucket, 'a'));
    expect(await read(bucket, 'd')).toEqual([]);
  });

  it('of a bucket without objects are none', async () => {
    expect(await read(versionedBucket())).toEqual([]);
  });
});

describe('the order of keys', () => {
  it('is the one of their bytes', () => {
    const keys = ['\u{1f600}', 'b', '\uffee', 'a/b', 'a', 'B', 'é'];

    expect(keys.sort(compareKeys)).toEqual(['B', 'a', 'a/b', 'b', 'é', '\uffee', '\u{1f600}']);
  });
});
