import {
  CreateBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { failureOf } from '../running.ts';
import { buckets, type Cases } from './cases.ts';

const { versioned } = buckets;

/** What holds for versions and delete markers. */
export const versionCases: Cases = {
  async 'hides a deleted object behind a marker and keeps its version'(s3) {
    const put = await s3.send(new PutObjectCommand({ Bucket: versioned, Key: 'hidden', Body: 'kept' }));
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket: versioned, Key: 'hidden' }));

    const current = await failureOf(s3.send(new GetObjectCommand({ Bucket: versioned, Key: 'hidden' })));
    const marker = await failureOf(s3.send(new GetObjectCommand({ Bucket: versioned, Key: 'hidden', VersionId: deleted.VersionId })));
    const old = await s3.send(new GetObjectCommand({ Bucket: versioned, Key: 'hidden', VersionId: put.VersionId }));

    expect(deleted.DeleteMarker).toBe(true);
    expect(current).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(marker).toMatchObject({ name: 'MethodNotAllowed', status: 405 });
    expect(await old.Body?.transformToString()).toBe('kept');
  },

  async 'brings an object back when its delete marker is deleted'(s3) {
    await s3.send(new PutObjectCommand({ Bucket: versioned, Key: 'back', Body: 'again' }));
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket: versioned, Key: 'back' }));

    const removed = await s3.send(new DeleteObjectCommand({ Bucket: versioned, Key: 'back', VersionId }));

    const got = await s3.send(new GetObjectCommand({ Bucket: versioned, Key: 'back' }));
    expect(removed).toMatchObject({ DeleteMarker: true, VersionId });
    expect(await got.Body?.transformToString()).toBe('again');
  },

  async 'lists versions and markers, newest first, over pages'(s3) {
    const Prefix = 'history/';
    const put = async (Body: string) => (await s3.send(new PutObjectCommand({ Bucket: versioned, Key: `${Prefix}a`, Body }))).VersionId;
    const [one, two] = [await put('1'), await put('2')];
    await s3.send(new DeleteObjectCommand({ Bucket: versioned, Key: `${Prefix}a` }));
    await s3.send(new PutObjectCommand({ Bucket: versioned, Key: `${Prefix}b`, Body: 'x' }));

    const first = await s3.send(new ListObjectVersionsCommand({ Bucket: versioned, Prefix, MaxKeys: 2 }));
    const second = await s3.send(
      new ListObjectVersionsCommand({
        Bucket: versioned,
        Prefix,
        KeyMarker: first.NextKeyMarker,
        VersionIdMarker: first.NextVersionIdMarker,
      }),
    );

    expect(first).toMatchObject({
      IsTruncated: true,
      DeleteMarkers: [{ Key: 'history/a', IsLatest: true }],
      Versions: [{ VersionId: two }],
    });
    expect(second.IsTruncated).toBe(false);
    expect(second.Versions).toMatchObject([
      { Key: 'history/a', VersionId: one, IsLatest: false },
      { Key: 'history/b', IsLatest: true },
    ]);
  },

  async 'deletes many objects and versions in one request'(s3) {
    const put = await s3.send(new PutObjectCommand({ Bucket: versioned, Key: 'many/ä&1', Body: 'x' }));
    await s3.send(new PutObjectCommand({ Bucket: versioned, Key: 'many/2', Body: 'x' }));

    const result = await s3.send(
      new DeleteObjectsCommand({
        Bucket: versioned,
        Delete: { Objects: [{ Key: 'many/ä&1', VersionId: put.VersionId }, { Key: 'many/2' }] },
      }),
    );

    const left = await s3.send(new ListObjectVersionsCommand({ Bucket: versioned, Prefix: 'many/' }));
    expect(result.Errors ?? []).toEqual([]);
    expect(result.Deleted).toMatchObject([
      { Key: 'many/ä&1', VersionId: put.VersionId },
      { Key: 'many/2', DeleteMarker: true },
    ]);
    expect([left.Versions?.length, left.DeleteMarkers?.length]).toEqual([1, 1]);
  },

  async 'keeps only the versions of before while versioning is suspended'(s3) {
    const Bucket = 'suspended-bucket';
    const versioning = (Status: 'Enabled' | 'Suspended') =>
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
    const put = async (Body: string) => (await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body }))).VersionId;
    await s3.send(new CreateBucketCommand({ Bucket }));
    await versioning('Enabled');
    const before = await put('before');

    await versioning('Suspended');

    await put('lost');
    await put('now');
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    expect(Versions.map(({ VersionId }) => VersionId)).toEqual(['null', before]);
    expect(await Body?.transformToString()).toBe('now');
  },
};
