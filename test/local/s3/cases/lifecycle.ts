import {
  CreateBucketCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { failureOf } from '../running.ts';
import type { Cases } from './cases.ts';

/** A rule that every S3 takes. */
const good = { ID: 'good', Status: 'Enabled', Filter: { Prefix: '' }, Expiration: { Days: 1 } } as const satisfies LifecycleRule;

const put = (s3: S3Client, Bucket: string, Rules: LifecycleRule[]) =>
  s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
const get = (s3: S3Client, Bucket: string) => s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));

/** What holds for the lifecycle of a bucket. */
export const lifecycleCases: Cases = {
  async 'says that a bucket has no lifecycle'(s3) {
    await s3.send(new CreateBucketCommand({ Bucket: 'endless-bucket' }));

    const failure = await failureOf(get(s3, 'endless-bucket'));

    expect(failure).toMatchObject({ name: 'NoSuchLifecycleConfiguration', status: 404 });
  },

  async 'returns the lifecycle that was put last, as it was put'(s3) {
    const Bucket = 'mortal-bucket';
    const rules: LifecycleRule[] = [
      { ID: 'a & b', Status: 'Disabled', Filter: { Prefix: 'blocks/' }, Expiration: { Date: new Date('2030-01-01T00:00:00Z') } },
      {
        ID: 'debris',
        Status: 'Enabled',
        Filter: { Prefix: '' },
        Expiration: { ExpiredObjectDeleteMarker: true },
        NoncurrentVersionExpiration: { NoncurrentDays: 2147483647 },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ];
    await s3.send(new CreateBucketCommand({ Bucket }));
    await put(s3, Bucket, [good]);

    await put(s3, Bucket, rules);

    expect((await get(s3, Bucket)).Rules).toEqual(rules);
  },

  async 'gives a rule without an ID one'(s3) {
    const Bucket = 'nameless-bucket';
    const { ID: _, ...nameless } = good;
    await s3.send(new CreateBucketCommand({ Bucket }));

    await put(s3, Bucket, [nameless, nameless]);

    const { Rules = [] } = await get(s3, Bucket);
    expect(Rules).toEqual([
      { ...good, ID: expect.stringMatching(/./) },
      { ...good, ID: expect.stringMatching(/./) },
    ]);
    expect(Rules[0]?.ID).not.toBe(Rules[1]?.ID);
  },

  async 'keeps versioning and lifecycle that are put at once'(s3) {
    const Bucket = 'busy-bucket';
    await s3.send(new CreateBucketCommand({ Bucket }));

    await Promise.all([
      put(s3, Bucket, [good]),
      s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } })),
    ]);

    expect((await get(s3, Bucket)).Rules).toEqual([good]);
    expect((await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
  },
};
