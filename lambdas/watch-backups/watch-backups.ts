import { timeOfBackupId } from '../../model/backup-id.ts';
import { layout } from '../../model/layout.ts';
import { nextRun } from '../../model/next-run.ts';
import type { Schedule } from '../../model/schedule.ts';
import type { Depth } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { concurrently } from '../concurrently.ts';
import type { Publish } from '../metrics.ts';
import { lastVerifications } from './last-verifications.ts';

interface Watcher {
  readonly cluster: string;
  readonly schedules: readonly Schedule[];
  /** How long each of the long steps of a backup may take. */
  readonly stepSeconds: number;
  readonly bucket: Pick<Bucket, 'read' | 'listFolders' | 'listUploads'>;
  readonly publish: Publish;
}

/** What was measured; times in seconds. */
export interface WatchedBackups {
  readonly backups: number;
  /** Backups that were begun and never sealed, and multipart uploads, too old to be still under way. */
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
/** Beside its two long steps, taking and uploading, a backup takes no longer than this. */
const SHORT_STEPS_SECONDS = 4 * 3600;

/** Measures the backups that the bucket holds, and publishes what it found. */
export async function watchBackups({ cluster, schedules, stepSeconds, bucket, publish }: Watcher, now: Date): Promise<WatchedBackups> {
  const seconds = (time: Date) => (now.getTime() - time.getTime()) / 1000;
  const isOld = (time: Date) => seconds(time) > 2 * stepSeconds + SHORT_STEPS_SECONDS;
  const begun = await bucket.listFolders(layout.backups(cluster));
  const found = await concurrently(CONCURRENCY, begun, async (backupId) => ({
    backupId,
    startedAt: await startOf(bucket, cluster, backupId),
  }));
  const starts = found.flatMap(({ startedAt }) => (startedAt instanceof Date ? [startedAt.getTime()] : []));
  const unsealed = found.filter(({ backupId, startedAt }) => startedAt === 'unsealed' && isOld(timeOfBackupId(backupId)));
  const uploads = (await bucket.listUploads(layout.cluster(cluster))).filter(({ initiated }) => isOld(initiated));
  const verified = await lastVerifications(bucket, cluster);
  const runs = schedules.flatMap((schedule) => nextRun(schedule, now)?.getTime() ?? []);

  const watched: WatchedBackups = {
    backups: starts.length,
    debris: unsealed.length + uploads.length,
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

/** When a complete backup was begun, as its manifest records it. */
async function startOf(bucket: Watcher['bucket'], cluster: string, backupId: string): Promise<Date | 'unsealed' | 'unreadable'> {
  try {
    const manifest = await readManifest(bucket, cluster, backupId);
    return manifest ? new Date(manifest.plan.startedAt) : 'unsealed';
  } catch (error) {
    if ((error as Error).name !== 'ManifestUnsupported') throw error;
    console.error(`Backup ${backupId}: ${(error as Error).message}`);
    return 'unreadable';
  }
}
