import type { IncomingMessage } from 'node:http';
import type { SunkObjects } from './objects.ts';

/** What the sink is asked: the operation by S3's name, `bucket/key`, and the query. */
export interface Asked {
  readonly operation: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
}

/** An answer: a document, or `length` bytes of zeros, or of an object's content. */
export interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string | number | undefined>;
  readonly text?: string | Buffer;
  readonly zeros?: number;
}

/** Bytes of an object below which its content is kept: receipts and manifests are read again. */
export const KEPT = 256 * 1024;

const OPERATIONS: readonly (readonly [method: string, parameter: string, name: string])[] = [
  ['PUT', 'partNumber', 'UploadPart'],
  ['PUT', '', 'PutObject'],
  ['POST', 'uploads', 'CreateMultipartUpload'],
  ['POST', 'uploadId', 'CompleteMultipartUpload'],
  ['DELETE', 'uploadId', 'AbortMultipartUpload'],
  ['HEAD', '', 'HeadObject'],
  ['GET', '', 'GetObject'],
];
// No MD5, as in a bucket with a key of KMS: some clients would compare it.
const ETAG = '"00000000000000000000000000000000-1"';
const MODIFIED = new Date('2026-11-22T00:00:00Z');

/** Which operation of S3 a request is. */
export function understand({ method = '', url = '' }: IncomingMessage): Asked {
  const { pathname, searchParams: query } = new URL(url, 'http://sink');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(pathname)) ?? [];
  const found = OPERATIONS.find(([verb, parameter]) => verb === method && (parameter === '' || query.has(parameter)));
  const ofBucket: Record<string, string> = { GET: 'ListObjectsV2', HEAD: 'HeadBucket', PUT: 'CreateBucket' };
  return { operation: (key === '' ? ofBucket[method] : found?.[2]) ?? 'Unknown', bucket, key, query };
}

/** Answers a request whose body has arrived; `body` is empty unless it was small. */
export function answer(asked: Asked, { headers }: IncomingMessage, body: Buffer, objects: SunkObjects): Answer {
  const { operation, bucket, key, query } = asked;
  const place = `${bucket}/${key}`;
  const upload = query.get('uploadId') ?? '';
  const sent = {
    bytes: Number(headers['x-amz-decoded-content-length'] ?? headers['content-length'] ?? 0),
    checksum: headers['x-amz-checksum-sha256'] as string | undefined,
  };
  const exists = headers['if-none-match'] === '*' && objects.get(place) !== undefined;
  switch (operation) {
    case 'PutObject':
      if (exists) return refuse(412, 'PreconditionFailed');
      objects.put(place, { ...sent, content: body.length === sent.bytes ? body : undefined });
      return { status: 200, headers: { etag: ETAG } };
    case 'CreateMultipartUpload':
      return document(
        'InitiateMultipartUploadResult',
        `<Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>${objects.begin(place)}</UploadId>`,
      );
    case 'UploadPart':
      if (!objects.addPart(upload, Number(query.get('partNumber')), sent)) return refuse(404, 'NoSuchUpload');
      return { status: 200, headers: { etag: ETAG, 'x-amz-checksum-sha256': sent.checksum } };
    case 'CompleteMultipartUpload':
      if (exists) return refuse(412, 'PreconditionFailed');
      if (!objects.complete(upload)) return refuse(404, 'NoSuchUpload');
      return document('CompleteMultipartUploadResult', `<Bucket>${bucket}</Bucket><Key>${key}</Key><ETag>${ETAG}</ETag>`);
    case 'AbortMultipartUpload':
      objects.abort(upload);
      return { status: 204 };
    case 'ListObjectsV2':
      return document('ListBucketResult', listing(bucket, query.get('prefix') ?? '', objects));
    case 'HeadObject':
    case 'GetObject':
      return read(place, operation === 'HeadObject', headers.range, objects);
    case 'HeadBucket':
    case 'CreateBucket':
      return { status: 200 };
    default:
      return refuse(501, 'NotImplemented');
  }
}

function read(place: string, head: boolean, range: string | undefined, objects: SunkObjects): Answer {
  const object = objects.get(place);
  if (!object) return head ? { status: 404 } : refuse(404, 'NoSuchKey');
  const { bytes, checksum, content } = object;
  const [, first = 0, last = bytes - 1] = /^bytes=(\d+)-(\d+)?$/.exec(range ?? '') ?? [];
  const end = Math.min(Number(last), bytes - 1);
  const length = end - Number(first) + 1;
  const answer = {
    status: range ? 206 : 200,
    headers: {
      etag: ETAG,
      'last-modified': MODIFIED.toUTCString(),
      'content-length': length,
      'content-range': range && `bytes ${first}-${end}/${bytes}`,
      'x-amz-checksum-sha256': checksum,
    },
  };
  if (head) return answer;
  return content ? { ...answer, text: content.subarray(Number(first), end + 1) } : { ...answer, zeros: length };
}

function listing(bucket: string, prefix: string, objects: SunkObjects): string {
  const modified = MODIFIED.toISOString();
  const entries = objects.list(`${bucket}/${prefix}`).map((place) => {
    const key = place.slice(bucket.length + 1);
    const size = objects.get(place)?.bytes;
    return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified><ETag>${ETAG}</ETag><Size>${size}</Size></Contents>`;
  });
  return `<Name>${bucket}</Name><Prefix>${prefix}</Prefix><KeyCount>${entries.length}</KeyCount><IsTruncated>false</IsTruncated>${entries.join('')}`;
}

function document(root: string, content: string): Answer {
  return {
    status: 200,
    text: `<?xml version="1.0" encoding="UTF-8"?><${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
  };
}

function refuse(status: number, code: string): Answer {
  return { status, text: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>` };
}
