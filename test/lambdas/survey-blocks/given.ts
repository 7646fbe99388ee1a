import type { ListVersions } from '../../../lambdas/aws/s3.ts';
import { type Surveyor, surveyBlocks } from '../../../lambdas/survey-blocks/survey-blocks.ts';
import { layout } from '../../../model/layout.ts';
import type { RewindPage, S3Survey, Survey } from '../../../model/rewind.ts';
import { BACKUP_ID, backupPlan, CLUSTER, manifest } from '../../fixtures/backup.ts';
import { memoryBucket } from '../../fixtures/bucket.ts';
import { second } from '../../fixtures/versioned-bucket.ts';

export const EXECUTION = 'execution-1';
/** Began and sealed so that its window, with the margin, is the one between the seconds 1000 and 2000. */
export const sealed = manifest({
  plan: backupPlan({ startedAt: second(1002).toISOString() }),
  sealedAt: second(1998).toISOString(),
});

/** A cluster with one backup and its blocks in S3; a call ends with the first page. */
export function givenSurveyor(listVersions: ListVersions, overrides: Partial<Omit<Surveyor, 'bucket'>> = {}) {
  const bucket = memoryBucket({ [layout.manifest(CLUSTER, BACKUP_ID)]: JSON.stringify(sealed) });
  let calls = 0;
  // Every look at the clock is an hour later.
  const now = () => new Date(3_600_000 * ++calls);
  const blockBucket = { storage: 's3', bucket: 'blocks', prefix: '' } as const;
  return { cluster: CLUSTER, bucket, blockBucket, listVersions, now, ...overrides };
}

export const surveyInput = (request: object = {}, progress: Survey | null = null) => ({
  request: { cluster: CLUSTER, backup: 'latest', ...request },
  execution: { name: EXECUTION, startTime: second(9000).toISOString() },
  progress,
});

/** Calls it until it is done, as the state machine does: each time with what came out of JSON. */
export async function surveyAll(surveyor: Surveyor): Promise<S3Survey> {
  let progress: Survey | null = null;
  do {
    progress = JSON.parse(JSON.stringify(await surveyBlocks(surveyInput({}, progress), surveyor))) as Survey;
  } while (!progress.done);
  return progress as S3Survey;
}

export const pageOf = ({ objects }: ReturnType<typeof memoryBucket>, page: number) =>
  JSON.parse(objects.get(layout.rewindPage(CLUSTER, EXECUTION, page)) ?? 'null') as RewindPage | null;
