import { layout } from '../model/layout.ts';
import type { Bucket, ListedObject, PendingUpload } from './aws/s3.ts';

/** What was begun in a bucket, by what its manifests tell. */
export interface Begun {
  readonly complete: readonly { readonly backupId: string }[];
  /** Without a manifest. */
  readonly incomplete: readonly string[];
  /** With a manifest that cannot be read. */
  readonly unreadable: readonly string[];
  /** Whose removal was begun: whoever prunes next ends it. */
  readonly marked: ReadonlySet<string>;
}

/** What dead runs left of backups, besides blocks: what a sweep removes, and what an alarm counts. */
export interface FoundDebris {
  /** Begun, never sealed, and untouched for the days of grace. */
  readonly prefixes: readonly Prefix[];
  readonly keptPrefixes: readonly (Prefix & { readonly why: string })[];
  /** Multipart uploads that nobody will complete. */
  readonly uploads: readonly PendingUpload[];
  readonly keptUploads: readonly PendingUpload[];
}

/** Of a backup without a manifest. */
interface Prefix {
  readonly backupId: string;
  readonly objects: readonly ListedObject[];
  /** Since its last object was written. */
  readonly days: number;
}

/** The ids of backups whose removal was begun. */
export async function markedIn({ list }: Pick<Bucket, 'list'>, cluster: string): Promise<Set<string>> {
  const marks = await list(layout.prunes(cluster));
  return new Set(marks.map(({ key }) => key.slice(layout.prunes(cluster).length, -'.json'.length)));
}

const DAY = 86_400_000;

/** Whole days between two instants. */
export const daysSince = (then: Date, now: Date): number => Math.floor((now.getTime() - then.getTime()) / DAY);

/**
 * Finds prefixes that were begun and never sealed, and multipart uploads without an owner. What a failed execution may still need when
 * it is redriven is younger than the grace; what one that runs needs is younger still.
 */
export async function findDebris(
  { bucket, cluster }: { readonly bucket: Pick<Bucket, 'list' | 'listUploads'>; readonly cluster: string },
  { complete, incomplete, unreadable, marked }: Begun,
  graceDays: number,
  now: Date,
): Promise<FoundDebris> {
  const prefixes: FoundDebris['prefixes'][number][] = [];
  const keptPrefixes: FoundDebris['keptPrefixes'][number][] = [];
  for (const backupId of incomplete.filter((id) => !marked.has(id))) {
    const objects = await bucket.list(`${layout.backup(cluster, backupId)}/`);
    const days = daysSince(new Date(Math.max(...objects.map(({ lastModified }) => lastModified.getTime()))), now);
    const found = { backupId, objects, days };
    if (!objects.some(({ key }) => key === layout.plan(cluster, backupId))) {
      keptPrefixes.push({ ...found, why: 'it has no plan.json: nobody knows whose it is' });
    } else if (days < graceDays) {
      keptPrefixes.push({ ...found, why: `its last object is ${days} days old: its execution may be redriven` });
    } else prefixes.push(found);
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
  return { prefixes, keptPrefixes, uploads: pending.filter((upload) => !isOwned(upload)), keptUploads: pending.filter(isOwned) };
}
