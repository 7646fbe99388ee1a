import type { ObjectVersion } from '../model/object-history.ts';
import type { ListVersions, VersionPosition } from './aws/s3.ts';

/** Lists the keys behind a key (null: all), in S3's order and each with all its versions, which S3 may give on several pages. */
export async function* objectHistories(
  list: ListVersions,
  after: string | null,
): AsyncGenerator<{ readonly key: string; readonly versions: readonly ObjectVersion[] }> {
  let position: VersionPosition | undefined = after === null ? undefined : { key: after };
  let unfinished: readonly ObjectVersion[] = [];
  do {
    const { versions, next } = await list(position);
    const byKey = new Map<string, ObjectVersion[]>();
    for (const version of [...unfinished, ...versions]) {
      const known = byKey.get(version.key);
      if (known) known.push(version);
      else byKey.set(version.key, [version]);
    }
    unfinished = (next && byKey.get(next.key)) ?? [];
    if (next) byKey.delete(next.key);
    for (const [key, all] of [...byKey].sort(([a], [b]) => compareKeys(a, b))) yield { key, versions: all };
    position = next;
  } while (position);
}

/** Compares keys as S3 orders them: by the bytes of their UTF-8 form. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
