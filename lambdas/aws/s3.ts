import {
  AbortMultipartUploadCommand,
  type DeleteMarkerEntry,
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  ListObjectVersionsCommand,
  NoSuchKey,
  NoSuchUpload,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { BucketBehaviour } from '../../model/block-bucket.ts';
import type { ObjectVersion } from '../../model/object-history.ts';

/** What the bucket reports of an object: its size in bytes and its SHA-256 checksum (composite for multipart uploads). */
export interface StoredObject {
  readonly bytes: number;
  readonly checksum: string | undefined;
}

/** An object as a listing names it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
  readonly lastModified: Date;
}

/** What Object Lock forbids: to remove an object for good before a time, or while a legal hold is on it. */
export interface ObjectLock {
  readonly until: Date | undefined;
  readonly legalHold: boolean;
}

/** A multipart upload that was neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly uploadId: string;
  readonly initiated: Date;
}

/** The backup bucket, as the Lambdas use it. `undefined` means that the object does not exist; anything else unexpected throws. */
export interface Bucket {
  put(key: string, body: string): Promise<void>;
  /** False when the key exists already; then nothing was written. */
  putIfAbsent(key: string, body: string): Promise<boolean>;
  read(key: string): Promise<string | undefined>;
  /** What an object holds, with the ETag of that content. */
  readTagged(key: string): Promise<{ readonly text: string; readonly tag: string } | undefined>;
  /** Writes over the content with this ETag, or where nothing is when there is none; false when something else is there by now. */
  putIfMatch(key: string, body: string, tag: string | undefined): Promise<boolean>;
  head(key: string): Promise<StoredObject | undefined>;
  /** How an object is locked. */
  readLock(key: string): Promise<ObjectLock>;
  /** The names directly below a prefix that ends in a slash. */
  listFolders(prefix: string): Promise<string[]>;
  /** Every object whose key starts with the prefix. */
  list(prefix: string): Promise<ListedObject[]>;
  /** Every multipart upload under way to a key that starts with the prefix. */
  listUploads(prefix: string): Promise<PendingUpload[]>;
  /** Ends an upload and removes its parts; one that has ended meanwhile is as good. */
  abortUpload(upload: PendingUpload): Promise<void>;
  /** Puts a delete marker on at most 1000 objects; throws, naming them, when one of them was not deleted. */
  remove(keys: readonly string[]): Promise<void>;
}

/** Up to 1,000 versions of the objects in a bucket, keys in S3's order, and where the next follow. */
export interface VersionPage {
  readonly versions: readonly ObjectVersion[];
  /** Undefined on the last page. The versions of this key may go on there. */
  readonly next: VersionPosition | undefined;
}

/** A version, or with its key alone all versions of that key, behind which a listing goes on. */
export interface VersionPosition {
  readonly key: string;
  readonly versionId?: string;
}

export type ListVersions = (after: VersionPosition | undefined) => Promise<VersionPage>;

/** Removes at most 1000 versions for good, and resolves with those that S3 has not removed. */
export type RemoveVersions = (
  versions: readonly Required<VersionPosition>[],
) => Promise<readonly (Required<VersionPosition> & { readonly reason: string })[]>;

// Each function makes one call and is imported by its name: a Lambda's bundle, and the test of its permissions, hold only those.
const s3 = new S3Client({ maxAttempts: 8 });

const described = (Key: string) => ({ Key, ContentType: contentTypeOf(Key), ChecksumAlgorithm: 'SHA256' }) as const;

function contentTypeOf(key: string): string {
  if (key.endsWith('.html')) return 'text/html; charset=utf-8';
  return key.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'application/json';
}

export const putObject =
  (Bucket: string): Bucket['put'] =>
  async (Key, Body) =>
    void (await s3.send(new PutObjectCommand({ Bucket, Body, ...described(Key) })));

export const putObjectIfAbsent =
  (Bucket: string): Bucket['putIfAbsent'] =>
  (Key, Body) =>
    s3.send(new PutObjectCommand({ Bucket, Body, IfNoneMatch: '*', ...described(Key) })).then(
      () => true,
      (error: unknown) => {
        if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') return false;
        throw error;
      },
    );

export const readObject =
  (Bucket: string): Bucket['read'] =>
  (Key) =>
    s3.send(new GetObjectCommand({ Bucket, Key })).then(({ Body }) => Body?.transformToString(), absent);

export const readTaggedObject =
  (Bucket: string): Bucket['readTagged'] =>
  (Key) =>
    s3
      .send(new GetObjectCommand({ Bucket, Key }))
      .then(async ({ Body, ETag }) => ({ text: (await Body?.transformToString()) ?? '', tag: told(ETag) }), absent);

/** S3 says the first when the content is another one, the second while somebody else writes it, the third when it has gone. */
const OVERTAKEN = ['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey'];

export const putObjectIfMatch =
  (Bucket: string): Bucket['putIfMatch'] =>
  (Key, Body, tag) =>
    s3.send(new PutObjectCommand({ Bucket, Body, ...described(Key), ...(tag ? { IfMatch: tag } : { IfNoneMatch: '*' }) })).then(
      () => true,
      (error: unknown) => {
        if (error instanceof S3ServiceException && OVERTAKEN.includes(error.name)) return false;
        throw error;
      },
    );

export const headObject =
  (Bucket: string): Bucket['head'] =>
  (Key) =>
    s3
      .send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
      .then(({ ContentLength = 0, ChecksumSHA256 }) => ({ bytes: ContentLength, checksum: ChecksumSHA256 }), absent);

export const readLock =
  (Bucket: string): Bucket['readLock'] =>
  async (Key) => {
    const retention = await s3.send(new GetObjectRetentionCommand({ Bucket, Key })).catch(unlocked);
    const hold = await s3.send(new GetObjectLegalHoldCommand({ Bucket, Key })).catch(unlocked);
    return { until: retention?.Retention?.RetainUntilDate, legalHold: hold?.LegalHold?.Status === 'ON' };
  };

export const listFolders =
  (Bucket: string): Bucket['listFolders'] =>
  async (Prefix) => {
    const pages = await allPages({ Bucket, Prefix, Delimiter: '/' });
    return pages.flatMap(({ CommonPrefixes = [] }) => CommonPrefixes.map(({ Prefix: folder = '' }) => folder.slice(Prefix.length, -1)));
  };

export const listObjects =
  (Bucket: string): Bucket['list'] =>
  async (Prefix) => {
    const pages = await allPages({ Bucket, Prefix });
    return pages.flatMap(({ Contents = [] }) =>
      Contents.map(({ Key = '', Size = 0, LastModified }) => ({ key: Key, bytes: Size, lastModified: told(LastModified) })),
    );
  };

export const listUploads =
  (Bucket: string): Bucket['listUploads'] =>
  async (Prefix) => {
    const uploads: PendingUpload[] = [];
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      const after = page && { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      page = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }));
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        uploads.push({ key: told(Key), uploadId: told(UploadId), initiated: told(Initiated) });
      }
    } while (page.IsTruncated);
    return uploads;
  };

export const abortUpload =
  (Bucket: string): Bucket['abortUpload'] =>
  async ({ key: Key, uploadId: UploadId }) => {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch((error: unknown) => {
      if (!(error instanceof NoSuchUpload)) throw error;
    });
  };

export const removeObjects =
  (Bucket: string): Bucket['remove'] =>
  async (keys) => {
    const Objects = keys.map((Key) => ({ Key }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    if (Errors.length > 0)
      throw new Error(`Not deleted: ${Errors.map(({ Key, Code, Message }) => `${Key} (${Code}: ${Message})`).join(', ')}.`);
  };

export const listVersions =
  (Bucket: string, Prefix: string): ListVersions =>
  async (after) => {
    const marker = after && { KeyMarker: after.key, ...(after.versionId !== undefined && { VersionIdMarker: after.versionId }) };
    // Encoded, because XML cannot hold every character that a key can.
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix, EncodingType: 'url', ...marker }));
    const contents = (page.Versions ?? []).map((version) => listed(version, told(version.Size)));
    const markers = (page.DeleteMarkers ?? []).map((version) => listed(version, undefined));
    const next = page.IsTruncated && { key: decodeKey(told(page.NextKeyMarker)), versionId: told(page.NextVersionIdMarker) };
    return { versions: [...contents, ...markers], next: next || undefined };
  };

export const removeVersions =
  (Bucket: string): RemoveVersions =>
  async (versions) => {
    const Objects = versions.map(({ key, versionId }) => ({ Key: key, VersionId: versionId }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    return Errors.map(({ Key = '', VersionId = '', Code, Message }) => ({ key: Key, versionId: VersionId, reason: `${Code}: ${Message}` }));
  };

/** GetBucketVersioning: its status. */
export const readVersioning = async (Bucket: string): Promise<BucketBehaviour['versioning']> =>
  (await s3.send(new GetBucketVersioningCommand({ Bucket }))).Status;

/** GetBucketLifecycleConfiguration: its rules, none for a bucket without. */
export const readLifecycleRules = (Bucket: string): Promise<BucketBehaviour['rules']> =>
  s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket })).then(
    ({ Rules = [] }) => Rules,
    (error: unknown) => {
      if (error instanceof S3ServiceException && error.name === 'NoSuchLifecycleConfiguration') return [];
      throw error;
    },
  );

async function allPages(request: { Bucket: string; Prefix: string; Delimiter?: string }): Promise<ListObjectsV2CommandOutput[]> {
  const pages: ListObjectsV2CommandOutput[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ ...request, ...(ContinuationToken && { ContinuationToken }) }));
    pages.push(page);
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  return pages;
}

function listed({ Key, VersionId, LastModified, IsLatest }: DeleteMarkerEntry, bytes: number | undefined): ObjectVersion {
  return { key: decodeKey(told(Key)), versionId: told(VersionId), lastModified: told(LastModified), isLatest: told(IsLatest), bytes };
}

function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll('+', ' '));
}

/** What S3 always tells. A guess instead could take an object's content for a delete marker, or what is new for something old. */
function told<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('S3 tells of an object, a version, an upload or a page of them incompletely.');
  return value;
}

function absent(error: unknown): undefined {
  if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
  throw error;
}

/** No lock on the object, or no Object Lock on the bucket. */
function unlocked(error: unknown): undefined {
  const { name, message } = error as Error;
  if (name === 'NoSuchObjectLockConfiguration' || (name === 'InvalidRequest' && message.includes('Object Lock'))) return undefined;
  throw error;
}
