import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bucket } from '../../lambdas/aws/s3.ts';
import { executionArnSchema } from '../../lambdas/execution.ts';
import { type LeaseJudge, takeLease } from '../../lambdas/lease.ts';
import { layout } from '../../model/layout.ts';
import { CLUSTER } from '../fixtures/backup.ts';
import { executionArn } from '../fixtures/execution.ts';
import { credentials, startS3 } from '../local/s3/running.ts';

const KEY = layout.lease(CLUSTER);

describe('on S3', () => {
  let root: string;
  let s3: Awaited<ReturnType<typeof startS3>>;
  let bucket: Pick<Bucket, 'readTagged' | 'putIfMatch'>;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'hopsdr-lease-'));
    s3 = await startS3(root);
    await s3.createBucket('backups', { versioning: true });
    vi.stubEnv('AWS_ENDPOINT_URL', s3.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
    vi.resetModules();
    const { putObjectIfMatch, readTaggedObject } = await import('../../lambdas/aws/s3.ts');
    bucket = { readTagged: readTaggedObject('backups'), putIfMatch: putObjectIfMatch('backups') };
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await s3.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('nothing is there before the first lease, and it is created once', async () => {
    expect(await bucket.readTagged(KEY)).toBeUndefined();

    expect(await bucket.putIfMatch(KEY, 'one', undefined)).toBe(true);
    expect(await bucket.putIfMatch(KEY, 'two', undefined)).toBe(false);
    expect(await bucket.readTagged(KEY)).toMatchObject({ text: 'one' });
  });

  it('a lease is replaced by who has read it, and by nobody who has read what was there before', async () => {
    const { tag } = (await bucket.readTagged(KEY)) ?? { tag: '' };

    expect(await bucket.putIfMatch(KEY, 'two', tag)).toBe(true);
    expect(await bucket.putIfMatch(KEY, 'three', tag)).toBe(false);
    expect(await bucket.readTagged(KEY)).toMatchObject({ text: 'two' });
  });

  it('a lease that was removed meanwhile is not replaced', async () => {
    const { tag } = (await bucket.readTagged(KEY)) ?? { tag: '' };
    await s3.client.send(new DeleteObjectCommand({ Bucket: 'backups', Key: KEY }));

    expect(await bucket.putIfMatch(KEY, 'three', tag)).toBe(false);
  });

  it('of twelve that ask at the same time one has the lease', async () => {
    const judge: LeaseJudge = {
      cluster: CLUSTER,
      bucket,
      statusOf: async () => 'RUNNING',
      hasRunning: async () => false,
      readHistory: async () => [],
      now: () => new Date(),
    };
    const ids = Array.from({ length: 12 }, (_, number) => executionArn('backup', `at-once-${number}`));
    const parse = (arn: string) => executionArnSchema(`hopsdr-${CLUSTER}-`).parse(arn);

    const outcomes = await Promise.allSettled(ids.map((arn) => takeLease(parse(arn), judge)));

    const holder = JSON.parse((await bucket.readTagged(KEY))?.text ?? '').holder.execution;
    expect(ids.filter((_, index) => outcomes[index]?.status === 'fulfilled')).toEqual([holder]);
    expect(new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : [])))).toEqual(
      new Set(['LeaseHeld']),
    );
  });
});
