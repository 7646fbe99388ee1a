import * as z from 'zod';
import { DrError } from '../../model/errors.ts';
import { layout } from '../../model/layout.ts';
import type { Manifest } from '../../model/manifest.ts';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import { receiptSchema, storageReceiptSchema } from '../../model/receipt.ts';
import { verificationRequestSchema } from '../../model/request.ts';
import { type CheckedObjects, type Damage, formatDamages } from '../../model/verification.ts';
import type { Bucket } from '../aws/s3.ts';
import { concurrently } from '../concurrently.ts';
import { executionSchema } from '../inspection.ts';
import { findDamage, objectsOf } from '../objects.ts';
import { refuseAtOnce } from '../obstacles.ts';
import { findRecoveryPoint } from '../plan-restore/recovery-point.ts';

const inputSchema = z.strictObject({ request: z.unknown(), execution: executionSchema });

interface Checker {
  readonly cluster: string;
  readonly bucket: Pick<Bucket, 'read' | 'head' | 'put' | 'listFolders'>;
}

const CONCURRENCY = 8;

/**
 * The first depth of a verification: finds the backup, compares each object of its manifest with what S3 reports, and each receipt with
 * what the manifest says of it. What is wrong is listed and fails nothing yet: the deeper ones go on with the rest.
 * Errors: `RequestInvalid`, `UnknownCluster`, `ManifestMissing`, `ManifestUnsupported`.
 */
export async function checkObjects(input: unknown, { cluster, bucket }: Checker): Promise<CheckedObjects> {
  const { request: raw, execution } = parseOr('RequestInvalid', 'The input of CheckObjects', inputSchema, input);
  const request = parseOr('RequestInvalid', 'The request', verificationRequestSchema, raw);
  if (request.cluster !== cluster) {
    throw new DrError('UnknownCluster', `This state machine verifies backups of "${cluster}", not of "${request.cluster}".`);
  }
  const manifest = (await findRecoveryPoint({ bucket, cluster }, request, refuseAtOnce, console.warn)) as Manifest;
  const objects = objectsOf(manifest);
  const damage = [...(await findDamage(objects, bucket)), ...(await compareReceipts(manifest, bucket))];
  await bucket.put(layout.damageList(cluster, execution.name, 'objects'), formatDamages(damage));
  return {
    backupId: manifest.plan.backupId,
    depth: request.depth,
    objects: objects.length + manifest.receipts.length + manifest.storages.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    damaged: damage.length,
    storages: manifest.storages.length,
  };
}

/** A receipt stands in the manifest; the object beside the files says the same, or is not the one that was sealed. */
async function compareReceipts({ plan, receipts, storages }: Manifest, { read }: Pick<Bucket, 'read'>): Promise<Damage[]> {
  const { cluster, backupId } = plan;
  const recorded = [
    ...receipts.map((receipt) => ({ key: layout.receipt(cluster, backupId, receipt.nodeId), schema: receiptSchema, receipt })),
    ...storages.map((receipt) => ({
      key: layout.storageReceipt(cluster, backupId, receipt.storageId),
      schema: storageReceiptSchema,
      receipt,
    })),
  ];
  const compared = await concurrently(CONCURRENCY, recorded, async ({ key, schema, receipt }): Promise<Damage | undefined> => {
    const text = await read(key);
    if (text === undefined) return { error: 'ObjectMissing', object: key, found: 'not in the bucket' };
    const isSame = JSON.stringify(readReceipt(key, schema, text)) === JSON.stringify(receipt);
    return isSame ? undefined : { error: 'ObjectAltered', object: key, found: 'does not say what the manifest recorded of it' };
  });
  return compared.filter((damage) => damage !== undefined);
}

function readReceipt(key: string, schema: z.ZodType, text: string): unknown {
  try {
    return parseJsonOr('ObjectAltered', key, schema, text);
  } catch (error) {
    if (!(error instanceof DrError)) throw error;
    return undefined;
  }
}
