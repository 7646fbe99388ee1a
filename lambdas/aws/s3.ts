import {
  DeleteObjectsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { BucketBehaviour } from '../../model/block-bucket.ts';

/** What the bucket reports of an object: its size in bytes and its SHA-256 checksum (composite for multipart uploads). */
export interface StoredObject {
  readonly bytes: number;
  readonly checksum: string | undefined;
}

/** An object as a listing names it. */
export interface ListedObject {
  readonly key: string;
  readonly bytes: number;
}

/** A multipart upload that was neither completed nor aborted. */
export interface PendingUpload {
  readonly key: string;
  readonly initiated: Date;
}

/** The backup bucket, as the Lambdas use it. `undefined` means that the object does not exist; anything else unexpected throws. */
export interface Bucket {
  put(key: string, body: string): Promise<void>;
  /** False when the key exists already; then nothing was written. */
  putIfAbsent(key: string, body: string): Promise<boolean>;
  read(key: string): Promise<string | undefined>;
  head(key: string): Promise<StoredObject | undefined>;
  /** The names directly below a prefix that ends in a slash. */
  listFolders(prefix: string): Promise<string[]>;
  /** Every object whose key starts with the prefix. */
  list(prefix: string): Promise<ListedObject[]>;
  /** Every multipart upload under way to a key that starts with the prefix. */
  listUploads(prefix: string): Promise<PendingUpload[]>;
  /** Puts a delete marker on at most 1000 objects; throws, naming them, when one of them was not deleted. */
  remove(keys: readonly string[]): Promise<void>;
}

// Each function makes one call and is imported by its name: a Lambda's bundle, and the test of its permissions, hold only those.
const s3 = new S3Client({ maxAttempts: 8 });

const described = (Key: string) =>
  ({ Key, ContentType: Key.endsWith('.md') ? 'text/markdown; charset=utf-8' : 'application/json', ChecksumAlgorithm: 'SHA256' }) as const;

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

export const headObject =
  (Bucket: string): Bucket['head'] =>
  (Key) =>
    s3
      .send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
      .then(({ ContentLength = 0, ChecksumSHA256 }) => ({ bytes: ContentLength, checksum: ChecksumSHA256 }), absent);

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
    return pages.flatMap(({ Contents = [] }) => Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size })));
  };

export const listUploads =
  (Bucket: string): Bucket['listUploads'] =>
  async (Prefix) => {
    const uploads: PendingUpload[] = [];
    let page: ListMultipartUploadsCommandOutput | undefined;
    do {
      const after = page && { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      page = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix, ...after }));
      for (const { Key = '', Initiated = new Date(0) } of page.Uploads ?? []) uploads.push({ key: Key, initiated: Initiated });
    } while (page.IsTruncated);
    return uploads;
  };

export const removeObjects =
  (Bucket: string): Bucket['remove'] =>
  async (keys) => {
    const Objects = keys.map((Key) => ({ Key }));
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    if (Errors.length > 0)
      throw new Error(`Not deleted: ${Errors.map(({ Key, Code, Message }) => `${Key} (${Code}: ${Message})`).join(', ')}.`);
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

function absent(error: unknown): undefined {
  if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
  throw error;
}
