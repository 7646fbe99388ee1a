import { backupIdSchema } from '../../model/backup-id.ts';
import { layout } from '../../model/layout.ts';
import { type DatedBackup, pinOf, type Retention } from '../../model/retention.ts';
import type { Bucket } from '../aws/s3.ts';
import { readManifest } from '../catalogue.ts';
import { concurrently } from '../concurrently.ts';
import { type Begun, markedIn } from '../debris.ts';

const CONCURRENCY = 8;

/** A complete backup, and the lists of HopsFS blocks that its manifest names. */
interface CompleteBackup extends DatedBackup {
  readonly lists: readonly { readonly storageId: string; readonly sha256: string }[];
}

/** Every backup that was begun or marked, by what its manifest tells; ids sorted. */
export interface FoundBackups extends Begun {
  readonly complete: readonly CompleteBackup[];
}

/** Reads the manifest of every backup in the bucket. */
export async function findBackups(
  bucket: Pick<Bucket, 'listFolders' | 'list' | 'read'>,
  cluster: string,
  retention: Pick<Retention, 'keep' | 'release'>,
): Promise<FoundBackups> {
  const marked = await markedIn(bucket, cluster);
  const begun = await bucket.listFolders(layout.backups(cluster));
  const ids = [...new Set([...begun, ...marked])].filter((backupId) => backupIdSchema.safeParse(backupId).success).sort();
  const found = await concurrently(CONCURRENCY, ids, async (backupId): Promise<CompleteBackup | { backupId: string; why: string }> => {
    try {
      const manifest = await readManifest(bucket, cluster, backupId);
      if (!manifest) return { backupId, why: 'incomplete' };
      const { plan, storages } = manifest;
      const lists = storages.map(({ storageId, list }) => ({ storageId, sha256: list.sha256 }));
      return { backupId, startedAt: plan.startedAt, pin: pinOf(backupId, plan.keep, retention), lists };
    } catch (error) {
      if ((error as Error).name !== 'ManifestUnsupported') throw error;
      console.warn(`Backup ${backupId} is kept, because it cannot be judged. ${(error as Error).message}`);
      return { backupId, why: 'unreadable' };
    }
  });
  const without = (why: string) => found.flatMap((backup) => ('why' in backup && backup.why === why ? [backup.backupId] : []));
  return {
    complete: found.filter((backup) => 'startedAt' in backup),
    incomplete: without('incomplete'),
    unreadable: without('unreadable'),
    marked,
  };
}
