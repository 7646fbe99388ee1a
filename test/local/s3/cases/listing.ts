import { ListObjectsV2Command, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { buckets, type Cases } from './cases.ts';

const { plain } = buckets;

/** What holds for lists of keys. */
export const listingCases: Cases = {
  async 'lists keys in the order of their bytes, over pages'(s3) {
    const keys = ['list/A', 'list/a b+c', 'list/a/b=1', 'list/z', 'list/é', 'list/\uffee', 'list/😀'];
    await Promise.all([...keys].reverse().map((Key) => s3.send(new PutObjectCommand({ Bucket: plain, Key, Body: Key }))));

    const pages = [];
    for await (const page of paginateListObjectsV2({ client: s3, pageSize: 3 }, { Bucket: plain, Prefix: 'list/' })) pages.push(page);

    expect(pages.map(({ KeyCount }) => KeyCount)).toEqual([3, 3, 1]);
    expect(pages.flatMap(({ Contents = [] }) => Contents.map(({ Key }) => Key))).toEqual(keys);
  },

  async 'lists keys percent-encoded when asked'(s3) {
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'encoded/ä=1', Body: 'x' }));

    const listed = await s3.send(new ListObjectsV2Command({ Bucket: plain, Prefix: 'encoded/', EncodingType: 'url' }));

    expect(listed.Contents?.map(({ Key }) => Key)).toEqual(['encoded/%C3%A4%3D1']);
  },

  async 'rolls keys up to a delimiter, over pages'(s3) {
    const keys = ['tree/a', 'tree/b/1', 'tree/b/2', 'tree/c', 'tree/d/1'];
    await Promise.all(keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: plain, Key, Body: 'x' }))));
    const list = (more: object) =>
      s3.send(new ListObjectsV2Command({ Bucket: plain, Prefix: 'tree/', Delimiter: '/', MaxKeys: 2, ...more }));

    const first = await list({});
    const second = await list({ ContinuationToken: first.NextContinuationToken });
    const after = await list({ StartAfter: 'tree/c' });

    expect([first.Contents?.[0]?.Key, first.CommonPrefixes, first.IsTruncated]).toEqual(['tree/a', [{ Prefix: 'tree/b/' }], true]);
    expect([second.Contents?.[0]?.Key, second.CommonPrefixes, second.IsTruncated]).toEqual(['tree/c', [{ Prefix: 'tree/d/' }], false]);
    expect([after.KeyCount, after.CommonPrefixes]).toEqual([1, [{ Prefix: 'tree/d/' }]]);
  },
};
