import { layout } from '../model/layout.ts';
import { type Manifest, parseManifest } from '../model/manifest.ts';
import type { Bucket } from './aws.ts';

type Reader = Pick<Bucket, 'read' | 'listFolders'>;

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
