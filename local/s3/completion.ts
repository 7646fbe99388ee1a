import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { declaredAlgorithm, receiveText } from './body.ts';
import { bucketOf, type Call, header, type Reply } from './call.ts';
import { type Checksum, compositeChecksum, elementOf, headerOf, startChecksum } from './checksums.ts';
import { S3Error } from './errors.ts';
import { type Sink, storeData } from './files.ts';
import { commitVersion, encryptionHeaders } from './objects.ts';
import type { Bucket, Part, UploadRecord } from './storage.ts';
import { uploadOf } from './uploads.ts';
import { unquoted } from './versions.ts';
import { malformed, type ReadElement, readFields, readXml } from './xml.ts';

const LEAST_PART = 5 * 2 ** 20;

/** CompleteMultipartUpload: joins the parts into one file and makes it the current version, or leaves the upload as it was. */
export async function completeMultipartUpload(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  // The checksum in the headers of this request speaks about the object, not about the list of parts in its body.
  const list = readXml(await receiveText(call, { ofBody: false }), 'CompleteMultipartUpload');
  return bucket.uploads.update(call.query.get('uploadId') as string, async (current) => {
    const upload = uploadOf(call, current);
    const parts = chooseParts(upload, list);
    const reply = await storeData(
      bucket.dataDirectory,
      (sink) => joinParts(bucket, upload, parts, sink),
      async (file, checksum) => {
        const size = parts.reduce((sum, part) => sum + part.size, 0);
        checkClaims(call, size, checksum);
        const content = { file, size, etag: etagOf(parts), checksum, headers: upload.headers };
        const version = await commitVersion(call, bucket, content, upload.lock);
        return replyOf(call, content, version);
      },
    );
    return [undefined, reply];
  });
}

function chooseParts(upload: UploadRecord, list: ReadElement): Part[] {
  const element = elementOf(upload.algorithm);
  let previous = 0;
  const parts = list.children.map((child) => {
    if (child.name !== 'Part') throw malformed();
    const { PartNumber, ETag, [element]: checksum } = readFields(child, ['PartNumber', 'ETag', element]);
    if (!PartNumber || !/^\d{1,5}$/.test(PartNumber) || !ETag) throw malformed();
    const number = Number(PartNumber);
    if (number <= previous) throw new S3Error('InvalidPartOrder', 'The list of parts was not in ascending order.');
    previous = number;
    const part = upload.parts[number];
    if (part?.etag !== unquoted(ETag) || (checksum !== undefined && checksum !== part.checksum)) {
      throw new S3Error('InvalidPart', `Part ${number} was not uploaded, or its ETag or checksum is another.`);
    }
    if (checksum === undefined && upload.checksumType === 'COMPOSITE') {
      throw new S3Error(
        'InvalidRequest',
        `The upload was created using a ${upload.algorithm} checksum, which is missing for part ${number}.`,
      );
    }
    return part;
  });
  if (parts.length === 0) throw malformed();
  const small = parts.slice(0, -1).findIndex(({ size }) => size < LEAST_PART);
  if (small >= 0) throw new S3Error('EntityTooSmall', `Part ${small + 1} of the list is smaller than ${LEAST_PART} bytes.`);
  return parts;
}

async function joinParts(bucket: Bucket, upload: UploadRecord, parts: readonly Part[], sink: Sink): Promise<Checksum> {
  const running = startChecksum(upload.algorithm);
  for (const part of parts) {
    const md5 = createHash('md5');
    for await (const chunk of createReadStream(join(bucket.dataDirectory, part.file), { highWaterMark: 2 ** 18 })) {
      md5.update(chunk);
      running.update(chunk);
      await sink(chunk);
    }
    if (md5.digest('hex') !== part.etag) throw new S3Error('InternalError', `The data file ${part.file} of a part was damaged.`);
  }
  if (upload.checksumType === 'FULL_OBJECT') {
    return { algorithm: upload.algorithm, type: 'FULL_OBJECT', value: running.digest().toString('base64') };
  }
  return compositeChecksum(
    upload.algorithm,
    parts.map(({ checksum }) => checksum),
  );
}

function checkClaims(call: Call, size: number, { algorithm, type, value }: Checksum): void {
  const claimedType = header(call, 'x-amz-checksum-type');
  const claimedAlgorithm = declaredAlgorithm(call.request);
  if ((claimedType ?? type) !== type || (claimedAlgorithm ?? algorithm) !== algorithm) {
    throw new S3Error('InvalidRequest', `The upload was created with a ${type} checksum of ${algorithm}; its completion names another.`);
  }
  const claimed = header(call, headerOf(algorithm));
  if (claimed !== undefined && claimed !== value) {
    throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
  const claimedSize = header(call, 'x-amz-mp-object-size');
  if (claimedSize !== undefined && claimedSize !== String(size)) {
    throw new S3Error('InvalidRequest', `x-amz-mp-object-size is ${claimedSize}, but the parts hold ${size} bytes.`);
  }
}

function etagOf(parts: readonly Part[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(Buffer.from(etag, 'hex'));
  return `${md5.digest('hex')}-${parts.length}`;
}

function replyOf(
  call: Call,
  { etag, checksum, headers }: { etag: string; checksum: Checksum; headers: UploadRecord['headers'] },
  version: object,
) {
  return {
    status: 200,
    headers: { ...version, ...encryptionHeaders(headers) },
    xml: [
      'CompleteMultipartUploadResult',
      [
        ['Location', `http://${call.request.headers.host}/${call.bucketName}/${encodeURIComponent(call.key)}`],
        ['Bucket', call.bucketName],
        ['Key', call.key],
        ['ETag', `"${etag}"`],
        [elementOf(checksum.algorithm), checksum.value],
        ['ChecksumType', checksum.type],
      ],
    ],
  } satisfies Reply;
}
