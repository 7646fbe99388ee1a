import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type BlockBucketCheck, checkBlockBucket } from '../../../lambdas/check-block-bucket/check-block-bucket.ts';

const blockBucket = { storage: 's3', bucket: 'blocks-1', prefix: '' } as const;

/** A versioned bucket without lifecycle rules, whose backups are kept for 403 days. */
function givenCheck(overrides: Partial<BlockBucketCheck> = {}): BlockBucketCheck {
  return { blockBucket, days: 403, pinned: [], readVersioning: async () => 'Enabled', readLifecycleRules: async () => [], ...overrides };
}

const input = { plan: { backupId: '263261030', keep: null } };

describe('checking the block bucket', () => {
  it('lets a backup pass whose blocks outlive it', async () => {
    expect(await checkBlockBucket(input, givenCheck())).toEqual({ checked: true, bucket: 'blocks-1', days: 403, warnings: [] });
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

    await checkBlockBucket(input, check);

    expect(asked).toEqual(['blocks-1', 'blocks-1']);
  });

  it('asks nobody when HopsFS is not protected', async () => {
    const unasked = () => Promise.reject(new Error('was asked'));

    const checked = await checkBlockBucket(input, givenCheck({ blockBucket: null, readVersioning: unasked, readLifecycleRules: unasked }));

    expect(checked).toEqual({ checked: false, warnings: [] });
  });

  it('refuses a bucket that would lose blocks, naming every reason', async () => {
    const rules = [{ ID: 'tidy', Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 30 } }];
    const check = givenCheck({ readVersioning: async () => undefined, readLifecycleRules: async () => rules });

    await expect(checkBlockBucket(input, check)).rejects.toMatchObject({
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

    const checked = checkBlockBucket(input, givenCheck({ [port]: () => Promise.reject(cause) }));

    await expect(checked).rejects.toMatchObject({
      name: 'BlockBucketUnreadable',
      message: expect.stringContaining('blocks-1 cannot be read: AccessDenied: Access Denied.'),
      cause,
    });
  });

  describe('while backups are kept forever', () => {
    const rule = (days: number) => ({ ID: `after-${days}`, Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: days } });
    const ending = { readLifecycleRules: async () => [rule(900), rule(500)] };

    it.each([
      ['the cluster file pins one', input, ['250010300'], '250010300'],
      ['this one is to be kept', { plan: { ...input.plan, keep: 'before the upgrade' } }, [], '263261030'],
      ['the cluster file pins this one, too', { plan: { ...input.plan, keep: 'again' } }, ['263261030'], '263261030'],
    ])('warns that a rule ends their blocks: %s', async (_what, given, pinned, named) => {
      const log = vi.spyOn(console, 'warn').mockImplementation(() => {});
      onTestFinished(() => log.mockRestore());

      const { warnings } = await checkBlockBucket(given, givenCheck({ ...ending, pinned }));

      expect(warnings).toEqual([
        expect.stringMatching(new RegExp(`forever: ${named}\\. Rule after-500 of blocks-1 ends a block 500 days after`)),
      ]);
      expect(log.mock.calls).toEqual([warnings]);
    });

    it('says nothing when no rule ends a removed block', async () => {
      expect(await checkBlockBucket(input, givenCheck({ pinned: ['250010300'] }))).toMatchObject({ warnings: [] });
    });

    it('says nothing of rules while none is', async () => {
      expect(await checkBlockBucket(input, givenCheck(ending))).toMatchObject({ warnings: [] });
    });
  });
});
