import * as z from 'zod';
import { bucketNameSchema } from './names.ts';

/** The bucket in which HopsFS keeps its blocks. */
export const blockBucketSchema = z.strictObject({
  storage: z.literal('s3').describe('The blocks lie in an S3 bucket, whose noncurrent versions keep the blocks of every backup'),
  bucket: bucketNameSchema.describe('The bucket that holds the blocks'),
  prefix: z.string().max(512).default('').describe('Prefix of the keys of the blocks. Default: none, the whole bucket'),
});

export type BlockBucket = z.infer<typeof blockBucketSchema>;

/** A rule as GetBucketLifecycleConfiguration reports it, as far as it removes objects. */
export interface LifecycleRule {
  readonly ID?: string | undefined;
  readonly Status: string | undefined;
  readonly Prefix?: string | undefined;
  readonly Filter?: Filter | undefined;
  readonly Expiration?: { readonly Days?: number | undefined; readonly Date?: Date | undefined } | undefined;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays?: number | undefined } | undefined;
}

interface Filter {
  readonly Prefix?: string | undefined;
  readonly And?: { readonly Prefix?: string | undefined } | undefined;
}

/** What a bucket says of itself: `Status` of GetBucketVersioning, and its lifecycle rules. */
export interface BucketBehaviour {
  readonly versioning: string | undefined;
  readonly rules: readonly LifecycleRule[];
}

/**
 * Everything that lets a bucket lose blocks which a backup refers to; none means that it is safe. Rules that are limited
 * to tags or sizes count: whether they match a block cannot be known. `days`: how long a removed block must live.
 */
export function dangers({ versioning, rules }: BucketBehaviour, { prefix }: Pick<BlockBucket, 'prefix'>, days: number): string[] {
  const unversioned = versioning === 'Enabled' ? [] : [`versioning is ${versioning ?? 'off'} instead of Enabled`];
  const ofRules = inForce(rules, prefix).flatMap(({ ID = 'without ID', Expiration, NoncurrentVersionExpiration }) => {
    const { Days, Date: date } = Expiration ?? {};
    const { NoncurrentDays } = NoncurrentVersionExpiration ?? {};
    return [
      ...(Days === undefined ? [] : [`rule ${ID} expires current objects after ${Days} days`]),
      ...(date === undefined ? [] : [`rule ${ID} expires current objects on ${date.toISOString().slice(0, 10)}`]),
      ...(NoncurrentDays === undefined || NoncurrentDays >= days
        ? []
        : [`rule ${ID} removes noncurrent versions after ${NoncurrentDays} days, but backups refer to them for up to ${days}`]),
    ];
  });
  return [...unversioned, ...ofRules];
}

/** The shortest time after which a rule ends a removed block for good, and by which rule; undefined: none does. */
export function shortestLife({ rules }: Pick<BucketBehaviour, 'rules'>, { prefix }: Pick<BlockBucket, 'prefix'>) {
  return inForce(rules, prefix)
    .flatMap(({ ID = 'without ID', NoncurrentVersionExpiration }) => {
      const days = NoncurrentVersionExpiration?.NoncurrentDays;
      return days === undefined ? [] : [{ rule: ID, days }];
    })
    .toSorted((a, b) => a.days - b.days)[0];
}

function inForce(rules: readonly LifecycleRule[], prefix: string): LifecycleRule[] {
  return rules.filter((rule) => rule.Status === 'Enabled' && overlap(prefixOf(rule), prefix));
}

function prefixOf({ Filter, Prefix }: LifecycleRule): string {
  return Filter?.And?.Prefix ?? Filter?.Prefix ?? Prefix ?? '';
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
