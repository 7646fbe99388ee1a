import { type Rewinder, rewindBlockBucket } from '../../../lambdas/rewind-block-bucket/rewind-block-bucket.ts';
import { layout } from '../../../model/layout.ts';
import { CLUSTER } from '../../fixtures/backup.ts';
import type { versionedBucket } from '../../fixtures/versioned-bucket.ts';
import { EXECUTION, givenSurveyor, surveyAll } from '../survey-blocks/given.ts';

export type Blocks = ReturnType<typeof versionedBucket>;

/** The blocks after they were surveyed, and what rewinds them. */
export async function givenSurvey(blocks: Blocks, pageVersions = 1000) {
  const surveyor = givenSurveyor(blocks.listVersions, { pageVersions });
  const survey = await surveyAll(surveyor);
  const rewinder: Rewinder = {
    cluster: CLUSTER,
    bucket: surveyor.bucket,
    listVersions: blocks.listVersions,
    removeVersions: blocks.removeVersions,
    readVersioning: async () => 'Enabled',
    pause: async () => {},
  };
  return { rewinder, pages: survey.pages, survey, stored: surveyor.bucket.objects };
}

export const rewind = (rewinder: Rewinder, page = 0) =>
  rewindBlockBucket({ plan: { prefix: layout.restore(CLUSTER, EXECUTION), executionId: EXECUTION }, page }, rewinder);
