import { layout } from '../../model/layout.ts';
import type { Bucket, ListedObject } from '../aws/s3.ts';

/** DeleteObjects takes at most so many keys. */
const CHUNK = 1000;

/** What is removed of a backup, or would be; bytes as stored. */
export interface RemovedBackup {
  readonly backupId: string;
  readonly objects: number;
  readonly bytes: number;
}

type Remover = Pick<Bucket, 'list' | 'putIfAbsent' | 'remove'>;

/** A mark first, by which a removal that is cut off is known; then the manifest, because what is incomplete is no backup; then the rest. */
export async function removeBackup(bucket: Remover, cluster: string, backupId: string, now: Date): Promise<RemovedBackup> {
  const mark = layout.prune(cluster, backupId);
  await bucket.putIfAbsent(mark, JSON.stringify({ backupId, begunAt: now.toISOString() }));
  const objects = await bucket.list(`${layout.backup(cluster, backupId)}/`);
  const keys = objects.map(({ key }) => key);
  const manifest = layout.manifest(cluster, backupId);
  const others = keys.filter((key) => key !== manifest);
  for (const chunk of [...(keys.includes(manifest) ? [[manifest]] : []), ...chunksOf(others), [mark]]) await bucket.remove(chunk);
  return sizeOf(backupId, objects);
}

export function sizeOf(backupId: string, objects: readonly ListedObject[]): RemovedBackup {
  return { backupId, objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** Keys in parts that one request removes. */
export function chunksOf(keys: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(keys.length / CHUNK) }, (_, index) => keys.slice(index * CHUNK, (index + 1) * CHUNK));
}
