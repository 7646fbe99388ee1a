import { describe, expect, it } from 'vitest';
import { bucketSettingsSchema } from '../../model/bucket-settings.ts';

const KEY = 'arn:aws:kms:eu-north-1:111122223333:key/1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d';

function problems(settings: unknown): string[] {
  return (bucketSettingsSchema.safeParse(settings).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the settings of the bucket', () => {
  it.each([KEY, KEY.replace('arn:aws:', 'arn:aws-us-gov:'), KEY.replace(/key.*/, 'key/mrk-0123456789abcdef0123456789abcdef')])(
    'accept the key %s',
    (encryptionKeyArn) => {
      expect(bucketSettingsSchema.parse({ encryptionKeyArn }).encryptionKeyArn).toBe(encryptionKeyArn);
    },
  );

  it.each([
    ['an alias of a key', { encryptionKeyArn: KEY.replace('key/', 'alias/') }, 'encryptionKeyArn: expected the ARN of a KMS key'],
    ['a key id', { encryptionKeyArn: '1a2b3c4d-5e6f-4a1b-8c2d-3e4f5a6b7c8d' }, 'encryptionKeyArn'],
    ['less than a week to undo a wrong prune', { noncurrentDays: 6 }, 'noncurrentDays'],
    ['no time for uploads', { abortUploadsAfterDays: 0 }, 'abortUploadsAfterDays'],
    ['an unknown lock mode', { objectLock: { mode: 'LEGAL', days: 1 } }, 'objectLock.mode'],
    ['a lock without days', { objectLock: { mode: 'GOVERNANCE' } }, 'objectLock.days'],
    [
      'a replica by its name',
      { replication: { bucketArn: 'copy', encryptionKeyArn: KEY } },
      'replication.bucketArn: expected the ARN of a bucket',
    ],
    ['a replica without a key', { replication: { bucketArn: 'arn:aws:s3:::copy' } }, 'replication.encryptionKeyArn'],
    ['logs in no bucket', { accessLogs: { prefix: 'x' } }, 'accessLogs.bucket'],
  ])('are refused with %s', (_what, settings, problem) => {
    expect(problems(settings)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('transitions', () => {
  it.each([
    [[]],
    [[['INTELLIGENT_TIERING', 0]]],
    [[['GLACIER_IR', 0]]],
    [
      [
        ['STANDARD_IA', 30],
        ['GLACIER_IR', 60],
      ],
    ],
    [
      [
        ['STANDARD_IA', 30],
        ['INTELLIGENT_TIERING', 60],
        ['GLACIER_IR', 61],
      ],
    ],
  ] as [string, number][][][])('may be %j', (list) => {
    const transitions = list.map(([storageClass, afterDays]) => ({ storageClass, afterDays }));

    expect(bucketSettingsSchema.parse({ transitions }).transitions).toEqual(transitions);
  });

  it.each([
    [
      [['GLACIER', 30]],
      '0.storageClass: expected one of STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR; GLACIER is not readable within minutes',
    ],
    [[['DEEP_ARCHIVE', 30]], 'DEEP_ARCHIVE is not readable within minutes'],
    [[['ONEZONE_IA', 30]], 'ONEZONE_IA is kept in one availability zone only'],
    [[['REDUCED_REDUNDANCY', 30]], 'REDUCED_REDUNDANCY is kept with less redundancy'],
    [[['CHEAP', 30]], '0.storageClass: expected one of STANDARD_IA, INTELLIGENT_TIERING, GLACIER_IR'],
    [[['STANDARD_IA', 29]], '0.afterDays: expected at least 30 days'],
    [[['INTELLIGENT_TIERING', -1]], '0.afterDays'],
    [
      [
        ['STANDARD_IA', 30],
        ['GLACIER_IR', 59],
      ],
      '1.afterDays: GLACIER_IR after 59 days follows STANDARD_IA after 30 days; raise it to at least 60',
    ],
    [
      [
        ['INTELLIGENT_TIERING', 5],
        ['GLACIER_IR', 5],
      ],
      '1.afterDays: GLACIER_IR after 5 days follows INTELLIGENT_TIERING after 5 days; raise it to at least 6',
    ],
    [
      [
        ['INTELLIGENT_TIERING', 5],
        ['STANDARD_IA', 30],
      ],
      '1.storageClass: STANDARD_IA after 30 days follows INTELLIGENT_TIERING after 5 days; S3 moves objects only in the order',
    ],
    [
      [
        ['GLACIER_IR', 5],
        ['GLACIER_IR', 100],
      ],
      '1.storageClass: GLACIER_IR after 100 days follows GLACIER_IR',
    ],
  ] as [[string, number][], string][])('%j are refused: %s', (list, problem) => {
    const transitions = list.map(([storageClass, afterDays]) => ({ storageClass, afterDays }));

    expect(problems({ transitions })).toEqual([expect.stringContaining(problem)]);
  });
});
