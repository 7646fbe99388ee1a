import { backupIdAt } from '../model/backup-id.ts';
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
  return text === undefined ? undefined : parseJsonOr('BackupIdTaken', key, backupPlanSchema, text);
}

/** The complete backup with this id, or undefined when there is no manifest. Errors: `ManifestUnsupported`. */
export async function readManifest(bucket: Pick<Reader, 'read'>, cluster: string, backupId: string): Promise<Manifest | undefined> {
  const text = await bucket.read(layout.manifest(cluster, backupId));
  return text === undefined ? undefined : parseManifest(text);
}

/** The newest complete backup: listing backups is listing manifests. Ids sort by time. */
export async function newestManifest(bucket: Reader, cluster: string): Promise<Manifest | undefined> {
  const begun = await bucket.listFolders(layout.backups(cluster));
  for (const backupId of begun.sort().reverse()) {
    const manifest = await readManifest(bucket, cluster, backupId);
    if (manifest) return manifest;
  }
  return undefined;
}
