import { createBucket, getBucketVersioning, headBucket, putBucketVersioning } from './buckets.ts';
import type { Call, Reply } from './call.ts';
import { completeMultipartUpload } from './completion.ts';
import { deleteObject, deleteObjects } from './deletion.ts';
import { getBucketLifecycleConfiguration, putBucketLifecycleConfiguration } from './lifecycle.ts';
import { listObjectsV2, listObjectVersions } from './listing.ts';
import { getObject, headObject, putObject } from './objects.ts';
import { getObjectLegalHold, getObjectRetention, putObjectRetention } from './retention.ts';
import { listMultipartUploads, listParts } from './upload-listing.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './uploads.ts';

/** One operation of S3 and everything that a request for it may carry; whatever else it carries is refused. */
export interface Operation {
  readonly on: `${'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'} ${'bucket' | 'object'}`;
  /** Query parameters that make a request one for this operation. */
  readonly by?: readonly string[];
  /** Query parameters that may be there. */
  readonly query?: readonly string[];
  /** Headers that change the meaning and may be there; "…-*" stands for all names that begin so. */
  readonly headers?: readonly string[];
  readonly run: (call: Call) => Promise<Reply>;
}

const CHECKSUMS = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'].map((name) => `x-amz-checksum-${name}`);
const BODY = ['content-md5', 'x-amz-decoded-content-length', 'x-amz-trailer', 'x-amz-sdk-checksum-algorithm', ...CHECKSUMS];
const STORED = [
  'x-amz-meta-*',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
  'x-amz-object-lock-mode',
  'x-amz-object-lock-retain-until-date',
  'x-amz-object-lock-legal-hold',
];
const READ = { query: ['versionId'], headers: ['range', 'if-match', 'x-amz-checksum-mode'] };
const BYPASS = 'x-amz-bypass-governance-retention';
const CHECKSUM_PLAN = ['x-amz-checksum-algorithm', 'x-amz-checksum-type'];

/** All that this S3 can do. */
export const operations: Readonly<Record<string, Operation>> = {
  CreateBucket: { on: 'PUT bucket', headers: [...BODY, 'x-amz-bucket-object-lock-enabled'], run: createBucket },
  HeadBucket: { on: 'HEAD bucket', run: headBucket },
  GetBucketVersioning: { on: 'GET bucket', by: ['versioning'], run: getBucketVersioning },
  PutBucketVersioning: { on: 'PUT bucket', by: ['versioning'], headers: BODY, run: putBucketVersioning },
  GetBucketLifecycleConfiguration: { on: 'GET bucket', by: ['lifecycle'], run: getBucketLifecycleConfiguration },
  PutBucketLifecycleConfiguration: { on: 'PUT bucket', by: ['lifecycle'], headers: BODY, run: putBucketLifecycleConfiguration },
  ListObjectsV2: {
    on: 'GET bucket',
    by: ['list-type'],
    query: ['prefix', 'delimiter', 'max-keys', 'continuation-token', 'start-after', 'encoding-type'],
    run: listObjectsV2,
  },
  ListObjectVersions: {
    on: 'GET bucket',
    by: ['versions'],
    query: ['prefix', 'key-marker', 'version-id-marker', 'max-keys', 'encoding-type'],
    run: listObjectVersions,
  },
  ListMultipartUploads: {
    on: 'GET bucket',
    by: ['uploads'],
    query: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
    run: listMultipartUploads,
  },
  DeleteObjects: { on: 'POST bucket', by: ['delete'], headers: [...BODY, BYPASS], run: deleteObjects },

  PutObject: { on: 'PUT object', headers: [...BODY, ...STORED, 'if-match', 'if-none-match'], run: putObject },
  GetObject: { on: 'GET object', ...READ, run: getObject },
  HeadObject: { on: 'HEAD object', ...READ, run: headObject },
  DeleteObject: { on: 'DELETE object', query: ['versionId'], headers: ['if-match', BYPASS], run: deleteObject },
  PutObjectRetention: { on: 'PUT object', by: ['retention'], query: ['versionId'], headers: [...BODY, BYPASS], run: putObjectRetention },
  GetObjectRetention: { on: 'GET object', by: ['retention'], query: ['versionId'], run: getObjectRetention },
  GetObjectLegalHold: { on: 'GET object', by: ['legal-hold'], query: ['versionId'], run: getObjectLegalHold },

  CreateMultipartUpload: { on: 'POST object', by: ['uploads'], headers: [...STORED, ...CHECKSUM_PLAN], run: createMultipartUpload },
  UploadPart: { on: 'PUT object', by: ['uploadId', 'partNumber'], headers: BODY, run: uploadPart },
  CompleteMultipartUpload: {
    on: 'POST object',
    by: ['uploadId'],
    headers: [...CHECKSUMS, 'content-md5', 'x-amz-checksum-type', 'x-amz-mp-object-size', 'if-match', 'if-none-match'],
    run: completeMultipartUpload,
  },
  AbortMultipartUpload: { on: 'DELETE object', by: ['uploadId'], run: abortMultipartUpload },
  ListParts: { on: 'GET object', by: ['uploadId'], query: ['max-parts', 'part-number-marker'], run: listParts },
};
