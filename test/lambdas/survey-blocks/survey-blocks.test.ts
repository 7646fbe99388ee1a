import { describe, expect, it } from 'vitest';
import { surveyBlocks } from '../../../lambdas/survey-blocks/survey-blocks.ts';
import { layout } from '../../../model/layout.ts';
import { BACKUP_ID, CLUSTER } from '../../fixtures/backup.ts';
import { BACKED_UP, versionedBucket } from '../../fixtures/versioned-bucket.ts';
import { givenSurveyor, pageOf, surveyAll, surveyInput } from './given.ts';

const unasked = () => Promise.reject(new Error('was asked'));
const NONE = { done: true, kind: 'none' };

/** Blocks of every fate. */
function givenBlocks(pageSize?: number) {
  const blocks = versionedBucket({ ...(pageSize && { pageSize }) });
  blocks.put('set-0/blk_1_1001.data', 10, 100);
  blocks.put('set-0/blk_1_1001.meta', 10, 1);
  blocks.put('set-0/blk_2_1002.data', 20, 200);
  blocks.remove('set-0/blk_2_1002.data', 3000);
  blocks.put('set-0/blk_2_1002.meta', 20, 2);
  blocks.remove('set-0/blk_2_1002.meta', 3000);
  blocks.put('set-0/blk_3_1003.data', 30, 300);
  blocks.put('set-0/blk_3_1003.data', 3000, 301);
  blocks.remove('set-0/blk_4_1004.data', 3000);
  blocks.put('set-0/blk_5_1005.data', 50, 500);
  blocks.remove('set-0/blk_5_1005.data', 60);
  return blocks;
}

describe('surveying the blocks', () => {
  it('counts what is there, what comes back, and what does not', async () => {
    const survey = await surveyBlocks(surveyInput(), givenSurveyor(givenBlocks().listVersions));

    expect(survey).toEqual({
      done: true,
      kind: 's3',
      backupId: BACKUP_ID,
      window: BACKED_UP,
      after: null,
      pages: 1,
      present: 2,
      returnable: { objects: 2, bytes: 202 },
      overwritten: 1,
      lost: 1,
      blocks: 2,
    });
  });

  it('writes what comes back to a page', async () => {
    const surveyor = givenSurveyor(givenBlocks().listVersions);

    await surveyBlocks(surveyInput(), surveyor);

    expect(pageOf(surveyor.bucket, 0)).toEqual({
      formatVersion: 1,
      backupId: BACKUP_ID,
      window: BACKED_UP,
      after: null,
      last: null,
      objects: [
        { key: 'set-0/blk_2_1002.data', bytes: 200, deleteMarkers: ['v4'] },
        { key: 'set-0/blk_2_1002.meta', bytes: 2, deleteMarkers: ['v6'] },
      ],
    });
  });

  it('finds the same in many calls as in one, and pages that follow each other', async () => {
    const once = await surveyBlocks(surveyInput(), givenSurveyor(givenBlocks().listVersions));
    const surveyor = givenSurveyor(givenBlocks(3).listVersions, { pageVersions: 2 });

    const survey = await surveyAll(surveyor);

    const pages = Array.from({ length: survey.pages }, (_, page) => pageOf(surveyor.bucket, page));
    expect(survey).toEqual({ ...once, pages: 6 });
    expect(pages.map((page) => page?.after)).toEqual([null, ...pages.slice(0, -1).map((page) => page?.last)]);
    expect(pages.at(-1)?.last).toBeNull();
    expect(pages.flatMap((page) => page?.objects.map(({ key }) => key))).toEqual(['set-0/blk_2_1002.data', 'set-0/blk_2_1002.meta']);
  });

  it('goes on in the same call as long as there is time', async () => {
    const surveyor = givenSurveyor(givenBlocks().listVersions, { pageVersions: 2, now: () => new Date(0) });

    expect(await surveyBlocks(surveyInput(), surveyor)).toMatchObject({ done: true, pages: 6 });
  });

  it('does not look for the recovery point again once it has begun', async () => {
    const surveyor = givenSurveyor(givenBlocks().listVersions, { pageVersions: 2 });
    const begun = await surveyBlocks(surveyInput(), surveyor);

    const survey = await surveyBlocks(surveyInput({}, begun), { ...surveyor, bucket: { ...surveyor.bucket, read: unasked } });

    expect(survey).toMatchObject({ backupId: BACKUP_ID, pages: 2 });
  });

  it('writes a page again, with the same content, when a call is repeated', async () => {
    const surveyor = givenSurveyor(givenBlocks().listVersions, { pageVersions: 2 });
    const begun = structuredClone(await surveyBlocks(surveyInput(), surveyor));
    const first = await surveyBlocks(surveyInput({}, begun), surveyor);
    const written = new Map(surveyor.bucket.objects);

    const again = await surveyBlocks(surveyInput({}, begun), surveyor);

    expect(again).toEqual(first);
    expect(surveyor.bucket.objects).toEqual(written);
  });

  it.each([
    ['the blocks are not in S3', {}, { blockBucket: null }],
    ['only a part of RonDB is restored', { include: { databases: ['shop'] } }, {}],
    ['there is no such backup', { backup: '263260000' }, {}],
  ])('asks nobody when %s', async (_what, request, overrides) => {
    expect(await surveyBlocks(surveyInput(request), givenSurveyor(unasked, overrides))).toEqual(NONE);
  });

  it('asks nobody when the newest backup cannot be read: an older one is not restored in its place', async () => {
    const surveyor = givenSurveyor(unasked);
    surveyor.bucket.objects.set(layout.manifest(CLUSTER, '263270000'), '{');

    expect(await surveyBlocks(surveyInput(), surveyor)).toEqual(NONE);
  });

  it.each([
    ['RequestInvalid', { before: 'yesterday' }],
    ['UnknownCluster', { cluster: 'other' }],
    ['UnknownCluster', { confirm: 'other' }],
  ])('refuses as %s what PlanRestore would, %o', async (name, request) => {
    await expect(surveyBlocks(surveyInput(request), givenSurveyor(unasked))).rejects.toMatchObject({ name });
  });

  it('refuses a bucket that it cannot list, with the cause', async () => {
    const cause = Object.assign(new Error('Access Denied'), { name: 'AccessDenied' });

    const survey = surveyBlocks(
      surveyInput(),
      givenSurveyor(() => Promise.reject(cause)),
    );

    await expect(survey).rejects.toMatchObject({
      name: 'BlockBucketUnreadable',
      message: expect.stringContaining('The versions in the bucket blocks cannot be listed: AccessDenied: Access Denied.'),
      cause,
    });
  });
});
