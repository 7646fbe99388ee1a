import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import type { Manifest } from '../model/manifest.ts';
import type { StorageReceipt, StoredFile } from '../model/receipt.ts';
import type { Damage } from '../model/verification.ts';
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

/** Files below a prefix as nodes read of them: `<checksum> <bytes> <key> <path>` a line, the paths behind what the caller says. */
export function objectLines(prefix: string, files: readonly StoredFile[], before = ''): string {
  return files.map(({ checksum, bytes, path }) => `${checksum} ${bytes} ${prefix}/${path} ${before}${path}\n`).join('');
}

/**
 * Asks S3 for every object, and compares its size and the checksum that S3 computed on arrival with what the node wrote.
 * Finds what is missing as `ObjectMissing`, what differs as `ObjectAltered`.
 */
export async function findDamage(objects: readonly BackupObject[], { head }: Pick<Bucket, 'head'>): Promise<Damage[]> {
  const stored = new Map(await concurrently(CONCURRENCY, objects, async ({ key }) => [key, await head(key)] as const));
  return compare(objects, stored, (found, { bytes, checksum }) =>
    found.bytes === bytes && found.checksum === checksum
      ? undefined
      : `${found.bytes} bytes and checksum ${found.checksum}; ${bytes} and ${checksum} were stored`,
  );
}

/** As {@link findDamage}. Errors: `ObjectMissing`, `ObjectAltered`, naming the keys. */
export async function checkContents(objects: readonly BackupObject[], bucket: Pick<Bucket, 'head'>): Promise<void> {
  refuseDamaged(await findDamage(objects, bucket), refuseAtOnce);
}

/**
 * Compares the sizes in a listing with what the nodes wrote, without a right to read the objects.
 * Refuses as `ObjectMissing` and as `ObjectAltered`, naming the keys.
 */
export function checkSizes(objects: readonly BackupObject[], listed: readonly ListedObject[], refuse: Refuse): void {
  const stored = new Map(listed.map((object) => [object.key, object]));
  const damage = compare(objects, stored, (found, { bytes }) =>
    found.bytes === bytes ? undefined : `${found.bytes} bytes; ${bytes} were stored`,
  );
  refuseDamaged(damage, refuse);
}

function compare<T extends object>(
  objects: readonly BackupObject[],
  stored: ReadonlyMap<string, T | undefined>,
  differenceOf: (found: T, object: BackupObject) => string | undefined,
): Damage[] {
  return objects.flatMap((object): Damage[] => {
    const found = stored.get(object.key);
    if (!found) return [{ error: 'ObjectMissing', object: object.key, found: 'not in the bucket' }];
    const difference = differenceOf(found, object);
    return difference ? [{ error: 'ObjectAltered', object: object.key, found: `has ${difference}` }] : [];
  });
}

function refuseDamaged(damage: readonly Damage[], refuse: Refuse): void {
  const ofError = (name: Damage['error']) => damage.filter(({ error }) => error === name);
  const missing = ofError('ObjectMissing').map(({ object }) => object);
  if (missing.length > 0) refuse(new DrError('ObjectMissing', `Not in the bucket: ${nameSome(missing)}.`));
  const altered = ofError('ObjectAltered').map(({ object, found }) => `${object} ${found}`);
  if (altered.length > 0) refuse(new DrError('ObjectAltered', `${nameSome(altered)}.`));
}
