import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import { type Receipt, type StoredFile, storedName } from '../model/receipt.ts';
import type { Bucket, ListedObject } from './aws/s3.ts';
import { concurrently } from './concurrently.ts';
import { nameSome, type Refuse, refuseAtOnce } from './obstacles.ts';

const CONCURRENCY = 32;

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
  compare(objects, stored, refuseAtOnce, ({ bytes, checksum }, { storedBytes, checksum: recorded }) =>
    bytes === storedBytes && checksum === recorded
      ? undefined
      : `${bytes} bytes and checksum ${checksum}; ${storedBytes} and ${recorded} were stored`,
  );
}

/**
 * Compares the sizes in a listing with what the nodes wrote, without a right to read the objects.
 * Refuses as `ObjectMissing` and as `ObjectAltered`, naming the keys.
 */
export function checkSizes(objects: readonly BackupObject[], listed: readonly ListedObject[], refuse: Refuse): void {
  compare(objects, new Map(listed.map((object) => [object.key, object])), refuse, ({ bytes }, { storedBytes }) =>
    bytes === storedBytes ? undefined : `${bytes} bytes; ${storedBytes} were stored`,
  );
}

function compare<T extends object>(
  objects: readonly BackupObject[],
  stored: ReadonlyMap<string, T | undefined>,
  refuse: Refuse,
  differenceOf: (found: T, file: StoredFile) => string | undefined,
): void {
  const missing = objects.filter(({ key }) => !stored.get(key)).map(({ key }) => key);
  if (missing.length > 0) refuse(new DrError('ObjectMissing', `Not in the bucket: ${nameSome(missing)}.`));
  const altered = objects.flatMap(({ key, file }) => {
    const found = stored.get(key);
    const difference = found && differenceOf(found, file);
    return difference ? [`${key} has ${difference}`] : [];
  });
  if (altered.length > 0) refuse(new DrError('ObjectAltered', `${nameSome(altered)}.`));
}
