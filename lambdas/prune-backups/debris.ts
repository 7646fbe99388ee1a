import { layout } from '../../model/layout.ts';
import type { Bucket, PendingUpload } from '../aws/s3.ts';
import type { FoundBackups } from './backups.ts';
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

const DAY = 86_400_000;

/** Whole days between two instants. */
export const daysSince = (then: Date, now: Date): number => Math.floor((now.getTime() - then.getTime()) / DAY);

/**
 * Finds prefixes that were begun and never sealed, and multipart uploads without an owner; removes them when told to. Nothing else runs:
 * the caller holds the cluster's lease. What a failed execution may still need when it is redriven is younger than the grace.
 */
export async function sweepPrefixes(
  { bucket, cluster }: { readonly bucket: Port; readonly cluster: string },
  { complete, incomplete, unreadable, marked }: FoundBackups,
  { remove, graceDays }: Sweep,
  now: Date,
): Promise<BucketDebris> {
  const prefixes: BucketDebris['prefixes'][number][] = [];
  const keptPrefixes: BucketDebris['keptPrefixes'][number][] = [];
  for (const backupId of incomplete.filter((id) => !marked.has(id))) {
    const objects = await bucket.list(`${layout.backup(cluster, backupId)}/`);
    const days = daysSince(new Date(Math.max(...objects.map(({ lastModified }) => lastModified.getTime()))), now);
    if (!objects.some(({ key }) => key === layout.plan(cluster, backupId))) {
      keptPrefixes.push({ backupId, why: 'it has no plan.json: nobody knows whose it is' });
    } else if (days < graceDays) {
      keptPrefixes.push({ backupId, why: `its last object is ${days} days old: its execution may be redriven` });
    } else {
      const gone = remove ? await removeBackup(bucket, cluster, backupId, now) : sizeOf(backupId, objects);
      prefixes.push({ ...gone, why: `begun, never sealed, and untouched for ${days} days` });
    }
  }

  const needed = new Set([...keptPrefixes.map(({ backupId }) => backupId), ...unreadable]);
  const known = new Set([...needed, ...complete.map(({ backupId }) => backupId)]);
  const isOwned = ({ key, initiated }: PendingUpload): boolean => {
    const [, backupId = ''] = /^[^/]+\/backups\/([^/]+)\//.exec(key) ?? [];
    const days = daysSince(initiated, now);
    // Whoever redrives a backup continues the uploads of its files; those of a sealed or removed one nobody continues.
    if (needed.has(backupId) || !known.has(backupId)) return days < graceDays;
    return days < 1;
  };
  const pending = await bucket.listUploads(layout.cluster(cluster));
  const ownerless = pending.filter((upload) => !isOwned(upload));
  if (remove) for (const upload of ownerless) await bucket.abortUpload(upload);
  return {
    prefixes,
    keptPrefixes,
    uploads: ownerless.map(({ key }) => key),
    keptUploads: pending.filter(isOwned).map(({ key }) => key),
  };
}
