import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import type { Manifest } from '../model/manifest.ts';
import type { StorageReceipt, StoredFile } from '../model/receipt.ts';
import type { Bucket, ListedObject } from './aws/s3.ts';
import { concurrently } from './concurrently.ts';
import { nameSome, type Refuse, refuseAtOnce } from './obstacles.ts';

const CONCURRENCY = 32;

/** An object that a backup consists of: its key, its bytes as they are stored, and the checksum that S3 reported to the node. */
export interface BackupObject {
  readonly key: string;
  readonly bytes: number;
  readonly checksum: string;
}

/** Every object that a backup is stored as; HopsFS blocks are not, as backups share them. */
export function objectsOf({ plan: { cluster, backupId }, metadata, receipts, storages }: Parts): BackupObject[] {
  const below =
    (prefix: string) =>
    ({ path, bytes, checksum }: StoredFile) => ({ key: `${prefix}/${path}`, bytes, checksum });
  return [
    ...metadata.map(below(layout.metadata(cluster, backupId))),
    ...receipts.flatMap(({ nodeId, files }) => files.map(below(layout.rondbNode(cluster, backupId, nodeId)))),
    ...storages.flatMap(({ storageId, list, files }) => {
      const prefix = layout.storage(cluster, backupId, storageId);
      return [objectOf(`${prefix}/blocks.list.zst`, list), objectOf(`${prefix}/files.tar.zst`, files)];
    }),
  ];
}

type Parts = Pick<Manifest, 'plan' | 'metadata' | 'receipts' | 'storages'>;

function objectOf(key: string, { storedBytes, checksum }: StorageReceipt['list']): BackupObject {
  return { key, bytes: storedBytes, checksum };
}

/**
 * Asks S3 for every object, and compares its size and the checksum that S3 computed on arrival with what the node wrote.
 * Errors: `ObjectMissing`, `ObjectAltered`, naming the keys.
 */
export async function checkContents(objects: readonly BackupObject[], { head }: Pick<Bucket, 'head'>): Promise<void> {
  const stored = new Map(await concurrently(CONCURRENCY, objects, async ({ key }) => [key, await head(key)] as const));
  compare(objects, stored, refuseAtOnce, (found, { bytes, checksum }) =>
    found.bytes === bytes && found.checksum === checksum
      ? undefined
      : `${found.bytes} bytes and checksum ${found.checksum}; ${bytes} and ${checksum} were stored`,
  );
}

/**
 * Compares the sizes in a listing with what the nodes wrote, without a right to read the objects.
 * Refuses as `ObjectMissing` and as `ObjectAltered`, naming the keys.
 */
export function checkSizes(objects: readonly BackupObject[], listed: readonly ListedObject[], refuse: Refuse): void {
  compare(objects, new Map(listed.map((object) => [object.key, object])), refuse, (found, { bytes }) =>
    found.bytes === bytes ? undefined : `${found.bytes} bytes; ${bytes} were stored`,
  );
}

function compare<T extends object>(
  objects: readonly BackupObject[],
  stored: ReadonlyMap<string, T | undefined>,
  refuse: Refuse,
  differenceOf: (found: T, object: BackupObject) => string | undefined,
): void {
  const missing = objects.filter(({ key }) => !stored.get(key)).map(({ key }) => key);
  if (missing.length > 0) refuse(new DrError('ObjectMissing', `Not in the bucket: ${nameSome(missing)}.`));
  const altered = objects.flatMap((object) => {
    const found = stored.get(object.key);
    const difference = found && differenceOf(found, object);
    return difference ? [`${object.key} has ${difference}`] : [];
  });
  if (altered.length > 0) refuse(new DrError('ObjectAltered', `${nameSome(altered)}.`));
}
