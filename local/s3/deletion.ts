import { declaredAlgorithm, receiveText } from './body.ts';
import { bucketOf, type Call, header, type Reply } from './call.ts';
import { S3Error } from './errors.ts';
import { bypassesGovernance, checkRemovable } from './retention.ts';
import type { Bucket } from './storage.ts';
import { checkConditions, checkVersionId, newVersion, withVersion } from './versions.ts';
import { type Element, malformed, type ReadElement, readFields, readXml } from './xml.ts';

/** DeleteObject: one version, or the object behind a delete marker. */
export async function deleteObject(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const versionId = call.query.get('versionId');
  if (versionId !== undefined && header(call, 'if-match') !== undefined) {
    throw new S3Error('NotImplemented', 'If-Match together with versionId is not implemented.');
  }
  const removed = await remove(call, bucket, call.key, versionId);
  return {
    status: 204,
    headers: { 'x-amz-version-id': removed.versionId, 'x-amz-delete-marker': removed.marker ? 'true' : undefined },
  };
}

/** DeleteObjects: up to 1,000 keys, each with its own outcome. */
export async function deleteObjects(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  if (declaredAlgorithm(call.request) === undefined && header(call, 'content-md5') === undefined) {
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5 or x-amz-checksum-*.');
  }
  const { objects, quiet } = readRequest(readXml(await receiveText(call), 'Delete'));
  const results: Element[] = [];
  for (const { key, versionId } of objects) {
    const result = await remove(call, bucket, key, versionId).then(
      (removed) => (quiet ? undefined : deleted(key, versionId, removed)),
      (cause: unknown) => refused(key, versionId, cause),
    );
    if (result) results.push(result);
  }
  return { status: 200, xml: ['DeleteResult', results] };
}

interface Removed {
  /** The version that is gone, or the delete marker that is new. */
  readonly versionId?: string;
  readonly marker?: boolean;
}

function remove(call: Call, bucket: Bucket, key: string, versionId: string | undefined): Promise<Removed> {
  return bucket.keys.update<Removed>(key, (old) => {
    if (versionId === undefined) {
      checkConditions(call, old?.versions[0]);
      if (!bucket.settings().versioning) return [undefined, {}];
      const marker = newVersion(bucket, { lastModified: call.now.toISOString() });
      return [withVersion(key, old, marker), { versionId: marker.versionId, marker: true }];
    }
    checkVersionId(versionId);
    const version = old?.versions.find((candidate) => candidate.versionId === versionId);
    if (version) checkRemovable(version, bypassesGovernance(call), call.now);
    const versions = (old?.versions ?? []).filter((candidate) => candidate !== version);
    return [versions.length > 0 ? { id: key, versions } : undefined, { versionId, marker: version !== undefined && !version.content }];
  });
}

function readRequest(root: ReadElement) {
  const objects = root.children.filter(({ name }) => name === 'Object').map((object) => readFields(object, ['Key', 'VersionId']));
  const { Quiet = 'false' } = readFields({ ...root, children: root.children.filter(({ name }) => name !== 'Object') }, ['Quiet']);
  if (objects.length === 0 || objects.length > 1000 || !['true', 'false'].includes(Quiet)) throw malformed();
  return {
    quiet: Quiet === 'true',
    objects: objects.map(({ Key: key, VersionId: versionId }) => {
      if (!key) throw malformed();
      return { key, versionId };
    }),
  };
}

function deleted(key: string, versionId: string | undefined, removed: Removed): Element {
  return [
    'Deleted',
    [
      ['Key', key],
      ['VersionId', versionId],
      ['DeleteMarker', removed.marker || undefined],
      ['DeleteMarkerVersionId', removed.marker ? removed.versionId : undefined],
    ],
  ];
}

function refused(key: string, versionId: string | undefined, cause: unknown): Element {
  if (!(cause instanceof S3Error)) throw cause;
  return [
    'Error',
    [
      ['Key', key],
      ['VersionId', versionId],
      ['Code', cause.code],
      ['Message', cause.message],
    ],
  ];
}
