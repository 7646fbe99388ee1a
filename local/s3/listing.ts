import { bucketOf, type Call, numberOf, oneOf, type Reply } from './call.ts';
import { S3Error } from './errors.ts';
import { fromBytes, inOrder, lowerBound, toBytes } from './order.ts';
import type { Bucket, Content, Version } from './storage.ts';
import type { Element } from './xml.ts';

// No byte of UTF-8 is 0xff: a prefix followed by it is above all keys with that prefix and below all others that follow.
const ABOVE_ALL = '\u00ff';

/** ListObjectsV2. */
export async function listObjectsV2(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  oneOf('list-type', call.query.get('list-type'), ['2']);
  const max = maxKeys(call, 'max-keys');
  const token = call.query.get('continuation-token');
  const after = token === undefined ? toBytes(call.query.get('start-after') ?? '') : readToken(token);
  const page = collect(bucket, toBytes(call.query.get('prefix') ?? ''), toBytes(call.query.get('delimiter') ?? ''), after, max);
  const encode = encoderOf(call);
  return {
    status: 200,
    xml: [
      'ListBucketResult',
      [
        ['Name', bucket.name],
        ['Prefix', encode(call.query.get('prefix') ?? '')],
        ['StartAfter', encode(call.query.get('start-after'))],
        ['MaxKeys', max],
        ['KeyCount', page.objects.length + page.prefixes.length],
        ['Delimiter', encode(call.query.get('delimiter'))],
        ['EncodingType', call.query.get('encoding-type')],
        ['IsTruncated', page.next !== undefined],
        ['ContinuationToken', token],
        ['NextContinuationToken', page.next === undefined ? undefined : writeToken(page.next)],
        ...page.objects.map(([key, version]): Element => ['Contents', [['Key', encode(key)], ...describe(version)]]),
        ...page.prefixes.map((prefix): Element => ['CommonPrefixes', [['Prefix', encode(prefix)]]]),
      ],
    ],
  };
}

/** ListObjectVersions, without delimiter. */
export async function listObjectVersions(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const [keyMarker = '', idMarker] = [call.query.get('key-marker'), call.query.get('version-id-marker')];
  if (idMarker !== undefined && keyMarker === '') throw new S3Error('InvalidArgument', 'A version-id marker needs a key marker.');
  const prefix = toBytes(call.query.get('prefix') ?? '');
  const max = maxKeys(call, 'max-keys');
  const encode = encoderOf(call);

  const order = inOrder(bucket.keys.ids());
  const entries: Element[] = [];
  let last: Version & { key: string } = { key: '', versionId: '', lastModified: '' };
  let truncated = false;
  const first = lowerBound(order, later(prefix, toBytes(keyMarker) + (idMarker === undefined ? '\0' : '')));
  for (let i = first; i < order.length && order[i]?.startsWith(prefix) && !truncated && max > 0; i++) {
    const key = fromBytes(order[i] as string);
    const versions = bucket.keys.get(key)?.versions ?? [];
    // A marker that was deleted since is not found: then the whole key comes again, so that nothing is missed.
    const done = key === keyMarker ? versions.findIndex(({ versionId }) => versionId === idMarker) + 1 : 0;
    for (const version of versions.slice(done)) {
      truncated = entries.length === max;
      if (truncated) break;
      entries.push(versionEntry(encode(key), version, version === versions[0]));
      last = { key, ...version };
    }
  }
  return {
    status: 200,
    xml: [
      'ListVersionsResult',
      [
        ['Name', bucket.name],
        ['Prefix', encode(call.query.get('prefix') ?? '')],
        ['KeyMarker', encode(keyMarker)],
        ['VersionIdMarker', idMarker ?? ''],
        ['MaxKeys', max],
        ['EncodingType', call.query.get('encoding-type')],
        ['IsTruncated', truncated],
        ['NextKeyMarker', truncated ? encode(last.key) : undefined],
        ['NextVersionIdMarker', truncated ? last.versionId : undefined],
        ...entries,
      ],
    ],
  };
}

/** Writes keys as `encoding-type` asks; everything outside the unreserved characters and "/" is percent-encoded. */
export function encoderOf(call: Call): <T extends string | undefined>(text: T) => T {
  const type = oneOf('encoding-type', call.query.get('encoding-type'), ['url']);
  return (text) => (type && text ? (encodeURIComponent(text).replaceAll('%2F', '/') as typeof text) : text);
}

/** How many entries a page may hold; S3 never gives more than 1,000. */
export function maxKeys(call: Call, name: string): number {
  return Math.min(numberOf(call, name, { least: 0, most: 2 ** 31 - 1, missing: 1000 }), 1000);
}

function collect(bucket: Bucket, prefix: string, delimiter: string, after: string, max: number) {
  const order = inOrder(bucket.keys.ids());
  const objects: [key: string, version: Version & { content: Content }][] = [];
  const prefixes: string[] = [];
  let reached = after;
  for (let i = lowerBound(order, later(prefix, `${after}\0`)); max > 0 && order[i]?.startsWith(prefix); i++) {
    const entry = order[i] as string;
    const version = bucket.keys.get(fromBytes(entry))?.versions[0];
    if (!version?.content) continue;
    if (objects.length + prefixes.length === max) return { objects, prefixes, next: reached };
    const cut = delimiter === '' ? -1 : entry.indexOf(delimiter, prefix.length);
    if (cut < 0) {
      objects.push([fromBytes(entry), { ...version, content: version.content }]);
      reached = entry;
    } else {
      const common = entry.slice(0, cut + delimiter.length);
      prefixes.push(fromBytes(common));
      reached = common + ABOVE_ALL;
      i = lowerBound(order, reached) - 1;
    }
  }
  return { objects, prefixes };
}

function later(left: string, right: string): string {
  return left > right ? left : right;
}

function describe({ lastModified, content }: Version & { content: Content }): Element[] {
  return [
    ['LastModified', lastModified],
    ['ETag', `"${content.etag}"`],
    ['ChecksumAlgorithm', content.checksum.algorithm],
    ['ChecksumType', content.checksum.type],
    ['Size', content.size],
    ['StorageClass', content.headers['x-amz-storage-class'] ?? 'STANDARD'],
  ];
}

function versionEntry(key: string, { content, ...version }: Version, isLatest: boolean): Element {
  const facts: Element[] = content ? describe({ ...version, content }) : [['LastModified', version.lastModified]];
  return [content ? 'Version' : 'DeleteMarker', [['Key', key], ['VersionId', version.versionId], ['IsLatest', isLatest], ...facts]];
}

function writeToken(reached: string): string {
  return Buffer.from(reached, 'latin1').toString('base64url');
}

function readToken(token: string): string {
  const reached = Buffer.from(token, 'base64url').toString('latin1');
  if (token === '' || writeToken(reached) !== token) throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect.');
  return reached;
}
