import type { RecoveryWindow } from './rewind.ts';

/** A version of an object in a versioned bucket; without `bytes` it is a delete marker. S3 gives its time in whole seconds. */
export interface ObjectVersion {
  readonly key: string;
  readonly versionId: string;
  readonly lastModified: Date;
  readonly isLatest: boolean;
  readonly bytes: number | undefined;
}

/**
 * What a recovery point means to an object. `returnable`: it belongs to the recovery point and was only deleted since, once or more
 * often; it is back when these delete markers are gone. `foreign`: deleted before, or created since.
 */
export type Verdict =
  | { readonly fate: 'present' | 'overwritten' | 'lost' | 'foreign' }
  | { readonly fate: 'returnable'; readonly bytes: number; readonly deleteMarkers: readonly string[] };

/** Judges all versions of one key; among those with content, and among delete markers, the newest comes first, as S3 lists them. */
export function judge(versions: readonly ObjectVersion[], window: RecoveryWindow): Verdict {
  const [from, to] = [new Date(window.from), new Date(window.to)];
  const history = newestFirst(versions, from);
  const index = history.findIndex((version) => hasContent(version) && version.lastModified <= to);
  const newer = index < 0 ? history : history.slice(0, index);
  // What happened to the object first: only a deletion before the recovery point tells that it is none of its.
  const first = newer.at(-1);
  if (!first) return { fate: 'present' };
  if (!hasContent(first) && first.lastModified < from) return { fate: 'foreign' };
  const bytes = history[index]?.bytes;
  if (bytes === undefined) return { fate: hasContent(first) ? 'foreign' : 'lost' };
  if (newer.some(hasContent)) return { fate: 'overwritten' };
  return { fate: 'returnable', bytes, deleteMarkers: newer.map(({ versionId }) => versionId) };
}

const hasContent = ({ bytes }: ObjectVersion) => bytes !== undefined;

/**
 * By their times: S3's clients hand over delete markers and other versions apart. Which of both came first within a second is known of
 * the latest only; otherwise the order is taken in which the object belongs to the recovery point, since one too many does no harm.
 */
function newestFirst(versions: readonly ObjectVersion[], from: Date): ObjectVersion[] {
  return versions.toSorted((a, b) => {
    if (a.isLatest !== b.isLatest) return a.isLatest ? -1 : 1;
    const later = b.lastModified.getTime() - a.lastModified.getTime();
    const markerFirst = Number(hasContent(a)) - Number(hasContent(b));
    return later || (a.lastModified >= from ? markerFirst : -markerFirst);
  });
}
