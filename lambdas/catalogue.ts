import { backupIdAt, backupIdSchema, timeOfBackupId } from '../model/backup-id.ts';
import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import { type Manifest, parseManifest } from '../model/manifest.ts';
import { parseJsonOr } from '../model/parse.ts';
import { type BackupPlan, backupPlanSchema } from '../model/plan.ts';
import type { Bucket } from './aws/s3.ts';

type Reader = Pick<Bucket, 'read' | 'listFolders'>;

const MINUTE = 60_000;
/** How many minutes after the start a free backup id may lie: two backups within a minute would share one. */
const ATTEMPTS = 10;

/** The ids that a backup which starts now may get, in the order in which they are tried. */
export function candidateIds(start: Date): string[] {
  return Array.from({ length: ATTEMPTS }, (_, minute) => backupIdAt(new Date(start.getTime() + minute * MINUTE)));
}

/** The plan of a backup that was begun, or undefined when none was. Errors: `BackupIdTaken` (something else lies there). */
export async function readPlan(bucket: Pick<Reader, 'read'>, cluster: string, backupId: string): Promise<BackupPlan | undefined> {
  const key = layout.plan(cluster, backupId);
  const text = await bucket.read(key);
  if (text === undefined) return undefined;
  const plan = parseJsonOr('BackupIdTaken', key, backupPlanSchema, text);
  // Commands are sent by what it says: one of another backup would act there.
  if (plan.prefix !== layout.backup(cluster, backupId)) throw new DrError('BackupIdTaken', `${key} is the plan of ${plan.prefix}.`);
  return plan;
}

/** The complete backup with this id, or undefined when there is no manifest. Errors: `ManifestUnsupported`. */
export async function readManifest(bucket: Pick<Reader, 'read'>, cluster: string, backupId: string): Promise<Manifest | undefined> {
  const text = await bucket.read(layout.manifest(cluster, backupId));
  if (text === undefined) return undefined;
  const manifest = parseManifest(text);
  const { plan } = manifest;
  if (plan.prefix !== layout.backup(cluster, backupId)) {
    throw new DrError('ManifestUnsupported', `The manifest of backup ${backupId} describes ${plan.prefix}.`);
  }
  return manifest;
}

/** The newest complete backup that can be read, and what is newer: manifests that cannot be read, backups without one. */
export interface NewestBackup {
  readonly manifest: Manifest | undefined;
  readonly unreadable: readonly { readonly backupId: string; readonly reason: DrError }[];
  readonly unsealed: readonly string[];
}

/** The newest backup, or the newest of those that were begun at or before a time. Listing backups is listing manifests; ids sort by time. */
export async function findNewest(bucket: Reader, cluster: string, before = new Date(8.64e15)): Promise<NewestBackup> {
  const unreadable: { backupId: string; reason: DrError }[] = [];
  const unsealed: string[] = [];
  // What cannot be read tells when it was begun by its id only: up to so many minutes before.
  const latest = before.getTime() + ATTEMPTS * MINUTE;
  const begun = (await bucket.listFolders(layout.backups(cluster))).filter((id) => backupIdSchema.safeParse(id).success);
  for (const backupId of begun.sort().reverse()) {
    if (timeOfBackupId(backupId).getTime() > latest) continue;
    try {
      const manifest = await readManifest(bucket, cluster, backupId);
      if (!manifest) unsealed.push(backupId);
      else if (new Date(manifest.plan.startedAt) <= before) return { manifest, unreadable, unsealed };
      // What is newer still was begun after that time, too.
      else unreadable.length = unsealed.length = 0;
    } catch (error) {
      if (!(error instanceof DrError)) throw error;
      unreadable.push({ backupId, reason: error });
    }
  }
  return { manifest: undefined, unreadable, unsealed };
}
