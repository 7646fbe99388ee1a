import { createHash } from 'node:crypto';
import type { Answer } from '../../model/answers.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Bucket } from '../aws/s3.ts';
import { concurrently } from '../concurrently.ts';
import { daysSince } from '../debris.ts';
import { nameSome } from '../obstacles.ts';
import type { FoundBackups } from './backups.ts';
import type { Sweep } from './debris.ts';
import { chunksOf } from './removal.ts';

/** Blocks that no backup's list names. */
export interface OrphanDebris {
  /** What the node found: files and their bytes. */
  readonly found: number;
  readonly bytes: number;
  /** Files that are removed, or would be. */
  readonly files: number;
  /** Why none is: a manifest or a list cannot be read, or was not; null: it can be told. */
  readonly refused: string | null;
}

type Port = Pick<Bucket, 'read' | 'list' | 'remove'>;

const CONCURRENCY = 32;
const LINE = /^(DS-[A-Za-z0-9.:_-]{1,120})\/BP-[A-Za-z0-9.-]+\/(?:subdir[0-9]+\/)*blk_-?[0-9]+_[0-9]+_[0-9]+(?:\.meta)? [0-9]{1,15}$/;

/**
 * Removes, when told to, the blocks that a node has found in no list. The node's word is not enough: every list that a manifest names for
 * their storages must be among those that it has read, as the manifest records it, and each block must be old by S3's word.
 * Errors: `NodeOutputInvalid`.
 */
export async function sweepOrphans(
  { bucket, cluster, executionId }: { readonly bucket: Port; readonly cluster: string; readonly executionId: string },
  { complete, unreadable }: Pick<FoundBackups, 'complete' | 'unreadable'>,
  answer: Answer<'FindOrphans'>,
  { remove, graceDays }: Sweep,
  now: Date,
): Promise<OrphanDebris> {
  const found = { found: answer.orphans, bytes: answer.bytes };
  if (answer.orphans === 0) return { ...found, files: 0, refused: null };
  const lines = async (key: string, sha256: string) => linesOf(key, (await bucket.read(key)) ?? '', sha256);
  const orphans = await lines(layout.orphans(cluster, executionId), answer.orphansSha256);
  const lists = await lines(layout.sweptLists(cluster, executionId), answer.listsSha256);
  const unlike = orphans.find((line) => !LINE.test(line));
  if (unlike !== undefined)
    throw new DrError('NodeOutputInvalid', `FindOrphans names what is no block: ${JSON.stringify(unlike.slice(0, 200))}.`);

  const storages = new Set(orphans.map((line) => LINE.exec(line)?.[1]));
  const read = new Set(lists);
  const named = complete.flatMap(({ backupId, lists: own }) => own.map((list) => ({ backupId, ...list })));
  const missing = [
    ...unreadable.map((backupId) => `the manifest of ${backupId}`),
    ...lists.filter((line) => line.endsWith(' -')).map((line) => `the list ${line.slice(0, -2)}`),
    ...named
      .filter(({ storageId, backupId, sha256 }) => storages.has(storageId) && !read.has(`${storageId} ${backupId} ${sha256}`))
      .map(({ storageId, backupId }) => `the list ${storageId} ${backupId} as its manifest records it`),
  ];
  if (missing.length > 0) return { ...found, files: 0, refused: `not read: ${nameSome([...new Set(missing)])}` };
  if (!remove) return { ...found, files: orphans.length, refused: null };

  const keys = orphans.map((line) => `${cluster}/blocks/${line.slice(0, line.lastIndexOf(' '))}`);
  const ages = await concurrently(CONCURRENCY, keys, async (key) => {
    // Listed, because asking for the object itself takes a right to read it.
    const stored = (await bucket.list(key)).find((object) => object.key === key);
    return stored && daysSince(stored.lastModified, now) >= graceDays;
  });
  const old = keys.filter((_, index) => ages[index]);
  for (const chunk of chunksOf(old)) await bucket.remove(chunk);
  return { ...found, files: old.length, refused: null };
}

function linesOf(key: string, text: string, sha256: string): string[] {
  if (createHash('sha256').update(text).digest('hex') !== sha256)
    throw new DrError('NodeOutputInvalid', `${key} is not what FindOrphans has stored.`);
  return text.split('\n').filter((line) => line !== '');
}
