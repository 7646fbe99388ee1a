import { describe, expect, it } from 'vitest';
import { type BlockBucketCheck, checkBlockBucket } from '../../../lambdas/check-block-bucket/check-block-bucket.ts';

const blockBucket = { storage: 's3', bucket: 'blocks-1', prefix: '' } as const;

/** A versioned bucket without lifecycle rules, whose backups are kept for 403 days. */
function givenCheck(overrides: Partial<BlockBucketCheck> = {}): BlockBucketCheck {
  return { blockBucket, days: 403, readVersioning: async () => 'Enabled', readLifecycleRules: async () => [], ...overrides };
}

describe('checking the block bucket', () => {
  it('lets a backup pass whose blocks outlive it', async () => {
    expect(await checkBlockBucket(givenCheck())).toEqual({ checked: true, bucket: 'blocks-1', days: 403 });
  });

  it('asks the bucket of the cluster', async () => {
    const asked: string[] = [];
    const check = givenCheck({
      readVersioning: async (bucket) => {
        asked.push(bucket);
        return 'Enabled';
      },
      readLifecycleRules: async (bucket) => {
        asked.push(bucket);
        return [];
      },
    });

    await checkBlockBucket(check);

    expect(asked).toEqual(['blocks-1', 'blocks-1']);
  });

  it('asks nobody when HopsFS is not protected', async () => {
    const unasked = () => Promise.reject(new Error('was asked'));

    const checked = await checkBlockBucket(givenCheck({ blockBucket: null, readVersioning: unasked, readLifecycleRules: unasked }));

    expect(checked).toEqual({ checked: false });
  });

  it('refuses a bucket that would lose blocks, naming every reason', async () => {
    const rules = [{ ID: 'tidy', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } }];
    const check = givenCheck({ readVersioning: async () => undefined, readLifecycleRules: async () => rules });

    await expect(checkBlockBucket(check)).rejects.toMatchObject({
      name: 'BlockBucketUnsafe',
      message: expect.stringMatching(
        /blocks-1 would lose blocks: versioning is off .*; rule tidy removes noncurrent versions after 30 days.* 403/,
      ),
    });
  });

  it.each([
    ['versioning', 'readVersioning'],
    ['rules', 'readLifecycleRules'],
  ])('refuses a bucket whose %s cannot be read, with the cause', async (_what, port) => {
    const cause = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });

    const checked = checkBlockBucket(givenCheck({ [port]: () => Promise.reject(cause) }));

    await expect(checked).rejects.toMatchObject({
      name: 'BlockBucketUnreadable',
      message: expect.stringContaining('blocks-1 cannot be read: AccessDenied: Access Denied.'),
      cause,
    });
  });
});
