import type { Bucket } from '../aws/s3.ts';
import { type Begun, findDebris } from '../debris.ts';
import { type RemovedBackup, removeBackup, sizeOf } from './removal.ts';

/** How a sweep treats what it finds. */
export interface Sweep {
  /** Removes; otherwise it only tells. */
  readonly remove: boolean;
  /** Days since the last sign of life after which something is debris. */
  readonly graceDays: number;
}

/** What dead runs left in the bucket, besides blocks. */
export interface BucketDebris {
  /** Begun and never sealed: removed, or what would be. */
  readonly prefixes: readonly (RemovedBackup & { readonly why: string })[];
  readonly keptPrefixes: readonly { readonly backupId: string; readonly why: string }[];
  /** Keys of multipart uploads that nobody will complete: ended, or what would be. */
  readonly uploads: readonly string[];
  readonly keptUploads: readonly string[];
}

type Port = Pick<Bucket, 'list' | 'listUploads' | 'abortUpload' | 'putIfAbsent' | 'remove'>;

/** Removes debris when told to, and tells what it was. Nothing else runs: the caller holds the cluster's lease. */
export async function sweepPrefixes(
  place: { readonly bucket: Port; readonly cluster: string },
  begun: Begun,
  { remove, graceDays }: Sweep,
  now: Date,
): Promise<BucketDebris> {
  const { bucket, cluster } = place;
  const found = await findDebris(place, begun, graceDays, now);
  const prefixes: BucketDebris['prefixes'][number][] = [];
  for (const { backupId, objects, days } of found.prefixes) {
    const gone = remove ? await removeBackup(bucket, cluster, backupId, now) : sizeOf(backupId, objects);
    prefixes.push({ ...gone, why: `begun, never sealed, and untouched for ${days} days` });
  }
  if (remove) for (const upload of found.uploads) await bucket.abortUpload(upload);
  return {
    prefixes,
    keptPrefixes: found.keptPrefixes.map(({ backupId, why }) => ({ backupId, why })),
    uploads: found.uploads.map(({ key }) => key),
    keptUploads: found.keptUploads.map(({ key }) => key),
  };
}
