import { randomBytes } from 'node:crypto';
import { type Call, header, oneOf } from './call.ts';
import { S3Error } from './errors.ts';
import type { Bucket, Content, KeyRecord, Version } from './storage.ts';

/** A version that can be read. */
export type ContentVersion = Version & { readonly content: Content };

/** A version, or a delete marker, that is about to become the current one. */
export function newVersion(bucket: Bucket, version: Omit<Version, 'versionId'>): Version {
  return { versionId: bucket.settings().versioning === 'Enabled' ? randomBytes(16).toString('hex') : 'null', ...version };
}

/** The record of a key after that version became its current one. */
export function withVersion(key: string, old: KeyRecord | undefined, version: Version): KeyRecord {
  const others = (old?.versions ?? []).filter(({ versionId }) => versionId !== version.versionId);
  return { id: key, versions: [version, ...others] };
}

/** The version that the call asks for, by id or as the current one; delete markers and unknown ones are refused as S3 does. */
export function readableVersion(call: Call, bucket: Bucket): ContentVersion {
  const versionId = call.query.get('versionId');
  if (versionId !== undefined) checkVersionId(versionId);
  const versions = bucket.keys.get(call.key)?.versions ?? [];
  const version = versionId === undefined ? versions[0] : versions.find((candidate) => candidate.versionId === versionId);
  if (version?.content) return version as ContentVersion;
  const marker = version && { 'x-amz-delete-marker': 'true', ...versionHeader(bucket, version) };
  if (marker && versionId !== undefined) {
    throw new S3Error('MethodNotAllowed', 'A delete marker cannot be read.', { ...marker, allow: 'DELETE' });
  }
  if (versionId !== undefined) throw new S3Error('NoSuchVersion', `${call.key} has no version ${versionId}.`);
  throw new S3Error('NoSuchKey', `The key ${call.key} does not exist.`, marker);
}

/** The header that names a version, empty while the bucket has never been versioned. */
export function versionHeader(bucket: Bucket, version: Version): { 'x-amz-version-id'?: string } {
  return bucket.settings().versioning ? { 'x-amz-version-id': version.versionId } : {};
}

/** Refuses a version id that cannot exist. */
export function checkVersionId(versionId: string): void {
  if (!/^(null|[0-9a-f]{32})$/.test(versionId)) throw new S3Error('InvalidArgument', 'Invalid version id specified.');
}

/** Refuses a change, or a read, whose If-Match or If-None-Match does not hold for the current version. */
export function checkConditions(call: Call, current: Version | undefined): void {
  const etag = current?.content?.etag;
  const ifMatch = header(call, 'if-match');
  const ifNoneMatch = oneOf('If-None-Match', header(call, 'if-none-match'), ['*']);
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw new S3Error('NotImplemented', 'If-Match together with If-None-Match is not implemented.');
  }
  if (ifMatch !== undefined && !/^("[^"*]+"|[^"*,]+)$/.test(ifMatch)) {
    throw new S3Error('NotImplemented', `If-Match ${ifMatch} is not implemented: it takes one ETag.`);
  }
  if (ifMatch !== undefined && etag === undefined) throw new S3Error('NoSuchKey', `The key ${call.key} does not exist.`);
  if (ifNoneMatch !== undefined ? etag !== undefined : ifMatch !== undefined && unquoted(ifMatch) !== etag) {
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
  }
}

/** An ETag without the quotes around it. */
export function unquoted(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
