import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import { type Receipt, type StoredFile, storedName } from '../model/receipt.ts';
import type { Bucket, ListedObject } from './aws/s3.ts';
import { concurrently } from './concurrently.ts';

const CONCURRENCY = 32;
/** Unfit objects are named for so many; the others are counted. */
const NAMED = 10;

/** An object that a backup consists of: its key, and what the node that stored it recorded. */
export interface BackupObject {
  readonly key: string;
  readonly file: StoredFile;
}

/** Every object that the files of a backup are stored as. */
export function objectsOf(
  cluster: string,
  backupId: string,
  receipts: readonly Receipt[],
  metadata: readonly StoredFile[],
): BackupObject[] {
  const below = (prefix: string) => (file: StoredFile) => ({ key: `${prefix}/${storedName(file)}`, file });
  return [
    ...metadata.map(below(layout.metadata(cluster, backupId))),
    ...receipts.flatMap(({ nodeId, files }) => files.map(below(layout.rondbNode(cluster, backupId, nodeId)))),
  ];
}

/**
 * Asks S3 for every object, and compares its size and the checksum that S3 computed on arrival with what the node wrote.
 * Errors: `ObjectMissing`, `ObjectAltered`, naming the keys.
 */
export async function checkContents(objects: readonly BackupObject[], { head }: Pick<Bucket, 'head'>): Promise<void> {
  const stored = new Map(await concurrently(CONCURRENCY, objects, async ({ key }) => [key, await head(key)] as const));
  refuseMissing(objects.filter(({ key }) => !stored.get(key)));
  refuseAltered(objects, ({ key, file }) => {
    const { bytes, checksum } = stored.get(key) ?? {};
    const same = bytes === file.storedBytes && checksum === file.checksum;
    return same ? undefined : `${bytes} bytes and checksum ${checksum}; ${file.storedBytes} and ${file.checksum} were stored`;
  });
}

/**
 * Compares the sizes in a listing with what the nodes wrote, without a right to read the objects.
 * Errors: `ObjectMissing`, `ObjectAltered`, naming the keys.
 */
export function checkSizes(objects: readonly BackupObject[], listed: readonly ListedObject[]): void {
  const sizes = new Map(listed.map(({ key, bytes }) => [key, bytes]));
  refuseMissing(objects.filter(({ key }) => !sizes.has(key)));
  refuseAltered(objects, ({ key, file }) => {
    const bytes = sizes.get(key);
    return bytes === file.storedBytes ? undefined : `${bytes} bytes; ${file.storedBytes} were stored`;
  });
}

function refuseMissing(missing: readonly BackupObject[]): void {
  if (missing.length > 0) throw new DrError('ObjectMissing', `Not in the bucket: ${nameSome(missing.map(({ key }) => key))}.`);
}

function refuseAltered(objects: readonly BackupObject[], differenceOf: (object: BackupObject) => string | undefined): void {
  const altered = objects.flatMap((object) => {
    const difference = differenceOf(object);
    return difference ? [`${object.key} has ${difference}`] : [];
  });
  if (altered.length > 0) throw new DrError('ObjectAltered', `${nameSome(altered)}.`);
}

function nameSome(texts: readonly string[]): string {
  const more = texts.length - NAMED;
  return `${texts.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
