import { backupIdSchema } from '../../model/backup-id.ts';
import { layout } from '../../model/layout.ts';
import { nextRun } from '../../model/next-run.ts';
import type { Schedule } from '../../model/schedule.ts';
import type { Depth } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { concurrently } from '../concurrently.ts';
import { daysSince, findDebris, markedIn } from '../debris.ts';
import type { Publish } from '../metrics.ts';
import { lastVerifications } from './last-verifications.ts';

interface Watcher {
  readonly cluster: string;
  readonly schedules: readonly Schedule[];
  /** As a sweep has it: days for which nothing of a failed run is debris. */
  readonly graceDays: number;
  readonly bucket: Pick<Bucket, 'read' | 'list' | 'listFolders' | 'listUploads'>;
  readonly publish: Publish;
}

/** What was measured; times in seconds. */
export interface WatchedBackups {
  readonly backups: number;
  /** Prefixes without a manifest that a sweep would remove, or leave to people, and multipart uploads; all older than the grace. */
  readonly debris: number;
  readonly unreadableManifests: number;
  /** Absent when there is no backup: an alarm takes missing data for a breach. */
  readonly recoveryPointAge?: number;
  /** Absent when no schedule is enabled. */
  readonly nextBackup?: number;
  /** How long ago each depth was proved last; absent are those that never were. */
  readonly verificationAges: Readonly<Partial<Record<Depth, number>>>;
}

const CONCURRENCY = 8;

/** Measures the backups that the bucket holds, and publishes what it found. */
export async function watchBackups(watcher: Watcher, now: Date): Promise<WatchedBackups> {
  const { cluster, schedules, bucket, publish } = watcher;
  const seconds = (time: Date) => (now.getTime() - time.getTime()) / 1000;
  const begun = (await bucket.listFolders(layout.backups(cluster))).filter((backupId) => backupIdSchema.safeParse(backupId).success);
  const found = await concurrently(CONCURRENCY, begun, async (backupId) => ({
    backupId,
    startedAt: await startOf(bucket, cluster, backupId),
  }));
  const starts = found.flatMap(({ startedAt }) => (startedAt instanceof Date ? [startedAt.getTime()] : []));
  const verified = await lastVerifications(bucket, cluster);
  const runs = schedules.flatMap((schedule) => nextRun(schedule, now)?.getTime() ?? []);

  const watched: WatchedBackups = {
    backups: starts.length,
    debris: await countDebris(watcher, found, now),
    unreadableManifests: found.filter(({ startedAt }) => startedAt === 'unreadable').length,
    ...(starts.length > 0 && { recoveryPointAge: seconds(new Date(Math.max(...starts))) }),
    ...(runs.length > 0 && { nextBackup: -seconds(new Date(Math.min(...runs))) }),
    verificationAges: Object.fromEntries(verified.map(([depth, startedAt]) => [depth, seconds(startedAt)])),
  };
  const { recoveryPointAge, nextBackup } = watched;
  publish({
    Backups: ['Count', watched.backups],
    Debris: ['Count', watched.debris],
    UnreadableManifests: ['Count', watched.unreadableManifests],
    ...(recoveryPointAge !== undefined && { RecoveryPointAgeSeconds: ['Seconds', recoveryPointAge] as const }),
    ...(nextBackup !== undefined && { SecondsToNextBackup: ['Seconds', nextBackup] as const }),
  });
  for (const [Depth, age] of Object.entries(watched.verificationAges)) publish({ VerificationAgeSeconds: ['Seconds', age] }, { Depth });
  return watched;
}

/** Counts what a sweep calls debris, and prefixes that nobody knows, once the grace is over; the bucket ends uploads by itself before. */
async function countDebris({ graceDays, ...place }: Watcher, found: readonly FoundBackup[], now: Date): Promise<number> {
  const those = (wanted: (startedAt: FoundBackup['startedAt']) => boolean) => found.filter(({ startedAt }) => wanted(startedAt));
  const idsOf = (state: FoundBackup['startedAt']) => those((startedAt) => startedAt === state).map(({ backupId }) => backupId);
  const begun = {
    complete: those((startedAt) => startedAt instanceof Date),
    incomplete: idsOf('unsealed'),
    unreadable: idsOf('unreadable'),
    marked: await markedIn(place.bucket, place.cluster),
  };
  const { prefixes, keptPrefixes, uploads } = await findDebris(place, begun, graceDays, now);
  const old = [...prefixes, ...keptPrefixes].filter(({ days }) => days >= graceDays);
  return old.length + uploads.filter(({ initiated }) => daysSince(initiated, now) >= graceDays).length;
}

interface FoundBackup {
  readonly backupId: string;
  readonly startedAt: Date | 'unsealed' | 'unreadable';
}

/** When a complete backup was begun, as its manifest records it. */
async function startOf(bucket: Watcher['bucket'], cluster: string, backupId: string): Promise<FoundBackup['startedAt']> {
  try {
    const manifest = await readManifest(bucket, cluster, backupId);
    return manifest ? new Date(manifest.plan.startedAt) : 'unsealed';
  } catch (error) {
    if ((error as Error).name !== 'ManifestUnsupported') throw error;
    console.error(`Backup ${backupId}: ${(error as Error).message}`);
    return 'unreadable';
  }
}
