import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { VerifiedSignature } from '../sigv4.ts';
import { type Algorithm, algorithms, DEFAULT_ALGORITHM, headerOf, startChecksum } from './checksums.ts';
import { decodeChunks } from './chunked.ts';
import { S3Error } from './errors.ts';

const LARGEST_UPLOAD = 5 * 2 ** 30;
const LARGEST_DOCUMENT = 4 * 2 ** 20;

/** A body that arrived whole and agrees with everything that the client said about it. */
export interface Received {
  /** Bytes of the content, without chunk framing. */
  readonly size: number;
  /** Hexadecimal. */
  readonly md5: string;
  /** Base64; of the algorithm that the client used, else of the fallback. */
  readonly checksum: { readonly algorithm: Algorithm; readonly value: string };
}

/** A request whose signature was checked, and what it said about its body. */
export interface SignedBody {
  readonly request: IncomingMessage;
  readonly signature: VerifiedSignature;
}

/** The algorithm of the checksum that comes with the request, in its headers or in its trailer. */
export function declaredAlgorithm(request: IncomingMessage): Algorithm | undefined {
  const trailer = request.headers['x-amz-trailer'];
  const found = algorithms.filter((algorithm) => request.headers[headerOf(algorithm)] !== undefined || trailer === headerOf(algorithm));
  if (trailer !== undefined && !found.some((algorithm) => trailer === headerOf(algorithm))) {
    throw new S3Error('NotImplemented', `The trailer ${trailer} is not implemented.`);
  }
  if (found.length > 1) throw new S3Error('InvalidRequest', 'Expecting a single x-amz-checksum- header.');
  const announced = request.headers['x-amz-sdk-checksum-algorithm'];
  if (announced !== undefined && announced !== found[0]) {
    throw new S3Error('InvalidRequest', `x-amz-sdk-checksum-algorithm is ${announced}, but no checksum of that kind was sent.`);
  }
  return found[0];
}

/** How to take the checksum in the headers of a request. */
export interface ChecksumUse {
  /** False when it speaks about something else than this body. */
  readonly ofBody?: boolean;
  /** Computed when the client sends none. */
  readonly fallback?: Algorithm;
}

/** Streams the content of a body into `sink` and checks length, MD5, checksum, sha256 and chunk signatures. */
export async function receiveBody(
  { request, signature }: SignedBody,
  sink: (chunk: Buffer) => Promise<void>,
  { ofBody = true, fallback = DEFAULT_ALGORITHM }: ChecksumUse = {},
): Promise<Received> {
  const algorithm = ofBody ? declaredAlgorithm(request) : undefined;
  const trailers = request.headers['x-amz-trailer'] === undefined ? undefined : new Map<string, string>();
  const expectedSize = announcedSize(request, signature.payload);
  const [md5, sha256, checksum] = [createHash('md5'), createHash('sha256'), startChecksum(algorithm ?? fallback)];
  const hashed = !isUnhashed(signature.payload);

  let size = 0;
  for await (const chunk of contentOf(request, signature, trailers)) {
    size += chunk.length;
    if (size > expectedSize) break;
    md5.update(chunk);
    if (hashed) sha256.update(chunk);
    checksum.update(chunk);
    await sink(chunk);
  }

  if (size !== expectedSize)
    throw new S3Error('IncompleteBody', `The content does not have the ${expectedSize} bytes that were announced.`);
  if (hashed && sha256.digest('hex') !== signature.payload) {
    throw new S3Error('XAmzContentSHA256Mismatch', 'x-amz-content-sha256 is not the sha256 of the content.');
  }
  const md5Digest = md5.digest();
  checkMd5(request, md5Digest);
  const value = checksum.digest().toString('base64');
  if (algorithm) checkChecksum(algorithm, value, request.headers[headerOf(algorithm)] ?? trailers?.get(headerOf(algorithm)));
  return { size, md5: md5Digest.toString('hex'), checksum: { algorithm: algorithm ?? fallback, value } };
}

/** Reads a small XML body, checked like any other. */
export async function receiveText(body: SignedBody, use?: ChecksumUse): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const sink = async (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_DOCUMENT) throw new S3Error('MalformedXML', 'The document is too long.');
    chunks.push(chunk);
  };
  await receiveBody(body, sink, use);
  return Buffer.concat(chunks).toString('utf8');
}

function announcedSize(request: IncomingMessage, payload: string): number {
  const header = payload.startsWith('STREAMING-') ? 'x-amz-decoded-content-length' : 'content-length';
  const text = request.headers[header] ?? (request.headers['transfer-encoding'] === undefined ? '0' : undefined);
  if (typeof text !== 'string' || !/^\d{1,15}$/.test(text)) throw new S3Error('MissingContentLength', `The header ${header} is missing.`);
  if (Number(text) > LARGEST_UPLOAD)
    throw new S3Error('EntityTooLarge', 'One upload holds at most 5 GiB; larger objects need several parts.');
  return Number(text);
}

function isUnhashed(payload: string): boolean {
  return payload === 'UNSIGNED-PAYLOAD' || payload.startsWith('STREAMING-');
}

function contentOf(request: IncomingMessage, signature: VerifiedSignature, trailers: Map<string, string> | undefined) {
  // The default iterator would close the connection when a refusal ends the loop early: the client would never see why.
  const source = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  const signed = { 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD': false, 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER': true }[signature.payload];
  if (signed !== undefined && signed === (trailers !== undefined)) return decodeChunks(source, signature, trailers);
  if (signature.payload === 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' && trailers) return decodeChunks(source, undefined, trailers);
  if (trailers || !/^([0-9a-f]{64}|UNSIGNED-PAYLOAD)$/.test(signature.payload)) {
    throw new S3Error('InvalidRequest', `x-amz-content-sha256 ${signature.payload} does not fit the other headers of the body.`);
  }
  return source;
}

function checkMd5(request: IncomingMessage, actual: Buffer): void {
  const given = request.headers['content-md5'];
  if (given === undefined) return;
  if (typeof given !== 'string' || !isBase64(given, 16)) throw new S3Error('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (given !== actual.toString('base64')) throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what was received.');
}

function checkChecksum(algorithm: Algorithm, actual: string, given: string | string[] | undefined): void {
  if (typeof given !== 'string' || !isBase64(given, Buffer.from(actual, 'base64').length)) {
    throw new S3Error('InvalidRequest', `Value for ${headerOf(algorithm)} is invalid.`);
  }
  if (given !== actual) throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
}

function isBase64(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
}
