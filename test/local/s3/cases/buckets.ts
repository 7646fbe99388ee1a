import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { failureOf } from '../running.ts';
import { buckets, type Cases } from './cases.ts';

const { locked, plain } = buckets;

/** What holds for buckets and their Object Lock. */
export const bucketCases: Cases = {
  async 'creates a bucket once'(s3) {
    const created = await s3.send(new CreateBucketCommand({ Bucket: 'created-bucket' }));

    const found = await s3.send(new HeadBucketCommand({ Bucket: 'created-bucket' }));

    expect(created.$metadata.httpStatusCode).toBe(200);
    expect(found.$metadata.httpStatusCode).toBe(200);
  },

  async 'answers 404 for a bucket that does not exist'(s3) {
    const head = await failureOf(s3.send(new HeadBucketCommand({ Bucket: 'absent-bucket' })));
    const put = await failureOf(s3.send(new PutObjectCommand({ Bucket: 'absent-bucket', Key: 'k', Body: 'x' })));

    expect(head.status).toBe(404);
    expect(put).toMatchObject({ name: 'NoSuchBucket', status: 404 });
  },

  async 'remembers the versioning of a bucket'(s3) {
    await s3.send(new CreateBucketCommand({ Bucket: 'switched-bucket' }));
    const before = await s3.send(new GetBucketVersioningCommand({ Bucket: 'switched-bucket' }));

    await s3.send(new PutBucketVersioningCommand({ Bucket: 'switched-bucket', VersioningConfiguration: { Status: 'Enabled' } }));

    const after = await s3.send(new GetBucketVersioningCommand({ Bucket: 'switched-bucket' }));
    expect([before.Status, after.Status]).toEqual([undefined, 'Enabled']);
  },

  async 'keeps a retained version until its retention is lifted'(s3) {
    const RetainUntilDate = new Date(Date.now() + 3_600_000);
    const put = await s3.send(
      new PutObjectCommand({
        Bucket: locked,
        Key: 'kept',
        Body: 'x',
        ObjectLockMode: 'GOVERNANCE',
        ObjectLockRetainUntilDate: RetainUntilDate,
      }),
    );
    const version = { Bucket: locked, Key: 'kept', VersionId: put.VersionId };

    const refused = await failureOf(s3.send(new DeleteObjectCommand(version)));
    const retention = await s3.send(new GetObjectRetentionCommand(version));
    const lifted = await s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true }));

    expect(refused).toMatchObject({ name: 'AccessDenied', status: 403 });
    expect(retention.Retention).toEqual({ Mode: 'GOVERNANCE', RetainUntilDate });
    expect(lifted.$metadata.httpStatusCode).toBe(204);
  },

  async 'tells a legal hold, and of a version or a bucket that knows none by which error'(s3) {
    const held = { Bucket: locked, Key: 'held' };
    await s3.send(new PutObjectCommand({ ...held, Body: 'x', ObjectLockLegalHoldStatus: 'ON' }));
    await s3.send(new PutObjectCommand({ Bucket: locked, Key: 'free', Body: 'x' }));
    await s3.send(new PutObjectCommand({ Bucket: plain, Key: 'free', Body: 'x' }));

    const hold = await s3.send(new GetObjectLegalHoldCommand(held));
    const never = await failureOf(s3.send(new GetObjectLegalHoldCommand({ Bucket: locked, Key: 'free' })));
    const unlockable = await failureOf(s3.send(new GetObjectLegalHoldCommand({ Bucket: plain, Key: 'free' })));

    expect(hold.LegalHold).toEqual({ Status: 'ON' });
    expect([never.name, unlockable.name]).toEqual(['NoSuchObjectLockConfiguration', 'InvalidRequest']);
  },

  async 'never lifts a COMPLIANCE retention'(s3) {
    const put = await s3.send(new PutObjectCommand({ Bucket: locked, Key: 'sealed', Body: 'x' }));
    const version = { Bucket: locked, Key: 'sealed', VersionId: put.VersionId };
    const retain = (hours: number) =>
      s3.send(
        new PutObjectRetentionCommand({
          ...version,
          Retention: { Mode: 'COMPLIANCE', RetainUntilDate: new Date(Date.now() + hours * 3_600_000) },
        }),
      );
    await retain(2);

    const deleted = await failureOf(s3.send(new DeleteObjectCommand({ ...version, BypassGovernanceRetention: true })));
    const shortened = await failureOf(retain(1));
    const extended = await retain(3);

    expect([deleted.name, shortened.name]).toEqual(['AccessDenied', 'AccessDenied']);
    expect(extended.$metadata.httpStatusCode).toBe(200);
  },
};
