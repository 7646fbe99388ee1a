import * as z from 'zod';
import { accountSchema, bucketNameSchema } from './names.ts';

const days = (least: number) => z.int().min(least).max(36_500);
const keyArnSchema = z
  .string()
  .regex(
    /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]{1,64}$/,
    'expected the ARN of a KMS key: arn:aws:kms:<region>:<account>:key/<id>',
  );

/** The storage classes that a restore can read at once, with the days that S3 charges at least for an object in them. */
export const minimumDays = { STANDARD_IA: 30, INTELLIGENT_TIERING: 0, GLACIER_IR: 90 } as const;

type StorageClass = keyof typeof minimumDays;
/** S3 moves objects in this direction only. */
const waterfall = Object.keys(minimumDays) as [StorageClass, ...StorageClass[]];

const refusals: Readonly<Record<string, string>> = {
  GLACIER: 'not readable within minutes',
  DEEP_ARCHIVE: 'not readable within minutes',
  ONEZONE_IA: 'kept in one availability zone only',
  REDUCED_REDUNDANCY: 'kept with less redundancy',
};

const whyNot = (storageClass: string) => (refusals[storageClass] ? `; ${storageClass} is ${refusals[storageClass]}` : '');

const transitionSchema = z
  .strictObject({
    storageClass: z
      .enum(waterfall, { error: ({ input }) => `expected one of ${waterfall.join(', ')}${whyNot(String(input))}` })
      .describe(`Storage class that a restore can read at once: ${waterfall.join(', ')}; several only in this order`),
    afterDays: days(0).describe('Days after which an object moves; at least 30 for STANDARD_IA'),
  })
  .refine(({ storageClass, afterDays }) => storageClass !== 'STANDARD_IA' || afterDays >= 30, {
    path: ['afterDays'],
    error: 'expected at least 30 days for STANDARD_IA: S3 moves nothing there before',
  });

const transitionsSchema = z.array(transitionSchema).check(({ value, issues }) => {
  for (const [index, later] of value.entries()) {
    const earlier = value[index - 1];
    if (!earlier) continue;
    const least = earlier.afterDays + Math.max(1, minimumDays[earlier.storageClass]);
    const what = `${later.storageClass} after ${later.afterDays} days follows ${earlier.storageClass} after ${earlier.afterDays} days`;
    if (waterfall.indexOf(later.storageClass) <= waterfall.indexOf(earlier.storageClass)) {
      issues.push({
        code: 'custom',
        input: value,
        path: [index, 'storageClass'],
        message: `${what}; S3 moves objects only in the order ${waterfall.join(', ')}`,
      });
    } else if (later.afterDays < least) {
      issues.push({ code: 'custom', input: value, path: [index, 'afterDays'], message: `${what}; raise it to at least ${least}` });
    }
  }
});

/** The bucket of a cluster's backups, as far as it can be chosen. */
export const bucketSettingsSchema = z.strictObject({
  encryptionKeyArn: keyArnSchema.optional().describe('KMS key that encrypts the bucket. Default: a key of the stack, rotated every year'),
  noncurrentDays: days(7)
    .default(30)
    .describe(
      'Days that removed or replaced objects can still be brought back: a wrong prune can be undone that long; at least 7. Default: 30',
    ),
  abortUploadsAfterDays: days(1).default(7).describe('Days after which the parts of an unfinished upload are removed. Default: 7'),
  objectLock: z
    .strictObject({
      mode: z
        .enum(['GOVERNANCE', 'COMPLIANCE'])
        .describe('GOVERNANCE can be lifted by who may bypass it, COMPLIANCE by nobody, not even the root user'),
      days: days(1).describe('Days that no version of an object can be deleted'),
    })
    .optional()
    .describe('Object Lock; it cannot be taken off a bucket again. Default: none'),
  replication: z
    .strictObject({
      bucketArn: z
        .string()
        .regex(/^arn:aws(-[a-z]+)*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the ARN of a bucket: arn:aws:s3:::<name>')
        .describe('ARN of a versioned bucket, in another region or account, that receives a copy'),
      account: accountSchema.optional().describe('AWS account of that bucket, 12 digits. Default: the account of the stack'),
      encryptionKeyArn: keyArnSchema.describe('KMS key, in the region of that bucket, that encrypts the copy'),
    })
    .optional()
    .describe('A copy of everything in another bucket. Default: none'),
  accessLogs: z
    .strictObject({
      bucket: bucketNameSchema.describe('Bucket that receives the server access logs; same region and account'),
      prefix: z.string().max(512).default('').describe('Prefix of their keys. Default: none'),
    })
    .optional()
    .describe('S3 server access logs. Default: none'),
  transitions: transitionsSchema.default([]).describe('Moves of the backups to cheaper storage classes. Default: none'),
});
