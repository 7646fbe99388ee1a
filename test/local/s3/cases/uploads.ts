import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { failureOf } from '../running.ts';
import { buckets, type Cases } from './cases.ts';

const { plain } = buckets;
const MEBIBYTE = 2 ** 20;
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest();

/** What holds for uploads in parts. */
export const uploadCases: Cases = {
  async 'joins parts into an object with a composite SHA-256'(s3) {
    const target = { Bucket: plain, Key: 'parts/composite' };
    const parts = [Buffer.alloc(5 * MEBIBYTE, 'a'), Buffer.from('end')];
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256', Metadata: { m: 'v' } }));
    const sent = await sendParts(s3, { ...target, UploadId }, parts, 'SHA256');

    const done = await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: sent } }));

    const expected = `${sha256(Buffer.concat(parts.map(sha256))).toString('base64')}-2`;
    const head = await s3.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      ETag: done.ETag,
      ChecksumSHA256: expected,
      ContentLength: 5 * MEBIBYTE + 3,
      Metadata: { m: 'v' },
    });
    expect(head.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  },

  async 'tells whether a checksum covers the object or its parts'(s3) {
    const target = { Bucket: plain, Key: 'parts/typed' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
    const Parts = await sendParts(s3, { ...target, UploadId }, [Buffer.from('1')], 'SHA256');
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }));
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'typed', Body: '1' }));

    const joined = await s3.send(new HeadObjectCommand({ ...target, ChecksumMode: 'ENABLED' }));
    const single = await s3.send(new HeadObjectCommand({ Bucket: plain, Key: 'typed', ChecksumMode: 'ENABLED' }));

    expect(done).toMatchObject({ ChecksumSHA256: joined.ChecksumSHA256, ChecksumType: 'COMPOSITE' });
    expect([joined.ChecksumType, single.ChecksumType]).toEqual(['COMPOSITE', 'FULL_OBJECT']);
  },

  async 'lists the parts of an upload with their checksums, over pages'(s3) {
    const target = { Bucket: plain, Key: 'parts/listed' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'SHA256' }));
    await sendParts(s3, { ...target, UploadId }, [Buffer.from('1'), Buffer.from('2')], 'SHA256');

    const first = await s3.send(new ListPartsCommand({ ...target, UploadId, MaxParts: 1 }));
    const second = await s3.send(new ListPartsCommand({ ...target, UploadId, PartNumberMarker: first.NextPartNumberMarker }));

    expect(first).toMatchObject({ IsTruncated: true, Parts: [{ PartNumber: 1, Size: 1, ChecksumSHA256: sha256('1').toString('base64') }] });
    expect(second).toMatchObject({ IsTruncated: false, Parts: [{ PartNumber: 2 }] });
  },

  async 'joins parts into an object with a CRC64NVME of the whole'(s3) {
    const target = { Bucket: plain, Key: 'parts/whole' };
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC64NVME', ChecksumType: 'FULL_OBJECT' }),
    );
    const sent = await s3.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: '123456789', ChecksumAlgorithm: 'CRC64NVME' }),
    );

    const done = await s3.send(
      new CompleteMultipartUploadCommand({
        ...target,
        UploadId,
        ChecksumType: 'FULL_OBJECT',
        MultipartUpload: { Parts: [{ PartNumber: 1, ETag: sent.ETag }] },
      }),
    );

    expect(done).toMatchObject({ ChecksumCRC64NVME: 'rosUhgp5mIg=', ChecksumType: 'FULL_OBJECT' });
  },

  async 'refuses to complete parts that are too small or not the ones uploaded'(s3) {
    const target = { Bucket: plain, Key: 'parts/refused' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
    const large = Buffer.alloc(5 * MEBIBYTE);
    const [one = {}, two = {}, three = {}, four = {}] = await sendParts(
      s3,
      { ...target, UploadId },
      [large, large, Buffer.from('3'), Buffer.from('4')],
      'CRC32',
    );
    const complete = (Parts: object[]) =>
      failureOf(s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } })));

    const small = await complete([one, three, four]);
    const other = await complete([{ ...two, ETag: '"abc"' }]);

    expect([small.name, other.name]).toEqual(['EntityTooSmall', 'InvalidPart']);
  },

  async 'refuses to complete parts that are out of order'(s3) {
    const target = { Bucket: plain, Key: 'parts/unordered' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
    const large = Buffer.alloc(5 * MEBIBYTE);
    const Parts = await sendParts(s3, { ...target, UploadId }, [large, large], 'CRC32');

    const failure = await failureOf(
      s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: Parts.reverse() } })),
    );

    expect(failure).toMatchObject({ name: 'InvalidPartOrder', status: 400 });
  },

  async 'completes with If-None-Match only what is not there'(s3) {
    const target = { Bucket: plain, Key: 'parts/once' };
    await s3.send(new PutObjectCommand({ ...target, Body: 'first' }));
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
    const Parts = await sendParts(s3, { ...target, UploadId }, [Buffer.from('second')], 'CRC32');

    const failure = await failureOf(
      s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, IfNoneMatch: '*', MultipartUpload: { Parts } })),
    );

    const got = await s3.send(new GetObjectCommand(target));
    expect(failure).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect(await got.Body?.transformToString()).toBe('first');
  },

  async 'lists uploads by prefix and forgets aborted ones'(s3) {
    const target = { Bucket: plain, Key: 'aborted/1' };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
    const listed = await s3.send(new ListMultipartUploadsCommand({ Bucket: plain, Prefix: 'aborted/' }));

    await s3.send(new AbortMultipartUploadCommand({ ...target, UploadId }));

    const left = await s3.send(new ListMultipartUploadsCommand({ Bucket: plain, Prefix: 'aborted/' }));
    expect(listed.Uploads).toMatchObject([{ Key: 'aborted/1', UploadId }]);
    expect(left.Uploads ?? []).toEqual([]);
    expect(await failureOf(s3.send(new ListPartsCommand({ ...target, UploadId })))).toMatchObject({ name: 'NoSuchUpload', status: 404 });
  },
};

async function sendParts(
  s3: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  parts: readonly Buffer[],
  ChecksumAlgorithm: 'SHA256' | 'CRC32',
) {
  return Promise.all(
    parts.map(async (Body, index) => {
      const sent = await s3.send(new UploadPartCommand({ ...upload, PartNumber: index + 1, Body, ChecksumAlgorithm }));
      return { PartNumber: index + 1, ETag: sent.ETag, ChecksumSHA256: sent.ChecksumSHA256, ChecksumCRC32: sent.ChecksumCRC32 };
    }),
  );
}
