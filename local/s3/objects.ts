import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { declaredAlgorithm, receiveBody } from './body.ts';
import { bucketOf, type Call, header, oneOf, type Reply } from './call.ts';
import { checksumHeaders } from './checksums.ts';
import { S3Error } from './errors.ts';
import { storeData } from './files.ts';
import { lockHeaders, lockOf, requireDigest } from './retention.ts';
import type { Bucket, Content } from './storage.ts';
import { type ContentVersion, checkConditions, newVersion, readableVersion, versionHeader, withVersion } from './versions.ts';

const STORAGE_CLASSES = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;

/** PutObject: durable, and visible only once the body has proved to be what the client says it is. */
export async function putObject(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const lock = lockOf(call, bucket);
  const headers = storedHeaders(call);
  requireDigest(call, lock, declaredAlgorithm(call.request));
  return storeData(
    bucket.dataDirectory,
    (sink) => receiveBody(call, sink),
    async (file, { size, md5, checksum }) => {
      const content: Content = { file, size, etag: md5, checksum: { ...checksum, type: 'FULL_OBJECT' }, headers };
      const version = await commitVersion(call, bucket, content, lock);
      return {
        status: 200,
        headers: { etag: `"${md5}"`, ...checksumHeaders(content.checksum), ...version, ...encryptionHeaders(headers) },
      };
    },
  );
}

/** Makes content the current version of the call's key, when the call's conditions hold at that moment. Returns the version header. */
export async function commitVersion(call: Call, bucket: Bucket, content: Content, lock: ContentVersion['lock']) {
  return bucket.keys.update(call.key, (old) => {
    checkConditions(call, old?.versions[0]);
    const version = newVersion(bucket, { lastModified: call.now.toISOString(), content, ...(lock ? { lock } : {}) });
    return [withVersion(call.key, old, version), versionHeader(bucket, version)];
  });
}

/** GetObject: all of it or one range. */
export async function getObject(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  // Locked, so that the file is open before somebody can replace the version and remove it.
  return bucket.keys.locked(call.key, async () => {
    const version = readableVersion(call, bucket);
    const { start, length, ...reply } = describe(call, bucket, version);
    const handle = await open(join(bucket.dataDirectory, version.content.file), 'r');
    const { size } = await handle.stat();
    if (size === version.content.size) return { ...reply, file: { handle, start, length } };
    await handle.close();
    throw new S3Error('InternalError', `The data file of ${call.key} has ${size} bytes instead of ${version.content.size}.`);
  });
}

/** HeadObject. */
export async function headObject(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const { status, headers } = describe(call, bucket, readableVersion(call, bucket));
  return { status, headers };
}

/** The headers that an object keeps, from the request that creates it. */
export function storedHeaders(call: Call): Record<string, string> {
  oneOf('x-amz-storage-class', header(call, 'x-amz-storage-class'), STORAGE_CLASSES);
  const kept = Object.entries(call.request.headers).flatMap(([name, value]) =>
    typeof value === 'string' && STORED.test(name) ? [[name, value] as const] : [],
  );
  const encodings = (header(call, 'content-encoding') ?? '').split(/\s*,\s*/).filter((encoding) => !['', 'aws-chunked'].includes(encoding));
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(kept),
    ...(encodings.length > 0 ? { 'content-encoding': encodings.join(',') } : {}),
  };
}

const STORED =
  /^(content-(type|disposition|language)|cache-control|expires|x-amz-meta-.+|x-amz-storage-class|x-amz-server-side-encryption(-aws-kms-key-id|-bucket-key-enabled)?)$/;

/** The part of the stored headers that S3 repeats when an object is created. */
export function encryptionHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-server-side-encryption')));
}

function describe(call: Call, bucket: Bucket, version: ContentVersion) {
  const { size, etag, checksum, headers } = version.content;
  checkConditions(call, version);
  const range = rangeOf(header(call, 'range'), size);
  const { start, length } = range ?? { start: 0, length: size };
  const wantsChecksum = oneOf('x-amz-checksum-mode', header(call, 'x-amz-checksum-mode'), ['ENABLED']) !== undefined && !range;
  return {
    status: range ? 206 : 200,
    start,
    length,
    headers: {
      ...headers,
      'accept-ranges': 'bytes',
      'content-length': String(length),
      'content-range': range && `bytes ${start}-${start + length - 1}/${size}`,
      etag: `"${etag}"`,
      'last-modified': new Date(version.lastModified).toUTCString(),
      ...versionHeader(bucket, version),
      ...lockHeaders(version.lock),
      ...(wantsChecksum ? checksumHeaders(checksum) : {}),
    },
  };
}

function rangeOf(text: string | undefined, size: number): { start: number; length: number } | undefined {
  if (text === undefined) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text) ?? [];
  if (first === '' && last === '') throw new S3Error('NotImplemented', `Range ${text} is not implemented: it takes one range of bytes.`);
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start > end) throw new S3Error('InvalidRange', 'The requested range is not satisfiable.', { 'content-range': `bytes */${size}` });
  return { start, length: end - start + 1 };
}
