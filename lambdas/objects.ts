import { DrError } from '../model/errors.ts';
import { layout } from '../model/layout.ts';
import { type Receipt, type StoredFile, storedName } from '../model/receipt.ts';
import type { Bucket } from './aws.ts';

const CONCURRENCY = 32;

/** Every object that the files of a backup are stored as, with the file it holds. */
export function objectsOf(cluster: string, backupId: string, receipts: readonly Receipt[], metadata: readonly StoredFile[]) {
  const below = (prefix: string) => (file: StoredFile) => ({ key: `${prefix}/${storedName(file)}`, file });
  return [
    ...metadata.map(below(layout.metadata(cluster, backupId))),
    ...receipts.flatMap(({ nodeId, files }) => files.map(below(layout.rondbNode(cluster, backupId, nodeId)))),
  ];
}

/**
 * Compares what S3 holds with what the nodes wrote: every object's size and the checksum that S3 computed on arrival.
 * Errors: `ObjectMissing`, `ObjectAltered`, naming the key.
 */
export async function checkObjects(bucket: Pick<Bucket, 'head'>, objects: ReturnType<typeof objectsOf>): Promise<void> {
  const queue = objects.values();
  const worker = async () => {
    for (const { key, file } of queue) {
      const stored = await bucket.head(key);
      if (!stored) throw new DrError('ObjectMissing', `${key} is not in the bucket.`);
      if (stored.bytes !== file.storedBytes || stored.checksum !== file.checksum) {
        throw new DrError(
          'ObjectAltered',
          `${key} has ${stored.bytes} bytes and checksum ${stored.checksum}; ${file.storedBytes} and ${file.checksum} were stored.`,
        );
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}
