import type { S3Client } from '@aws-sdk/client-s3';

/** What every S3 does for this product: a title and a proof for each behaviour. */
export type Cases = Readonly<Record<string, (s3: S3Client) => Promise<void>>>;

/** Buckets that a case finds: one without versions, one with, one with Object Lock. */
export const buckets = { plain: 'plain-bucket', versioned: 'versioned-bucket', locked: 'locked-bucket' };
