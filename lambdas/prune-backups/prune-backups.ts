import * as z from 'zod';
import { backupIdSchema } from '../../model/backup-id.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { parseOr } from '../../model/parse.ts';
import { type DatedBackup, pinOf, type Reason, type Retention, toKeep } from '../../model/retention.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { concurrently } from '../concurrently.ts';

const inputSchema = z.object({ sealed: z.object({ backupId: backupIdSchema }) });

/** The bucket of a cluster, and which of its backups are kept. */
export interface Pruner {
  readonly cluster: string;
  readonly retention: Retention;
  readonly bucket: Pick<Bucket, 'listFolders' | 'list' | 'read' | 'readLock' | 'putIfAbsent' | 'remove'>;
}

const CONCURRENCY = 8;
/** DeleteObjects takes at most so many keys. */
const CHUNK = 1000;

/** What became of every complete backup; bytes as stored. */
export interface Pruned {
  readonly kept: readonly KeptBackup[];
  readonly removed: readonly RemovedBackup[];
  /** No longer wanted, but under Object Lock: left as they are until it ends. */
  readonly locked: readonly LockedBackup[];
  /** Backups whose manifest cannot be read: never touched. */
  readonly unreadable: readonly string[];
  /** Pinned by the cluster file, but there is no such backup. */
  readonly pinnedInVain: readonly string[];
}

interface KeptBackup {
  readonly backupId: string;
  readonly reasons: readonly Reason[];
  /** Why it is pinned. */
  readonly pin?: string;
}

interface LockedBackup {
  readonly backupId: string;
  /** ISO 8601; null: only a legal hold is on it. */
  readonly until: string | null;
  readonly legalHold: boolean;
}

interface RemovedBackup {
  readonly backupId: string;
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Removes the backups that the retention no longer keeps, and what an earlier run that was cut off left of one. A prefix
 * without manifest is not touched otherwise: it may be a backup that is being taken.
 * Errors: `RequestInvalid`, `PruneRefused` (before anything is removed).
 */
export async function pruneBackups(input: unknown, pruner: Pruner, now: () => Date): Promise<Pruned> {
  const { sealed } = parseOr('RequestInvalid', 'The input of PruneBackups', inputSchema, input);
  const marked = idsOf(await pruner.bucket.list(layout.prunes(pruner.cluster)), pruner.cluster);
  const { complete, incomplete, unreadable } = await readBackups(pruner, marked);
  const keep = toKeep(complete, pruner.retention);
  if (!keep.has(sealed.backupId)) {
    throw new DrError('PruneRefused', `Backup ${sealed.backupId} would not be kept; kept are ${[...keep.keys()].join(', ') || 'none'}.`);
  }
  const outdated = complete.map(({ backupId }) => backupId).filter((backupId) => !keep.has(backupId));
  const locked = await lockedAmong(outdated, pruner, now());
  const unfinished = incomplete.filter((backupId) => marked.has(backupId));
  const removed: RemovedBackup[] = [];
  const free = outdated.filter((backupId) => !locked.some((other) => other.backupId === backupId));
  for (const backupId of [...unfinished, ...free].sort()) removed.push(await removeBackup(backupId, pruner, now));
  // A removal that was cut off before the manifest went, of a backup that stays by now.
  const staying = [...keep.keys(), ...locked.map(({ backupId }) => backupId)].filter((backupId) => marked.has(backupId));
  for (const backupId of staying) await pruner.bucket.remove([layout.prune(pruner.cluster, backupId)]);
  const pins = new Map(complete.flatMap(({ backupId, pin }) => (pin === undefined ? [] : [[backupId, pin] as const])));
  const kept = [...keep].map(([backupId, reasons]): KeptBackup => {
    const pin = pins.get(backupId);
    return { backupId, reasons, ...(pin !== undefined && { pin }) };
  });
  const pinnedInVain = pruner.retention.keep.map(({ backupId }) => backupId).filter((id) => !pins.has(id) && !unreadable.includes(id));
  if (pinnedInVain.length > 0) console.warn(`Pinned, but not there: ${pinnedInVain.join(', ')}.`);
  return { kept, removed, locked, unreadable, pinnedInVain };
}

function idsOf(marks: readonly { key: string }[], cluster: string): ReadonlySet<string> {
  return new Set(marks.map(({ key }) => key.slice(layout.prunes(cluster).length, -'.json'.length)));
}

/** Every backup that was begun or marked, by what its manifest tells. */
async function readBackups({ cluster, bucket, retention }: Pruner, marked: ReadonlySet<string>) {
  const complete: DatedBackup[] = [];
  const incomplete: string[] = [];
  const unreadable: string[] = [];
  const begun = await bucket.listFolders(layout.backups(cluster));
  const ids = [...new Set([...begun, ...marked])].filter((backupId) => backupIdSchema.safeParse(backupId).success).sort();
  await concurrently(CONCURRENCY, ids, async (backupId) => {
    try {
      const plan = (await readManifest(bucket, cluster, backupId))?.plan;
      if (plan) complete.push({ backupId, startedAt: plan.startedAt, pin: pinOf(backupId, plan.keep, retention) });
      else incomplete.push(backupId);
    } catch (error) {
      if ((error as Error).name !== 'ManifestUnsupported') throw error;
      console.warn(`Backup ${backupId} is kept, because it cannot be judged. ${(error as Error).message}`);
      unreadable.push(backupId);
    }
  });
  return { complete, incomplete, unreadable: unreadable.sort() };
}

/** A delete marker could hide them; but then nobody would see that they are still there, and paid for. */
async function lockedAmong(outdated: readonly string[], { cluster, bucket }: Pruner, now: Date): Promise<LockedBackup[]> {
  const locks = await concurrently(CONCURRENCY, outdated, async (backupId) => ({
    backupId,
    ...(await bucket.readLock(layout.manifest(cluster, backupId))),
  }));
  return locks
    .filter(({ until, legalHold }) => legalHold || (until !== undefined && until > now))
    .map(({ backupId, until, legalHold }) => ({ backupId, until: until?.toISOString() ?? null, legalHold }))
    .sort((a, b) => (a.backupId < b.backupId ? -1 : 1));
}

/** A mark first, by which a removal that is cut off is known; then the manifest, because what is incomplete is no backup; then the rest. */
async function removeBackup(backupId: string, { cluster, bucket }: Pruner, now: () => Date): Promise<RemovedBackup> {
  const mark = layout.prune(cluster, backupId);
  await bucket.putIfAbsent(mark, JSON.stringify({ backupId, begunAt: now().toISOString() }));
  const objects = await bucket.list(`${layout.backup(cluster, backupId)}/`);
  const keys = objects.map(({ key }) => key);
  const manifest = layout.manifest(cluster, backupId);
  const others = keys.filter((key) => key !== manifest);
  for (const chunk of [...(keys.includes(manifest) ? [[manifest]] : []), ...chunksOf(others), [mark]]) await bucket.remove(chunk);
  return { backupId, objects: objects.length, bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function chunksOf(keys: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(keys.length / CHUNK) }, (_, index) => keys.slice(index * CHUNK, (index + 1) * CHUNK));
}
