import * as z from 'zod';
import type { BlockBucket } from '../../model/block-bucket.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { judge, type Verdict } from '../../model/object-history.ts';
import { parseOr } from '../../model/parse.ts';
import type { RestoreRequest } from '../../model/request.ts';
import { type RewindPage, type S3Survey, type Survey, surveySchema, windowOf } from '../../model/rewind.ts';
import type { Bucket, ListVersions } from '../aws/s3.ts';
import { objectHistories } from '../object-histories.ts';
import { findRecoveryPoint } from '../plan-restore/recovery-point.ts';
import { readRestoreRequest } from '../restore-request.ts';

/** The cluster, its own bucket, and where its blocks are (null: not in S3). */
export interface Surveyor {
  readonly cluster: string;
  readonly bucket: Pick<Bucket, 'read' | 'listFolders' | 'put'>;
  readonly blockBucket: BlockBucket | null;
  readonly listVersions: ListVersions;
  readonly now: () => Date;
  /** How many versions a page covers: few enough for RewindBlockBucket, and for hundreds of millions within the events of an execution. */
  readonly pageVersions?: number;
}

const inputSchema = z.object({
  request: z.unknown(),
  execution: z.object({ name: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/, 'expected an execution name of letters, digits, - and _') }),
  progress: surveySchema.nullable(),
});

const PAGE_VERSIONS = 50_000;
/** A call leaves the rest to the next one when a page is complete after so long. */
const CALL_MS = 240_000;
/** HopsFS keeps a block in two objects, `…/blk_<id>_<generation stamp>.data` and `.meta`. */
const BLOCK = /(^|\/)blk_-?[0-9]+_[0-9]+\.data$/;

/**
 * Finds out what was deleted from the bucket of the blocks since the recovery point of a restore, a part of the bucket in each
 * call, and writes the pages that RewindBlockBucket takes. A call that is repeated writes the same pages again.
 * Errors: `RequestInvalid`, `UnknownCluster`, `BlockBucketUnreadable`.
 */
export async function surveyBlocks(input: unknown, surveyor: Surveyor): Promise<Survey> {
  const { request: raw, execution, progress } = parseOr('RequestInvalid', 'The input of SurveyBlocks', inputSchema, input);
  const { cluster, bucket, now, pageVersions = PAGE_VERSIONS } = surveyor;
  const request = readRestoreRequest(raw, cluster);
  const survey = progress ?? (await begin(surveyor, request));
  if (survey.kind === 'none') return survey;

  const end = now().getTime() + CALL_MS;
  const finishPage = async (last: string | null) => {
    const { backupId, window, after, pages } = survey;
    const page: RewindPage = { formatVersion: 1, backupId, window, after, last, objects };
    await bucket.put(layout.rewindPage(cluster, execution.name, pages), JSON.stringify(page));
    Object.assign(survey, { after: last, pages: pages + 1 });
  };
  let objects: RewindPage['objects'] = [];
  let listed = 0;
  for await (const { key, versions } of objectHistories(readable(surveyor), survey.after)) {
    const verdict = judge(versions, survey.window);
    count(survey, key, verdict);
    if (verdict.fate === 'returnable') objects.push({ key, bytes: verdict.bytes, deleteMarkers: [...verdict.deleteMarkers] });
    listed += versions.length;
    if (listed < pageVersions) continue;
    await finishPage(key);
    if (now().getTime() >= end) return survey;
    objects = [];
    listed = 0;
  }
  await finishPage(null);
  return { ...survey, done: true };
}

async function begin({ cluster, bucket, blockBucket }: Surveyor, request: RestoreRequest): Promise<Survey> {
  const none = { done: true, kind: 'none' } as const;
  if (!blockBucket || request.include) return none;
  let isRefused = false;
  const refuse = () => {
    isRefused = true;
  };
  // PlanRestore finds the same, and says it.
  const manifest = await findRecoveryPoint({ bucket, cluster }, request, refuse, () => {});
  if (!manifest || isRefused) return none;
  const found = { present: 0, returnable: { objects: 0, bytes: 0 }, overwritten: 0, lost: 0, blocks: 0 };
  const window = windowOf(manifest.plan, manifest.sealedAt);
  return { done: false, kind: 's3', backupId: manifest.plan.backupId, window, after: null, pages: 0, ...found };
}

function readable({ blockBucket, listVersions }: Surveyor): ListVersions {
  return (after) =>
    listVersions(after).catch((cause: Error) => {
      const sentence = `The versions in the bucket ${blockBucket?.bucket} cannot be listed: ${cause.name}: ${cause.message}.`;
      throw new DrError('BlockBucketUnreadable', sentence, { cause });
    });
}

function count(survey: S3Survey, key: string, verdict: Verdict): void {
  if (verdict.fate === 'foreign') return;
  if (verdict.fate === 'returnable') {
    survey.returnable.objects += 1;
    survey.returnable.bytes += verdict.bytes;
  } else survey[verdict.fate] += 1;
  if ((verdict.fate === 'present' || verdict.fate === 'returnable') && BLOCK.test(key)) survey.blocks += 1;
}
