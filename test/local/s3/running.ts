import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { createS3, type S3Options } from '../../../local/s3/server.ts';

export const credentials = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'local-secret' };

/** Starts an HTTP server with nothing but the S3 on a free port. */
export async function startS3(root: string, options: Partial<S3Options> = {}) {
  const s3 = createS3({ root, credentials, ...options });
  const server = createServer((request, response) => void s3.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...s3,
    endpoint,
    client: clientOf(endpoint),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An SDK client that tries everything only once. */
export function clientOf(endpoint: string, configuration: S3ClientConfig = {}): S3Client {
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1, ...configuration });
}

/** The error of a call that must fail: its name, its status and the text of its message. */
export async function failureOf(call: Promise<unknown>): Promise<{ name: string; status: number | undefined; message: string }> {
  const cause = await call.then(
    () => {
      throw new Error('The call succeeded.');
    },
    (error: Error & { $metadata?: { httpStatusCode?: number } }) => error,
  );
  return { name: cause.name, status: cause.$metadata?.httpStatusCode, message: cause.message };
}
