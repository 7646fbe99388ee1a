import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { type Credentials, SignatureError, verifySignature } from '../sigv4.ts';
import { type BucketOptions, makeBucket } from './buckets.ts';
import type { Reply } from './call.ts';
import { codeOfFault, S3Error } from './errors.ts';
import { route } from './router.ts';
import { openStorage } from './storage.ts';
import { writeXml } from './xml.ts';

export interface S3Options {
  /** The directory that holds all buckets. Only one server may use it at a time. */
  readonly root: string;
  readonly credentials: Credentials;
  /** The region that requests must be signed for; us-east-1 when left out. */
  readonly region?: string;
  /** The clock of LastModified and of retention. Signatures are judged by the real one. */
  readonly now?: () => Date;
}

export interface S3 {
  /** Answers one request. Never rejects: failures go to the client, those that nobody foresaw also to stderr. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Makes a bucket; throws BucketAlreadyOwnedByYou when it exists. */
  createBucket(name: string, options?: BucketOptions): Promise<void>;
}

/** A file-backed S3 with the operations that this product calls; it answers 501 NotImplemented to everything else. */
export function createS3({ root, credentials, region = 'us-east-1', now = () => new Date() }: S3Options): S3 {
  const storage = openStorage(root);

  async function answer(request: IncomingMessage): Promise<Reply> {
    const signature = verifySignature(request, credentials, { service: 's3', region });
    const { operation, ...place } = route(request);
    return operation.run({ ...place, request, signature, storage, region, now: now() });
  }

  return {
    createBucket: (name, options = {}) => makeBucket(storage, name, options, now()),
    async handle(request, response) {
      response.setHeader('x-amz-request-id', randomBytes(8).toString('hex').toUpperCase());
      try {
        await send(request, response, await answer(request));
      } catch (cause) {
        // Once the client has gone, or holds half an answer, a broken connection is all that can still be said.
        if (response.headersSent && !request.socket.destroyed) console.error(`${request.method} ${request.url}:`, cause);
        if (response.headersSent || request.socket.destroyed) response.destroy();
        else await send(request, response, refusal(request, cause));
      }
    },
  };
}

function refusal(request: IncomingMessage, cause: unknown): Reply {
  const error = cause instanceof SignatureError ? new S3Error(codeOfFault[cause.fault], cause.message) : cause;
  const known = error instanceof S3Error ? error : new S3Error('InternalError', String(error));
  if (known.code === 'InternalError') console.error(`${request.method} ${request.url}:`, cause);
  return {
    status: known.status,
    headers: known.headers,
    xml: [
      'Error',
      [
        ['Code', known.code],
        ['Message', known.message],
        ['Resource', request.url],
      ],
    ],
  };
}

async function send(request: IncomingMessage, response: ServerResponse, { status, headers = {}, xml, file }: Reply): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  if (file) {
    const { handle, start, length } = file;
    // The stream closes the handle; a stretch of no bytes cannot be said with `end`, which is inclusive.
    if (length > 0) return pipeline(handle.createReadStream({ start, end: start + length - 1 }), response);
    await handle.close();
  }
  const document = xml && Buffer.from(writeXml(xml));
  if (document) response.setHeader('content-type', 'application/xml').setHeader('content-length', document.length);
  else if (status !== 204 && !response.hasHeader('content-length')) response.setHeader('content-length', 0);
  response.end(request.method === 'HEAD' ? undefined : document);
}
