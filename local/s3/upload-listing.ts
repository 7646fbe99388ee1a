import { bucketOf, type Call, numberOf, type Reply } from './call.ts';
import { elementOf } from './checksums.ts';
import { encoderOf, maxKeys } from './listing.ts';
import { toBytes } from './order.ts';
import type { UploadRecord } from './storage.ts';
import { uploadOf } from './uploads.ts';
import type { Element } from './xml.ts';

/** ListMultipartUploads, without delimiter. */
export async function listMultipartUploads(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const prefix = call.query.get('prefix') ?? '';
  const [keyMarker = '', idMarker = ''] = [call.query.get('key-marker'), call.query.get('upload-id-marker')];
  const max = maxKeys(call, 'max-uploads');
  const encode = encoderOf(call);
  // A key marker alone skips all uploads of its key; "~" is above every upload id.
  const after = [toBytes(keyMarker), idMarker || '~'] as const;
  const all = bucket.uploads
    .ids()
    .map((id) => bucket.uploads.get(id) as UploadRecord)
    .filter(({ id, key }) => key.startsWith(prefix) && (keyMarker === '' || compare([toBytes(key), id], after) > 0))
    .sort((left, right) => compare([toBytes(left.key), left.id], [toBytes(right.key), right.id]));
  const page = all.slice(0, max);
  const last = page.length < all.length ? page.at(-1) : undefined;
  return {
    status: 200,
    xml: [
      'ListMultipartUploadsResult',
      [
        ['Bucket', bucket.name],
        ['KeyMarker', encode(keyMarker)],
        ['UploadIdMarker', idMarker],
        ['NextKeyMarker', encode(last?.key)],
        ['NextUploadIdMarker', last?.id],
        ['Prefix', encode(prefix)],
        ['EncodingType', call.query.get('encoding-type')],
        ['MaxUploads', max],
        ['IsTruncated', last !== undefined],
        ...page.map((upload): Element => ['Upload', [['Key', encode(upload.key)], ['UploadId', upload.id], ...describe(upload)]]),
      ],
    ],
  };
}

/** ListParts. */
export async function listParts(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const upload = uploadOf(call, bucket.uploads.get(call.query.get('uploadId') as string));
  const max = maxKeys(call, 'max-parts');
  const marker = numberOf(call, 'part-number-marker', { least: 0, most: 10_000, missing: 0 });
  const all = Object.entries(upload.parts).filter(([number]) => Number(number) > marker);
  const page = all.slice(0, max);
  const last = page.length < all.length ? page.at(-1) : undefined;
  return {
    status: 200,
    xml: [
      'ListPartsResult',
      [
        ['Bucket', bucket.name],
        ['Key', upload.key],
        ['UploadId', upload.id],
        ['PartNumberMarker', marker],
        ['NextPartNumberMarker', last?.[0]],
        ['MaxParts', max],
        ['IsTruncated', last !== undefined],
        ...describe(upload).filter(([name]) => name !== 'Initiated'),
        ...page.map(
          ([number, part]): Element => [
            'Part',
            [
              ['PartNumber', number],
              ['LastModified', part.lastModified],
              ['ETag', `"${part.etag}"`],
              ['Size', part.size],
              [elementOf(upload.algorithm), upload.declared ? part.checksum : undefined],
            ],
          ],
        ),
      ],
    ],
  };
}

function describe(upload: UploadRecord): Element[] {
  return [
    ['Initiated', upload.initiated],
    ['StorageClass', upload.headers['x-amz-storage-class'] ?? 'STANDARD'],
    ['ChecksumAlgorithm', upload.declared ? upload.algorithm : undefined],
    ['ChecksumType', upload.declared ? upload.checksumType : undefined],
  ];
}

function compare([keyA, idA]: readonly [string, string], [keyB, idB]: readonly [string, string]): number {
  if (keyA !== keyB) return keyA < keyB ? -1 : 1;
  return idA < idB ? -1 : idA > idB ? 1 : 0;
}
