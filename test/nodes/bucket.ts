import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createS3 } from '../../local/s3/server.ts';

const credentials = { accessKeyId: 'AKIALOCAL', secretAccessKey: 'local-secret' };
const region = 'eu-north-1';

/** A request that the S3 has answered with success. */
export interface Answered {
  /** `PUT`; of a part `PUT 7`. */
  readonly call: string;
  readonly key: string;
  /** Of its body. */
  readonly bytes: number;
}

/** Looks at a request before the S3 does; answers it itself and says so, or lets it pass. */
export type Interference = (request: IncomingMessage, response: ServerResponse) => boolean | undefined;

/** The S3 of one test file, for node scripts; each test has buckets of its own there. */
export async function startBuckets(root: string) {
  const s3 = createS3({ root, credentials, region });
  const interferences = new Map<string, Interference>();
  const answered = new Map<string, Answered[]>();
  const server = createServer((request, response) => {
    const { bucket, key, query } = place(request);
    if (interferences.get(bucket)?.(request, response)) return;
    response.on('finish', () => {
      const call = [request.method, query.get('partNumber')].filter(Boolean).join(' ');
      if (response.statusCode < 300)
        answered.get(bucket)?.push({ call, key, bytes: request.method === 'PUT' ? Number(request.headers['content-length']) : 0 });
    });
    void s3.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ endpoint, credentials, region, forcePathStyle: true, maxAttempts: 1 });
  let made = 0;

  return {
    endpoint,
    /** A new bucket, with what a node needs to use it. */
    async givenBucket() {
      made += 1;
      const name = `practice-${made}`;
      await s3.createBucket(name);
      answered.set(name, []);
      const Bucket = name;
      const list = async () => (await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? [];
      return {
        name,
        environment: {
          AWS_ENDPOINT_URL: endpoint,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
        answered: () => answered.get(name) ?? [],
        interfere: (interference: Interference) => void interferences.set(name, interference),
        letPass: () => interferences.delete(name),
        put: (Key: string, Body: string | Uint8Array) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
        keys: async () => (await list()).map(({ Key }) => Key as string),
        async get(Key: string): Promise<{ bytes: Uint8Array; checksum: string | undefined }> {
          const { Body, ChecksumSHA256 } = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
          return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), checksum: ChecksumSHA256 };
        },
        /** The keys of unfinished uploads. */
        async uploads(): Promise<string[]> {
          return ((await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).map(({ Key }) => Key as string);
        },
        client,
      };
    },
    async stop() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type Bucket = Awaited<ReturnType<Awaited<ReturnType<typeof startBuckets>>['givenBucket']>>;

/** Whether a request is of a kind: its method, then a word of its query. */
export function isCall(request: IncomingMessage, method: string, word = ''): boolean {
  return request.method === method && place(request).query.toString().includes(word);
}

/** Answers as S3 does when it refuses. */
export function refuse(response: ServerResponse, status: number, code: string): true {
  response.writeHead(status).end(`<Error><Code>${code}</Code><Message>as told</Message></Error>`);
  return true;
}

/** Lets the S3 do its work, and cuts the connection in the place of its answer. */
export function loseAnswer(request: IncomingMessage, response: ServerResponse): void {
  response.end = () => {
    request.socket.destroy();
    return response;
  };
}

function place({ url = '' }: IncomingMessage) {
  const { pathname, searchParams: query } = new URL(url, 'http://s3');
  const [, bucket = '', ...key] = pathname.split('/').map(decodeURIComponent);
  return { bucket, key: key.join('/'), query };
}
