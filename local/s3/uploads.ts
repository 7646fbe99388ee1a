import { randomBytes } from 'node:crypto';
import { declaredAlgorithm, receiveBody } from './body.ts';
import { bucketOf, type Call, header, numberOf, oneOf, type Reply } from './call.ts';
import { algorithms, checksumHeaders, DEFAULT_ALGORITHM } from './checksums.ts';
import { S3Error } from './errors.ts';
import { storeData } from './files.ts';
import { encryptionHeaders, storedHeaders } from './objects.ts';
import { lockOf, requireDigest } from './retention.ts';
import type { UploadRecord } from './storage.ts';

/** CreateMultipartUpload; the checksum of the parts is fixed here. */
export async function createMultipartUpload(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const declared = oneOf('x-amz-checksum-algorithm', header(call, 'x-amz-checksum-algorithm'), algorithms);
  const algorithm = declared ?? DEFAULT_ALGORITHM;
  const type = oneOf('x-amz-checksum-type', header(call, 'x-amz-checksum-type'), ['COMPOSITE', 'FULL_OBJECT']);
  const checksumType = type ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const impossible = checksumType === 'COMPOSITE' ? algorithm === 'CRC64NVME' : algorithm.startsWith('SHA');
  if (impossible || (type && !declared)) {
    throw new S3Error(
      'InvalidRequest',
      `The ${checksumType} checksum type cannot be used with the checksum algorithm ${declared ?? 'null'}.`,
    );
  }
  const lock = lockOf(call, bucket);
  const upload: UploadRecord = {
    id: randomBytes(24).toString('hex'),
    key: call.key,
    initiated: call.now.toISOString(),
    declared: declared !== undefined,
    algorithm,
    checksumType,
    headers: storedHeaders(call),
    ...(lock ? { lock } : {}),
    parts: {},
  };
  await bucket.uploads.update(upload.id, () => [upload, undefined]);
  return {
    status: 200,
    headers: {
      ...(declared ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': checksumType } : {}),
      ...encryptionHeaders(upload.headers),
    },
    xml: [
      'InitiateMultipartUploadResult',
      [
        ['Bucket', bucket.name],
        ['Key', call.key],
        ['UploadId', upload.id],
      ],
    ],
  };
}

/** UploadPart: replaces a part of the same number. */
export async function uploadPart(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const partNumber = numberOf(call, 'partNumber', { least: 1, most: 10_000 });
  const upload = uploadOf(call, bucket.uploads.get(call.query.get('uploadId') as string));
  const algorithm = declaredAlgorithm(call.request);
  checkAlgorithm(upload, algorithm);
  requireDigest(call, upload.lock, algorithm);
  return storeData(
    bucket.dataDirectory,
    (sink) => receiveBody(call, sink, { fallback: upload.algorithm }),
    async (file, { size, md5, checksum }) => {
      const part = { file, size, etag: md5, lastModified: call.now.toISOString(), checksum: checksum.value };
      await bucket.uploads.update(upload.id, (old) => {
        const current = uploadOf(call, old);
        return [{ ...current, parts: { ...current.parts, [partNumber]: part } }, undefined];
      });
      const { 'x-amz-checksum-type': _, ...reported } = checksumHeaders({ ...checksum, type: 'FULL_OBJECT' });
      return { status: 200, headers: { etag: `"${md5}"`, ...(algorithm ? reported : {}), ...encryptionHeaders(upload.headers) } };
    },
  );
}

/** AbortMultipartUpload: removes the parts. */
export async function abortMultipartUpload(call: Call): Promise<Reply> {
  await bucketOf(call).uploads.update(call.query.get('uploadId') as string, (upload) => {
    uploadOf(call, upload);
    return [undefined, undefined];
  });
  return { status: 204 };
}

/** The upload that the call names, when it exists and is one of the call's key. */
export function uploadOf(call: Call, upload: UploadRecord | undefined): UploadRecord {
  if (upload?.key !== call.key) throw new S3Error('NoSuchUpload', 'The upload does not exist; it may have been aborted or completed.');
  return upload;
}

// Only the checksums of whole objects can do without those of the parts, because the server has the content of all of them.
function checkAlgorithm(upload: UploadRecord, sent: string | undefined): void {
  const expected = upload.declared ? upload.algorithm : undefined;
  if (sent === expected || (sent === undefined && upload.checksumType === 'FULL_OBJECT')) return;
  throw new S3Error(
    'InvalidRequest',
    `Checksum Type mismatch occurred, expected checksum Type: ${expected ?? 'null'}, actual: ${sent ?? 'null'}.`,
  );
}
