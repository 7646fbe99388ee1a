import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  type S3Client,
  type S3ClientConfig,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientOf, credentials, failureOf, startS3 } from './running.ts';

const Bucket = 'bucket';
const object = { Bucket, Key: 'there' };
let root: string;
let server: Awaited<ReturnType<typeof startS3>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 's3-'));
  server = await startS3(root);
  await server.createBucket(Bucket);
  await server.client.send(new PutObjectCommand({ ...object, Body: 'content' }));
});

afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true });
});

describe('what is not implemented answers 501', () => {
  const send: Record<string, (s3: S3Client) => Promise<unknown>> = {
    'listing buckets': (s3) => s3.send(new ListBucketsCommand({})),
    'listing objects as in version 1': (s3) => s3.send(new ListObjectsCommand({ Bucket })),
    'deleting a bucket': (s3) => s3.send(new DeleteBucketCommand({ Bucket })),
    'a bucket policy': (s3) => s3.send(new PutBucketPolicyCommand({ Bucket, Policy: '{}' })),
    'the Object Lock configuration': (s3) => s3.send(new GetObjectLockConfigurationCommand({ Bucket })),
    'a bucket with an ACL': (s3) => s3.send(new CreateBucketCommand({ Bucket: 'other', ACL: 'private' })),
    'listing with owners': (s3) => s3.send(new ListObjectsV2Command({ Bucket, FetchOwner: true })),
    'listing versions up to a delimiter': (s3) => s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/' })),
    'copying an object': (s3) => s3.send(new CopyObjectCommand({ ...object, CopySource: `${Bucket}/there` })),
    'copying a part': (s3) =>
      s3.send(new UploadPartCopyCommand({ ...object, UploadId: 'u', PartNumber: 1, CopySource: `${Bucket}/there` })),
    'tagging an object': (s3) => s3.send(new PutObjectTaggingCommand({ ...object, Tagging: { TagSet: [] } })),
    'object attributes': (s3) => s3.send(new GetObjectAttributesCommand({ ...object, ObjectAttributes: ['ETag'] })),
    'an object with tags': (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'x', Tagging: 'a=b' })),
    'an object with an ACL': (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'x', ACL: 'private' })),
    'an object in an archive': (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'x', StorageClass: 'GLACIER' })),
    'If-None-Match with an ETag': (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'x', IfNoneMatch: '"a"' })),
    'appending to an object': (s3) => s3.send(new PutObjectCommand({ ...object, Body: 'x', WriteOffsetBytes: 7 })),
    'an upload with a checksum of another kind': (s3) =>
      s3.send(new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA512' })),
    'reading one part of an object': (s3) => s3.send(new GetObjectCommand({ ...object, PartNumber: 1 })),
    'reading under another type': (s3) => s3.send(new GetObjectCommand({ ...object, ResponseContentType: 'text/x' })),
    'reading if modified since': (s3) => s3.send(new GetObjectCommand({ ...object, IfModifiedSince: new Date() })),
    'reading several ranges': (s3) => s3.send(new GetObjectCommand({ ...object, Range: 'bytes=0-1,3-4' })),
    'reading at the cost of the requester': (s3) => s3.send(new GetObjectCommand({ ...object, RequestPayer: 'requester' })),
    'deleting what was modified then': (s3) => s3.send(new DeleteObjectCommand({ ...object, IfMatchSize: 7 })),
  };

  it.each(Object.entries(send))('for %s', async (_, run) => {
    const failure = await failureOf(run(server.client));

    const { Body } = await server.client.send(new GetObjectCommand(object));
    expect(failure).toMatchObject({ name: 'NotImplemented', status: 501 });
    expect(await Body?.transformToString()).toBe('content');
  });
});

describe('a lifecycle', () => {
  const good = { ID: 'good', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } } as const;
  const { ID, Status, Filter, Expiration } = good;
  const put = (Rules: readonly object[]) =>
    server.client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: Rules as LifecycleRule[] } }));
  const refusals: Record<string, [object[], string, string?]> = {
    'without rules': [[], 'MalformedXML'],
    'with two rules of one ID': [[good, { ...good, Filter: { Prefix: 'other' } }], 'InvalidArgument', 'unique'],
    'with an ID of 256 characters': [[{ ...good, ID: 'x'.repeat(256) }], 'InvalidArgument', '255'],
    'with a rule without status': [[{ ID, Filter, Expiration }], 'MalformedXML'],
    'with a rule of another status': [[{ ...good, Status: 'Paused' }], 'MalformedXML'],
    'with a rule for neither prefix nor filter': [[{ ID, Status, Expiration }], 'MalformedXML'],
    'with a rule for a prefix and a filter': [[{ ...good, Prefix: '' }], 'MalformedXML'],
    'with a rule that does nothing': [[{ ID, Status, Filter }], 'InvalidRequest', 'action'],
    'that expires after no days': [[{ ...good, Expiration: { Days: 0 } }], 'InvalidArgument', "'Days'"],
    'that expires after half a day': [[{ ...good, Expiration: { Days: 0.5 } }], 'MalformedXML'],
    'that expires at noon': [[{ ...good, Expiration: { Date: new Date('2030-01-01T12:00:00Z') } }], 'InvalidArgument', 'midnight'],
    'that expires in two ways': [[{ ...good, Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }], 'MalformedXML'],
    'that removes noncurrent versions after no days': [
      [{ ...good, NoncurrentVersionExpiration: { NoncurrentDays: 0 } }],
      'InvalidArgument',
      "'NoncurrentDays'",
    ],
    'that removes noncurrent versions at no time': [[{ ...good, NoncurrentVersionExpiration: {} }], 'MalformedXML'],
    'that changes the storage class': [
      [{ ...good, Transitions: [{ Days: 1, StorageClass: 'GLACIER' }] }],
      'NotImplemented',
      'Rule/Transition',
    ],
    'that keeps some noncurrent versions': [
      [{ ...good, NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } }],
      'NotImplemented',
      'NoncurrentVersionExpiration/NewerNoncurrentVersions',
    ],
    'for a tag': [[{ ...good, Filter: { Tag: { Key: 'a', Value: 'b' } } }], 'NotImplemented', 'Filter/Tag'],
  };

  it.each(Object.entries(refusals))('%s is refused, and the one of before stays', async (_, [rules, name, message = '']) => {
    await put([good]);

    const failure = await failureOf(put(rules));

    const { Rules } = await server.client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect(failure).toMatchObject({ name, message: expect.stringContaining(message) });
    expect(Rules).toEqual([good]);
  });
});

describe('a signature', () => {
  const configurations: Record<string, [S3ClientConfig, object]> = {
    'of another secret': [{ credentials: { ...credentials, secretAccessKey: 'x' } }, { name: 'SignatureDoesNotMatch', status: 403 }],
    'of an unknown key': [{ credentials: { ...credentials, accessKeyId: 'AKIAOTHER' } }, { name: 'InvalidAccessKeyId', status: 403 }],
    'for another region': [{ region: 'eu-north-1' }, { name: 'AuthorizationHeaderMalformed', status: 400 }],
    'of an hour ago': [{ systemClockOffset: -3_600_000 }, { name: 'RequestTimeTooSkewed', status: 403 }],
    'with a session token': [{ credentials: { ...credentials, sessionToken: 't' } }, { name: 'NotImplemented', status: 501 }],
  };

  it.each(Object.entries(configurations))('%s is refused', async (_, [configuration, expected]) => {
    const s3 = clientOf(server.endpoint, configuration);

    const failure = await failureOf(s3.send(new PutObjectCommand({ Bucket, Key: 'refused', Body: 'x' })));

    expect(failure).toMatchObject(expected);
    expect((await failureOf(server.client.send(new HeadObjectCommand({ Bucket, Key: 'refused' })))).status).toBe(404);
  });

  it('is judged before a long body, which the client can still finish sending', async () => {
    const client = clientOf(server.endpoint, { credentials: { ...credentials, secretAccessKey: 'x' } });

    const failure = await failureOf(client.send(new PutObjectCommand({ Bucket, Key: 'long', Body: Buffer.alloc(20_000_000) })));

    expect(failure).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
  });

  it('is demanded', async () => {
    const answer = await fetch(`${server.endpoint}/${Bucket}/there`);

    expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  });
});

describe('a body', () => {
  it.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)('is refused when its %s is another', async (algorithm) => {
    const wrong = Buffer.alloc({ CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 }[algorithm], 1).toString('base64');
    const request = { Bucket, Key: 'bad', Body: 'content', ChecksumAlgorithm: algorithm, [`Checksum${algorithm}`]: wrong };

    const failure = await failureOf(server.client.send(new PutObjectCommand(request)));

    expect(failure).toMatchObject({ name: 'BadDigest', status: 400 });
  });

  it('is refused when it is not the one that was signed', async () => {
    const client = clientOf(server.endpoint);
    client.middlewareStack.add(
      (next) => (call) => {
        (call.request as { body: unknown }).body = 'changed';
        return next(call);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );

    const failure = await failureOf(client.send(new PutObjectCommand({ Bucket, Key: 'bad', Body: 'content' })));

    expect(failure).toMatchObject({ name: 'XAmzContentSHA256Mismatch', status: 400 });
  });

  it('of a part is refused when its checksum is not the kind that the upload was created for', async () => {
    const { UploadId } = await server.client.send(new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: 'SHA256' }));

    const failure = await failureOf(
      server.client.send(new UploadPartCommand({ ...object, UploadId, PartNumber: 1, Body: 'x', ChecksumAlgorithm: 'CRC32' })),
    );

    expect(failure).toMatchObject({ name: 'InvalidRequest', message: expect.stringContaining('expected checksum Type: SHA256') });
  });

  it('without any checksum gets a CRC64NVME', async () => {
    const client = clientOf(server.endpoint, { requestChecksumCalculation: 'WHEN_REQUIRED' });

    const put = await client.send(new PutObjectCommand({ Bucket, Key: 'digits', Body: '123456789' }));

    expect(put).toMatchObject({ ChecksumCRC64NVME: 'rosUhgp5mIg=', ChecksumType: 'FULL_OBJECT' });
    expect(put.ETag).toBe(`"${createHash('md5').update('123456789').digest('hex')}"`);
  });
});
