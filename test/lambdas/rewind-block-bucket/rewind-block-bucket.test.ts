import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { RemoveVersions } from '../../../lambdas/aws/s3.ts';
import { layout } from '../../../model/layout.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import { versionedBucket } from '../../fixtures/versioned-bucket.ts';
import { EXECUTION } from '../survey-blocks/given.ts';
import { type Blocks, givenSurvey, rewind } from './given.ts';

function givenDeleted(...keys: string[]): Blocks {
  const blocks = versionedBucket();
  for (const key of keys) {
    blocks.put(key, 10, 100);
    blocks.remove(key, 3000);
  }
  return blocks;
}

describe('rewinding a page', () => {
  it('brings back what was deleted since the recovery point', async () => {
    const blocks = givenDeleted('a', 'b');
    blocks.remove('b', 3001);
    const { rewinder } = await givenSurvey(blocks);

    const rewound = await rewind(rewinder);

    expect(rewound).toEqual({ page: 0, returned: { objects: 2, bytes: 200 }, gone: 0 });
    expect(blocks.versions().map(({ key, bytes }) => [key, bytes])).toEqual([
      ['a', 100],
      ['b', 100],
    ]);
  });

  it('brings back also what was deleted after the survey, until the services were stopped', async () => {
    const blocks = givenDeleted('a');
    blocks.put('b', 10);
    const { rewinder } = await givenSurvey(blocks);
    blocks.remove('a', 9000);
    blocks.remove('b', 9000);

    await rewind(rewinder);

    expect(blocks.current()).toEqual(['a', 'b']);
  });

  it('leaves alone, and counts, what was written or expired after the survey', async () => {
    const warnings = vi.spyOn(console, 'warn').mockImplementation(() => {});
    onTestFinished(() => warnings.mockRestore());
    const blocks = givenDeleted('a', 'b');
    const { rewinder } = await givenSurvey(blocks);
    blocks.put('a', 9000);
    blocks.expire('b', 'v3');
    const before = blocks.versions();

    const rewound = await rewind(rewinder);

    expect(rewound).toEqual({ page: 0, returned: { objects: 0, bytes: 0 }, gone: 2 });
    expect(blocks.versions()).toEqual(before);
    expect(warnings).toHaveBeenCalledWith('Changed since the survey, and left alone: a, b.');
  });

  it('touches the keys of its page only', async () => {
    const blocks = givenDeleted('a', 'b', 'c');
    const { rewinder, pages } = await givenSurvey(blocks, 2);

    await rewind(rewinder, 1);

    expect(pages).toBe(4);
    expect(blocks.current()).toEqual(['b']);
  });

  it('changes nothing when it is repeated', async () => {
    const blocks = givenDeleted('a');
    const { rewinder } = await givenSurvey(blocks);
    await rewind(rewinder);

    const again = await rewind({ ...rewinder, removeVersions: () => Promise.reject(new Error('was asked')) });

    expect(again).toEqual({ page: 0, returned: { objects: 0, bytes: 0 }, gone: 0 });
  });

  it('removes at most 1000 delete markers at once', async () => {
    const keys = Array.from({ length: 1001 }, (_, number) => `blk_${10_000 + number}`);
    const blocks = givenDeleted(...keys);
    const { rewinder } = await givenSurvey(blocks, 10_000);
    const sizes: number[] = [];
    const removeVersions: RemoveVersions = (versions) => {
      sizes.push(versions.length);
      return blocks.removeVersions(versions);
    };

    await rewind({ ...rewinder, removeVersions });

    expect(sizes).toEqual([1000, 1]);
    expect(blocks.current()).toHaveLength(1001);
  });

  it('tries again, with longer pauses, what S3 has not removed', async () => {
    const blocks = givenDeleted('a', 'b');
    const { rewinder } = await givenSurvey(blocks);
    const pauses: number[] = [];
    const removeVersions: RemoveVersions = async ([first, ...others]) => {
      if (others.length === 0 && pauses.length < 2) return [{ ...(first as NonNullable<typeof first>), reason: 'SlowDown: …' }];
      await blocks.removeVersions([first as NonNullable<typeof first>]);
      return others.map((version) => ({ ...version, reason: 'SlowDown: …' }));
    };

    await rewind({ ...rewinder, removeVersions, pause: async (seconds) => void pauses.push(seconds) });

    expect(blocks.current()).toEqual(['a', 'b']);
    expect(pauses).toEqual([1, 2]);
  });
});

describe('a rewind fails', () => {
  it('naming what is still deleted', async () => {
    const { rewinder } = await givenSurvey(givenDeleted('a', 'b'));
    const removeVersions: RemoveVersions = async (versions) => versions.map((version) => ({ ...version, reason: 'AccessDenied: no' }));

    await expect(rewind({ ...rewinder, removeVersions })).rejects.toMatchObject({
      name: 'RewindFailed',
      message: expect.stringContaining('Still deleted: a (AccessDenied: no), b (AccessDenied: no).'),
    });
  });

  it.each(['listVersions', 'removeVersions'])('with the cause when S3 refuses %s', async (port) => {
    const { rewinder } = await givenSurvey(givenDeleted('a'));
    const cause = Object.assign(new Error('no'), { name: 'AccessDenied' });

    await expect(rewind({ ...rewinder, [port]: () => Promise.reject(cause) })).rejects.toMatchObject({
      name: 'RewindFailed',
      message: expect.stringContaining('The bucket of the blocks refuses: AccessDenied: no.'),
      cause,
    });
  });

  it.each([
    ['is missing', undefined],
    ['is damaged', '{'],
  ])('when its page %s, and touches nothing', async (_what, page) => {
    const blocks = givenDeleted('a');
    const { rewinder, stored } = await givenSurvey(blocks);
    const key = layout.rewindPage(CLUSTER, EXECUTION, 0);
    if (page === undefined) stored.delete(key);
    else stored.set(key, page);

    await expect(rewind(rewinder)).rejects.toMatchObject({ name: 'RewindFailed', message: expect.stringContaining(key) });

    expect(blocks.current()).toEqual([]);
  });
});

describe('a delete marker of a bucket whose versioning was suspended', () => {
  function givenSuspended() {
    const blocks = versionedBucket();
    blocks.put('a', 10);
    blocks.replaceNull('a', 3000);
    return blocks;
  }

  it('is removed when versioning is enabled again', async () => {
    const blocks = givenSuspended();
    const { rewinder } = await givenSurvey(blocks);

    await rewind(rewinder);

    expect(blocks.current()).toEqual(['a']);
  });

  it('is left while it is not, because content could take its place', async () => {
    const blocks = givenSuspended();
    const { rewinder } = await givenSurvey(blocks);

    await expect(rewind({ ...rewinder, readVersioning: async () => 'Suspended' })).rejects.toMatchObject({ name: 'RewindFailed' });

    expect(blocks.current()).toEqual([]);
  });
});
