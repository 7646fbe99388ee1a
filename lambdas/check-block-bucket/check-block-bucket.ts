import * as z from 'zod';
import { type BlockBucket, type BucketBehaviour, dangers, shortestLife } from '../../model/block-bucket.ts';
import { DrError } from '../../model/errors.ts';
import { parseOr } from '../../model/parse.ts';

const inputSchema = z.object({ plan: z.object({ backupId: z.string(), keep: z.string().nullable().default(null) }) });

/** Where the blocks are (null: HopsFS is not protected), how many days a removed block must live, and the backups kept forever. */
export interface BlockBucketCheck {
  readonly blockBucket: BlockBucket | null;
  readonly days: number;
  readonly pinned: readonly string[];
  /** GetBucketVersioning: its `Status`. */
  readonly readVersioning: (bucket: string) => Promise<BucketBehaviour['versioning']>;
  /** GetBucketLifecycleConfiguration: its `Rules`; none for a bucket without (NoSuchLifecycleConfiguration). */
  readonly readLifecycleRules: (bucket: string) => Promise<BucketBehaviour['rules']>;
}

/**
 * Refuses a backup whose HopsFS blocks could be gone when it is restored. A pinned backup outlives any rule that ends removed blocks:
 * `warnings` says so, because the backup of this moment is good all the same.
 * Errors: `RequestInvalid`, `BlockBucketUnsafe` (naming every rule and number), `BlockBucketUnreadable`.
 */
export async function checkBlockBucket(input: unknown, { blockBucket, days, pinned, ...read }: BlockBucketCheck) {
  const { plan } = parseOr('RequestInvalid', 'The input of CheckBlockBucket', inputSchema, input);
  if (blockBucket === null) return { checked: false, warnings: [] };
  const { bucket } = blockBucket;
  const [versioning, rules] = await Promise.all([read.readVersioning(bucket), read.readLifecycleRules(bucket)]).catch((cause: Error) => {
    throw new DrError('BlockBucketUnreadable', `The bucket ${bucket} cannot be read: ${cause.name}: ${cause.message}.`, { cause });
  });
  const found = dangers({ versioning, rules }, blockBucket, days);
  if (found.length > 0) throw new DrError('BlockBucketUnsafe', `The bucket ${bucket} would lose blocks: ${found.join('; ')}.`);
  const pins = [...new Set([...pinned, ...(plan.keep === null ? [] : [plan.backupId])])];
  const shortest = shortestLife({ rules }, blockBucket);
  const warnings =
    shortest && pins.length > 0
      ? [
          `Kept forever, but not restorable completely forever: ${pins.join(', ')}. Rule ${shortest.rule} of ${bucket} ends a block ${shortest.days} days after HopsFS has deleted it; remove the rule, or copy the blocks elsewhere.`,
        ]
      : [];
  for (const warning of warnings) console.warn(warning);
  return { checked: true, bucket, days, warnings };
}
