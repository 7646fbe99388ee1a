import * as z from 'zod';
import { nodeAnswersSchema } from '../../model/answers.ts';
import { backupIdSchema } from '../../model/backup-id.ts';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import { parseOr } from '../../model/parse.ts';
import { type Reason, type Retention, toKeep } from '../../model/retention.ts';
import type { Bucket } from '../aws/s3.ts';
import { concurrently } from '../concurrently.ts';
import { type FoundBackups, findBackups } from './backups.ts';
import { sweepPrefixes } from './debris.ts';
import { sweepOrphans } from './orphans.ts';
import { type RemovedBackup, removeBackup } from './removal.ts';

const inputSchema = z
  .object({
    /** The backup that was just taken; absent when debris is swept alone. Then retention removes nothing. */
    sealed: z.object({ backupId: backupIdSchema }).optional(),
    /** Absent in executions that began before there was a sweep. */
    sweep: z
      .object({
        executionId: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
        remove: z.boolean(),
        graceDays: z.int().nonnegative(),
        nodes: nodeAnswersSchema('SweepNodes'),
        orphans: nodeAnswersSchema('FindOrphans').length(1),
      })
      .optional(),
  })
  .refine(({ sealed, sweep }) => sealed ?? sweep, 'expected what was sealed, or what a sweep has found');

/** The bucket of a cluster, and which of its backups are kept. */
export interface Pruner {
  readonly cluster: string;
  readonly retention: Retention;
  readonly bucket: Pick<
    Bucket,
    'listFolders' | 'list' | 'listUploads' | 'read' | 'readLock' | 'put' | 'putIfAbsent' | 'abortUpload' | 'remove'
  >;
}

const CONCURRENCY = 8;

/** What became of every complete backup; bytes as stored. */
export interface Pruned {
  readonly kept: readonly KeptBackup[];
  readonly removed: readonly RemovedBackup[];
  /** No longer wanted, but under Object Lock: left as they are until it ends. */
  readonly locked: readonly LockedBackup[];
  /** No longer wanted; the next backup removes them. */
  readonly outdated: readonly string[];
  /** Backups whose manifest cannot be read: never touched. */
  readonly unreadable: readonly string[];
  /** Pinned by the cluster file, but there is no such backup. */
  readonly pinnedInVain: readonly string[];
  readonly debris?: SweptDebris;
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

/** What dead runs left, in numbers; the report has every name and why. */
interface SweptDebris {
  /** Whether it was removed, or only found. */
  readonly removed: boolean;
  readonly report: string;
  readonly prefixes: number;
  readonly uploads: number;
  readonly blockFiles: number;
  readonly onNodes: number;
  readonly bytes: number;
}

/**
 * Removes the backups that the retention no longer keeps, what an earlier run that was cut off left of one, and debris: the only place
 * that removes anything from the bucket. Errors: `RequestInvalid`, `PruneRefused` (before anything is removed), `NodeOutputInvalid`,
 * `SweepRefused` (when everything else is done).
 */
export async function pruneBackups(input: unknown, pruner: Pruner, now: () => Date): Promise<Pruned> {
  const { sealed, sweep } = parseOr('RequestInvalid', 'The input of PruneBackups', inputSchema, input);
  const found = await findBackups(pruner.bucket, pruner.cluster, pruner.retention);
  const pruned = await pruneComplete(found, sealed?.backupId, sealed !== undefined || sweep?.remove === true, pruner, now);
  if (!sweep) return pruned;
  const { debris, refused } = await sweepDebris(found, pruned, sweep, pruner, now());
  if (refused !== null && sweep.remove) throw new DrError('SweepRefused', `No block was removed: ${refused}.`);
  return { ...pruned, debris };
}

async function pruneComplete(
  found: FoundBackups,
  sealed: string | undefined,
  remove: boolean,
  pruner: Pruner,
  now: () => Date,
): Promise<Pruned> {
  const { bucket, cluster, retention } = pruner;
  const { complete, incomplete, unreadable, marked } = found;
  const keep = toKeep(complete, retention);
  if (sealed !== undefined && !keep.has(sealed)) {
    throw new DrError('PruneRefused', `Backup ${sealed} would not be kept; kept are ${[...keep.keys()].join(', ') || 'none'}.`);
  }
  const unwanted = complete.map(({ backupId }) => backupId).filter((backupId) => !keep.has(backupId));
  const locked = await lockedAmong(unwanted, pruner, now());
  const outdated = unwanted.filter((backupId) => !locked.some((other) => other.backupId === backupId));
  const unfinished = incomplete.filter((backupId) => marked.has(backupId));
  const going = [...(remove ? unfinished : []), ...(sealed === undefined ? [] : outdated)];
  const removed: RemovedBackup[] = [];
  for (const backupId of going.sort()) removed.push(await removeBackup(bucket, cluster, backupId, now()));
  // A removal that was cut off before the manifest went, of a backup that stays by now.
  const staying = [...keep.keys(), ...locked.map(({ backupId }) => backupId)].filter((backupId) => marked.has(backupId));
  if (remove) for (const backupId of staying) await bucket.remove([layout.prune(cluster, backupId)]);
  const pins = new Map(complete.flatMap(({ backupId, pin }) => (pin === undefined ? [] : [[backupId, pin] as const])));
  const pinnedInVain = retention.keep.map(({ backupId }) => backupId).filter((id) => !pins.has(id) && !unreadable.includes(id));
  if (pinnedInVain.length > 0) console.warn(`Pinned, but not there: ${pinnedInVain.join(', ')}.`);
  return {
    kept: [...keep].map(([backupId, reasons]) => {
      const pin = pins.get(backupId);
      return { backupId, reasons, ...(pin !== undefined && { pin }) };
    }),
    removed,
    locked,
    outdated: sealed === undefined ? outdated : [],
    unreadable,
    pinnedInVain,
  };
}

/** A delete marker could hide them; but then nobody would see that they are still there, and paid for. */
async function lockedAmong(outdated: readonly string[], { cluster, bucket }: Pruner, now: Date): Promise<LockedBackup[]> {
  const locks = await concurrently(CONCURRENCY, outdated, async (backupId) => ({
    backupId,
    ...(await bucket.readLock(layout.manifest(cluster, backupId))),
  }));
  return locks
    .filter(({ until, legalHold }) => legalHold || (until !== undefined && until > now))
    .map(({ backupId, until, legalHold }) => ({ backupId, until: until?.toISOString() ?? null, legalHold }));
}

type Sweeping = NonNullable<z.infer<typeof inputSchema>['sweep']>;

/** Sweeps the bucket, and reports that and what the nodes have done. */
async function sweepDebris(found: FoundBackups, pruned: Pruned, sweep: Sweeping, pruner: Pruner, now: Date) {
  const { executionId, remove, graceDays, nodes } = sweep;
  const place = { ...pruner, executionId };
  const gone = new Set(pruned.removed.map(({ backupId }) => backupId));
  const still = { ...found, complete: found.complete.filter(({ backupId }) => !gone.has(backupId)) };
  // Before the prefixes go: the lists of what was begun and not sealed have been read, too.
  const orphans = await sweepOrphans(place, still, (sweep.orphans[0] as (typeof sweep.orphans)[number]).answer, sweep, now);
  const inBucket = await sweepPrefixes(place, still, sweep, now);
  const report = layout.sweepReport(pruner.cluster, executionId);
  const told = { executionId, at: now.toISOString(), removed: remove, graceDays, ...inBucket, orphans, nodes, retention: pruned };
  await pruner.bucket.put(report, JSON.stringify(told, undefined, 2));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const debris: SweptDebris = {
    removed: remove,
    report,
    prefixes: inBucket.prefixes.length,
    uploads: inBucket.uploads.length,
    blockFiles: orphans.files,
    onNodes: sum(nodes.map(({ answer }) => answer.going)),
    bytes: sum([...inBucket.prefixes, orphans, ...nodes.map(({ answer }) => answer)].map(({ bytes }) => bytes)),
  };
  return { debris, refused: orphans.refused };
}
