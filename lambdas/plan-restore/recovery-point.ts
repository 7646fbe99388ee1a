import { DrError } from '../../model/errors.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { RestoreRequest } from '../../model/request.ts';
import type { Bucket } from '../aws/s3.ts';
import { findNewest, readManifest } from '../catalogue.ts';
import { nameSome, type Refuse } from '../obstacles.ts';

interface Catalogue {
  readonly bucket: Pick<Bucket, 'read' | 'listFolders'>;
  readonly cluster: string;
}

/**
 * The backup that a request means, undefined when there is none that can be read. An older one never takes the place of one
 * that cannot be read without being refused. Refuses as `ManifestMissing` and as `ManifestUnsupported`.
 */
export async function findRecoveryPoint(
  { bucket, cluster }: Catalogue,
  request: Pick<RestoreRequest, 'backup' | 'before'>,
  refuse: Refuse,
  warn: (sentence: string) => void,
): Promise<Manifest | undefined> {
  if (request.backup !== undefined && request.backup !== 'latest') {
    const { backup } = request;
    try {
      const manifest = await readManifest(bucket, cluster, backup);
      if (!manifest) refuse(new DrError('ManifestMissing', `"${cluster}" has no complete backup ${backup}.`));
      return manifest;
    } catch (error) {
      if (!(error instanceof DrError)) throw error;
      refuse(error);
      return undefined;
    }
  }
  const { manifest, unreadable, unsealed } = await findNewest(bucket, cluster, request.before ? new Date(request.before) : undefined);
  for (const { backupId, reason } of unreadable) warn(`Backup ${backupId} cannot be read. ${reason.message}`);
  if (unsealed.length > 0) warn(`Begun, not complete and therefore passed over: ${nameSome(unsealed)}.`);
  if (unreadable.length > 0) {
    const ids = nameSome(unreadable.map(({ backupId }) => backupId));
    const instead = manifest ? `To restore the older ${manifest.plan.backupId} all the same, give its id.` : 'No older one can be, either.';
    refuse(new DrError('ManifestUnsupported', `The newest backup cannot be read: ${ids}. ${instead}`));
  } else if (!manifest) {
    const time = request.before ? ` that was begun at or before ${request.before}` : '';
    refuse(new DrError('ManifestMissing', `"${cluster}" has no complete backup${time}.`));
  }
  return manifest;
}
