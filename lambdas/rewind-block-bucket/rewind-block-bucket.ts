import * as z from 'zod';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { judge } from '../../model/object-history.ts';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import { type RewindPage, rewindPageSchema } from '../../model/rewind.ts';
import type { Bucket, ListVersions, RemoveVersions, VersionPosition } from '../aws/s3.ts';
import { compareKeys, objectHistories } from '../object-histories.ts';
import { nameSome } from '../obstacles.ts';

/** The cluster, its own bucket, and the bucket of its blocks. */
export interface Rewinder {
  readonly cluster: string;
  readonly bucket: Pick<Bucket, 'read'>;
  readonly listVersions: ListVersions;
  readonly removeVersions: RemoveVersions;
  readonly readVersioning: () => Promise<string | undefined>;
  /** Resolves after so many seconds. */
  readonly pause: (seconds: number) => Promise<void>;
}

const inputSchema = z.object({ plan: z.object({ executionId: z.string().min(1) }), page: z.int().nonnegative() });

type Marker = Required<VersionPosition>;

/** DeleteObjects takes so many. */
const BATCH = 1000;
/** Seconds before what S3 has not removed is tried again. */
const PAUSES = [1, 2, 4, 8];

/** What came back in this call; `gone`: objects of the page that are neither there nor can be brought back any more. */
export interface Rewound {
  readonly page: number;
  readonly returned: { readonly objects: number; readonly bytes: number };
  readonly gone: number;
}

/**
 * Brings back what was deleted since the recovery point among the keys of one page, by removing delete markers. The keys are listed
 * again: what was deleted after the survey comes back, too, and what has changed otherwise is left alone. May be repeated.
 * Errors: `RequestInvalid`, `RewindFailed`, naming the keys.
 */
export async function rewindBlockBucket(input: unknown, rewinder: Rewinder): Promise<Rewound> {
  const { plan, page: number } = parseOr('RequestInvalid', 'The input of RewindBlockBucket', inputSchema, input);
  const page = await readPage(rewinder, layout.rewindPage(rewinder.cluster, plan.executionId, number));
  const gone = new Set(page.objects.map(({ key }) => key));
  const returned = { objects: 0, bytes: 0 };
  let markers: Marker[] = [];
  for await (const { key, versions } of objectHistories((after) => rewinder.listVersions(after).catch(fail), page.after)) {
    if (page.last !== null && compareKeys(key, page.last) > 0) break;
    const verdict = judge(versions, page.window);
    if (verdict.fate === 'present' || verdict.fate === 'returnable') gone.delete(key);
    if (verdict.fate !== 'returnable') continue;
    returned.objects += 1;
    returned.bytes += verdict.bytes;
    for (const versionId of verdict.deleteMarkers) markers.push({ key, versionId });
    for (; markers.length >= BATCH; markers = markers.slice(BATCH)) await remove(rewinder, markers.slice(0, BATCH));
  }
  if (markers.length > 0) await remove(rewinder, markers);
  if (gone.size > 0) console.warn(`Changed since the survey, and left alone: ${nameSome([...gone])}.`);
  return { page: number, returned, gone: gone.size };
}

async function readPage({ bucket }: Rewinder, key: string): Promise<RewindPage> {
  const text = await bucket.read(key);
  if (text === undefined) throw new DrError('RewindFailed', `The bucket has no ${key}.`);
  return parseJsonOr('RewindFailed', key, rewindPageSchema, text);
}

async function remove({ removeVersions, readVersioning, pause }: Rewinder, markers: readonly Marker[]): Promise<void> {
  // Every other version id stays what it is; "null" would become an object's content if one were written meanwhile.
  if (markers.some(({ versionId }) => versionId === 'null') && (await readVersioning()) !== 'Enabled') {
    throw new DrError('RewindFailed', 'The versioning of the bucket is suspended: enable it, then redrive.');
  }
  let left = await removeVersions(markers).catch(fail);
  for (const seconds of PAUSES) {
    if (left.length === 0) return;
    await pause(seconds);
    left = await removeVersions(left).catch(fail);
  }
  if (left.length > 0)
    throw new DrError('RewindFailed', `Still deleted: ${nameSome(left.map(({ key, reason }) => `${key} (${reason})`))}.`);
}

function fail(cause: Error): never {
  throw new DrError('RewindFailed', `The bucket of the blocks refuses: ${cause.name}: ${cause.message}.`, { cause });
}
