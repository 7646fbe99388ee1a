import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { failureOf } from '../running.ts';
import { buckets, type Cases } from './cases.ts';

const { plain } = buckets;
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest();

/** What holds for single objects. */
export const objectCases: Cases = {
  async 'stores an object with its type, encoding and metadata'(s3) {
    const Key = 'backups/node=1/größe +%&<>"\'(1)!*/ä/../b';

    const put = await s3.send(
      new PutObjectCommand({
        Bucket: plain,
        Key,
        Body: 'content',
        ContentType: 'text/x-test',
        ContentEncoding: 'zstd',
        Metadata: { node: '7' },
        ContentMD5: createHash('md5').update('content').digest('base64'),
      }),
    );

    const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key }));
    expect(await got.Body?.transformToString()).toBe('content');
    expect(got).toMatchObject({
      ContentType: 'text/x-test',
      ContentEncoding: 'zstd',
      Metadata: { node: '7' },
      ETag: put.ETag,
      ContentLength: 7,
    });
    expect(put.ETag).toBe(`"${createHash('md5').update('content').digest('hex')}"`);
  },

  async 'stores a stream without its chunk framing and checks its trailer'(s3) {
    const content = Buffer.alloc(300_000, 'stream');

    const put = await s3.send(
      new PutObjectCommand({
        Bucket: plain,
        Key: 'stream',
        Body: Readable.from([content.subarray(0, 5), content.subarray(5)]),
        ContentLength: content.length,
        ChecksumAlgorithm: 'SHA256',
      }),
    );

    const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key: 'stream' }));
    expect(sha256((await got.Body?.transformToByteArray()) ?? '')).toEqual(sha256(content));
    expect(put.ChecksumSHA256).toBe(sha256(content).toString('base64'));
    expect(got.ContentEncoding ?? '').not.toContain('aws-chunked');
  },

  async 'stores an empty object'(s3) {
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'empty', Body: new Uint8Array() }));

    const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key: 'empty' }));

    expect([await got.Body?.transformToString(), got.ContentLength]).toEqual(['', 0]);
  },

  async 'reports the checksum that was sent when it is asked for'(s3) {
    const ChecksumSHA256 = sha256('summed').toString('base64');
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'summed', Body: 'summed', ChecksumAlgorithm: 'SHA256', ChecksumSHA256 }));

    const asked = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: 'summed', ChecksumMode: 'ENABLED' }));
    const silent = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: 'summed' }));

    expect([asked.ChecksumSHA256, silent.ChecksumSHA256]).toEqual([ChecksumSHA256, undefined]);
  },

  async 'refuses a body that its checksum does not describe'(s3) {
    const ChecksumSHA256 = sha256('another').toString('base64');

    const failure = await failureOf(
      s3.send(new PutObjectCommand({ Bucket: plain, Key: 'bad', Body: 'content', ChecksumAlgorithm: 'SHA256', ChecksumSHA256 })),
    );

    expect(failure).toMatchObject({ name: 'BadDigest', status: 400 });
    expect(await failureOf(s3.send(new HeadObjectCommand({ Bucket: plain, Key: 'bad' })))).toMatchObject({ status: 404 });
  },

  async 'refuses a body that its MD5 does not describe'(s3) {
    const ContentMD5 = createHash('md5').update('another').digest('base64');

    const failure = await failureOf(s3.send(new PutObjectCommand({ Bucket: plain, Key: 'bad-md5', Body: 'content', ContentMD5 })));

    expect(failure).toMatchObject({ name: 'BadDigest', status: 400 });
  },

  async 'gives a range of an object'(s3) {
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'digits', Body: '0123456789' }));

    const texts = await Promise.all(
      ['bytes=2-4', 'bytes=7-', 'bytes=-2', 'bytes=8-99'].map(async (Range) => {
        const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key: 'digits', Range }));
        return `${got.ContentRange} ${await got.Body?.transformToString()}`;
      }),
    );
    const beyond = await failureOf(s3.send(new GetObjectCommand({ Bucket: plain, Key: 'digits', Range: 'bytes=10-' })));

    expect(texts).toEqual(['bytes 2-4/10 234', 'bytes 7-9/10 789', 'bytes 8-9/10 89', 'bytes 8-9/10 89']);
    expect(beyond).toMatchObject({ name: 'InvalidRange', status: 416 });
  },

  async 'reads only what still matches If-Match'(s3) {
    const put = await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'matched', Body: 'one' }));

    const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key: 'matched', IfMatch: put.ETag }));
    const other = await failureOf(s3.send(new GetObjectCommand({ Bucket: plain, Key: 'matched', IfMatch: '"abc"' })));

    expect(await got.Body?.transformToString()).toBe('one');
    expect(other).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  },

  async 'creates with If-None-Match only what is not there'(s3) {
    const put = () => s3.send(new PutObjectCommand({ Bucket: plain, Key: 'once', Body: 'x', IfNoneMatch: '*' }));
    await put();

    const again = await failureOf(put());

    expect(again).toMatchObject({ name: 'PreconditionFailed', status: 412 });
  },

  async 'replaces with If-Match only what is known'(s3) {
    const put = (Body: string, IfMatch?: string) => s3.send(new PutObjectCommand({ Bucket: plain, Key: 'lease', Body, IfMatch }));
    const first = await put('one');
    await put('two', first.ETag);

    const late = await failureOf(put('three', first.ETag));
    const absent = await failureOf(s3.send(new PutObjectCommand({ Bucket: plain, Key: 'no-lease', Body: 'x', IfMatch: first.ETag })));

    const got = await s3.send(new GetObjectCommand({ Bucket: plain, Key: 'lease' }));
    expect(late).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect(absent).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(await got.Body?.transformToString()).toBe('two');
  },

  async 'deletes an object, and one that is not there'(s3) {
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'gone', Body: 'x' }));

    const first = await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: 'gone' }));
    const second = await s3.send(new DeleteObjectCommand({ Bucket: plain, Key: 'gone' }));

    expect([first.$metadata.httpStatusCode, second.$metadata.httpStatusCode]).toEqual([204, 204]);
    expect(await failureOf(s3.send(new GetObjectCommand({ Bucket: plain, Key: 'gone' })))).toMatchObject({
      name: 'NoSuchKey',
      status: 404,
    });
  },
};
