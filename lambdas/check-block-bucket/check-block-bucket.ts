import { type BlockBucket, type BucketBehaviour, dangers } from '../../model/block-bucket.ts';
import { DrError } from '../../model/errors.ts';

/** Where the blocks are (null: HopsFS is not protected), and how many days a removed block must live. */
export interface BlockBucketCheck {
  readonly blockBucket: BlockBucket | null;
  readonly days: number;
  /** GetBucketVersioning: its `Status`. */
  readonly readVersioning: (bucket: string) => Promise<BucketBehaviour['versioning']>;
  /** GetBucketLifecycleConfiguration: its `Rules`; none for a bucket without (NoSuchLifecycleConfiguration). */
  readonly readLifecycleRules: (bucket: string) => Promise<BucketBehaviour['rules']>;
}

/**
 * Refuses a backup whose HopsFS blocks could be gone when it is restored.
 * Errors: `BlockBucketUnsafe` (naming every rule and number), `BlockBucketUnreadable`.
 */
export async function checkBlockBucket({ blockBucket, days, readVersioning, readLifecycleRules }: BlockBucketCheck) {
  if (blockBucket === null) return { checked: false };
  const { bucket } = blockBucket;
  const [versioning, rules] = await Promise.all([readVersioning(bucket), readLifecycleRules(bucket)]).catch((cause: Error) => {
    throw new DrError('BlockBucketUnreadable', `The bucket ${bucket} cannot be read: ${cause.name}: ${cause.message}.`, { cause });
  });
  const found = dangers({ versioning, rules }, blockBucket, days);
  if (found.length > 0) throw new DrError('BlockBucketUnsafe', `The bucket ${bucket} would lose blocks: ${found.join('; ')}.`);
  return { checked: true, bucket, days };
}
