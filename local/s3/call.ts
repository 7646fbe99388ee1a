import type { FileHandle } from 'node:fs/promises';
import type { SignedBody } from './body.ts';
import { S3Error } from './errors.ts';
import type { Bucket, Storage } from './storage.ts';
import type { Element } from './xml.ts';

/** One authenticated request for one operation; its query and its headers hold only what the operation knows. */
export interface Call extends SignedBody {
  readonly bucketName: string;
  /** Empty for operations on a bucket. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly storage: Storage;
  readonly region: string;
  readonly now: Date;
}

/** What the client receives: at most one of a document and a stretch of a file, which is closed after sending. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly xml?: Element;
  readonly file?: { readonly handle: FileHandle; readonly start: number; readonly length: number };
}

/** The bucket of a call; NoSuchBucket when there is none. */
export function bucketOf(call: Call): Bucket {
  const bucket = call.storage.find(call.bucketName);
  if (!bucket) throw new S3Error('NoSuchBucket', `The bucket ${call.bucketName} does not exist.`);
  return bucket;
}

/** The value of a header that may stand once. */
export function header(call: Call, name: string): string | undefined {
  const value = call.request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** The value of a header or query parameter when it is one of those implemented; NotImplemented when it is another. */
export function oneOf<T extends string>(what: string, value: string | undefined, known: readonly T[]): T | undefined {
  if (value !== undefined && !known.includes(value as T)) throw new S3Error('NotImplemented', `${what} ${value} is not implemented.`);
  return value as T | undefined;
}

/** A whole number from the query within its limits, or its default; InvalidArgument when it is none. */
export function numberOf(call: Call, name: string, { least, most, missing }: { least: number; most: number; missing?: number }): number {
  const text = call.query.get(name) ?? missing?.toString() ?? '';
  const value = Number(text);
  if (!/^\d{1,10}$/.test(text) || value < least || value > most) {
    throw new S3Error('InvalidArgument', `${name} must be a whole number from ${least} to ${most}.`);
  }
  return value;
}
