import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordFile } from '../../../local/s3/records.ts';
import { createS3 } from '../../../local/s3/server.ts';
import type { KeyRecord, Version } from '../../../local/s3/storage.ts';
import { layout } from '../../../model/layout.ts';
import type { S3Survey } from '../../../model/rewind.ts';
import { BACKUP_ID, CLUSTER } from '../../fixtures/backup.ts';
import { executionArn } from '../../fixtures/execution.ts';
import { second } from '../../fixtures/versioned-bucket.ts';
import { clientOf, credentials } from '../../local/s3/running.ts';
import { EXECUTION, sealed, surveyInput } from '../survey-blocks/given.ts';

const REGION = 'eu-north-1';
/** How many objects have which history, oldest first: 12,000 in all, of which few are deleted for good, since that takes time. */
const histories = {
  present: { objects: 4000, events: [['put', 10]] },
  deleted: {
    objects: 1000,
    events: [
      ['put', 10],
      ['remove', 3000],
    ],
  },
  deletedTwice: {
    objects: 500,
    events: [
      ['put', 10],
      ['remove', 3000],
      ['remove', 3000],
    ],
  },
  deletedBefore: {
    objects: 2000,
    events: [
      ['put', 10],
      ['remove', 20],
    ],
  },
  createdSince: {
    objects: 2500,
    events: [
      ['put', 3000],
      ['remove', 4000],
    ],
  },
  overwritten: {
    objects: 2000,
    events: [
      ['put', 10],
      ['put', 3000],
    ],
  },
} as const;
type Name = keyof typeof histories;

const keysOf = (name: Name) =>
  Array.from({ length: histories[name].objects }, (_, number) => `hops/set-${number % 7}/blk_${number}_${name}.data`);
const ODD = `hops/odd keys/a b+c&<>"'%2F\\é\u{1f600}\n.data`;
const OUTSIDE = 'elsewhere/blk_1_1001.data';

let root: string;
let client: S3Client;
let now = second(0);
/** The answer to a request instead of the bucket's: a status and a body. */
let instead: (request: IncomingMessage) => readonly [number, string] | undefined = () => undefined;
let stop: () => Promise<unknown>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rewind-'));
  const options = { root, credentials, region: REGION, now: () => now };
  await createS3(options).createBucket('blocks', { versioning: true });
  for (const name of Object.keys(histories) as Name[]) for (const key of keysOf(name)) plant(key, histories[name].events);
  const s3 = createS3(options);
  await s3.createBucket('backups', { versioning: true });
  const server = createServer((request, response) => {
    const answer = instead(request);
    if (answer) request.resume().on('end', () => response.writeHead(answer[0]).end(answer[1]));
    else void s3.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = clientOf(endpoint, { region: REGION });
  stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.stubEnv('AWS_REGION', REGION);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('CLUSTER', CLUSTER);
  vi.stubEnv('BUCKET', 'backups');
  vi.stubEnv('BLOCK_BUCKET', JSON.stringify({ storage: 's3', bucket: 'blocks', prefix: 'hops/' }));
  await client.send(new PutObjectCommand({ Bucket: 'backups', Key: layout.manifest(CLUSTER, BACKUP_ID), Body: JSON.stringify(sealed) }));
  for (const Key of [ODD, OUTSIDE]) {
    now = second(10);
    await client.send(new PutObjectCommand({ Bucket: 'blocks', Key, Body: Key }));
    now = second(3000);
    await client.send(new DeleteObjectCommand({ Bucket: 'blocks', Key }));
  }
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await stop();
  await rm(root, { recursive: true });
});

/** Writes an object's history at once, without the cost of making each version durable. */
function plant(key: string, events: readonly (readonly ['put' | 'remove', number])[]): void {
  const content = {
    file: 'none',
    size: 5,
    etag: 'e',
    checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: '' },
    headers: {},
  } as const;
  const versions = events.map(
    ([kind, at], index): Version => ({
      versionId: String(index).padStart(32, '0'),
      lastModified: second(at).toISOString(),
      ...(kind === 'put' && { content }),
    }),
  );
  const record: KeyRecord = { id: key, versions: versions.reverse() };
  writeFileSync(recordFile(join(root, 'blocks', 'keys'), key), JSON.stringify(record));
}

async function current(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: 'blocks' }))
    keys.push(...Contents.map(({ Key = '' }) => Key));
  return keys.sort();
}

describe('12,000 blocks on S3', () => {
  const slowDown = [503, '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'] as const;
  const denied = [403, '<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>'] as const;
  /** Every fifth request of all that are for the blocks. */
  const everyFifth = () => {
    let requests = 0;
    return ({ url = '' }: IncomingMessage) => (url.startsWith('/blocks') && ++requests % 5 === 0 ? slowDown : undefined);
  };
  const rewind = async () => {
    const { handler } = await import('../../../lambdas/rewind-block-bucket/handler.ts');
    const plan = { prefix: layout.restore(CLUSTER, EXECUTION), executionId: EXECUTION };
    return handler({ execution: executionArn('restore', EXECUTION), plan, page: 0 });
  };
  const there = [...keysOf('present'), ...keysOf('overwritten')];

  it('are surveyed while S3 asks to slow down', async () => {
    const { handler } = await import('../../../lambdas/survey-blocks/handler.ts');
    instead = everyFifth();

    const survey = (await handler(surveyInput())) as S3Survey;

    instead = () => undefined;
    const returnable = { objects: 1501, bytes: 5 * 1500 + Buffer.byteLength(ODD) };
    expect(survey).toMatchObject({ done: true, pages: 1, present: 4000, returnable, overwritten: 2000, lost: 0 });
    expect(await current()).toEqual(there.sort());
  });

  it('come back in part when the rewind is cut off', async () => {
    let deletions = 0;
    instead = ({ url = '', method }) => (method === 'POST' && url.startsWith('/blocks') && ++deletions === 2 ? denied : undefined);

    await expect(rewind()).rejects.toMatchObject({ name: 'RewindFailed' });

    const back = (await current()).length - there.length;
    expect(back).toBeGreaterThan(500);
    expect(back).toBeLessThan(1000);
  });

  it('come back all, and nothing else, when it is repeated while S3 asks to slow down', async () => {
    instead = everyFifth();

    const rewound = await rewind();

    instead = () => undefined;
    expect(rewound.gone).toBe(0);
    expect(await current()).toEqual([...there, ...keysOf('deleted'), ...keysOf('deletedTwice'), ODD].sort());
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'blocks', Key: ODD }));
    expect(await Body?.transformToString()).toBe(ODD);
  });

  it('are left alone by a rewind after that', async () => {
    instead = ({ method }) => (method === 'POST' ? denied : undefined);

    expect(await rewind()).toMatchObject({ returned: { objects: 0, bytes: 0 }, gone: 0 });
  });
});
