import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectVersionsCommand, PutObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordFile } from '../../../local/s3/records.ts';
import type { KeyRecord } from '../../../local/s3/storage.ts';
import { failureOf, startS3 } from './running.ts';

const Bucket = 'bucket';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 's3-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

describe('listing', () => {
  it('goes through 2,500 objects in pages of 1,000', async () => {
    const first = await startS3(root);
    await first.createBucket(Bucket);
    await first.client.send(new PutObjectCommand({ Bucket, Key: 'k00000', Body: 'x' }));
    await first.stop();
    plantKeys(2_500);
    const { client, stop } = await startS3(root);

    const pages = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket })) pages.push(Contents.map(({ Key }) => Key));

    await stop();
    expect(pages.map((page) => page.length)).toEqual([1000, 1000, 500]);
    expect(pages.flat()).toEqual([...new Set(pages.flat())].sort());
  });

  it('of versions misses nothing when the version it stopped at is gone', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket, { versioning: true });
    for (const Body of ['1', '2', '3']) await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body }));

    const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket, KeyMarker: 'k', VersionIdMarker: '0'.repeat(32) }));

    await stop();
    expect(Versions).toHaveLength(3);
  });

  it('is refused with a continuation token that it never gave', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket);

    const pages = paginateListObjectsV2({ client, startingToken: 'not a token' }, { Bucket });
    const failure = await failureOf(pages.next());

    await stop();
    expect(failure).toMatchObject({ name: 'InvalidArgument', status: 400 });
  });
});

/** Adds keys without the cost of making each durable. */
function plantKeys(count: number): void {
  const content = {
    file: 'none',
    size: 1,
    etag: 'e',
    checksum: { algorithm: 'CRC32', type: 'FULL_OBJECT', value: '' },
    headers: {},
  } as const;
  for (let n = 1; n < count; n++) {
    const id = `k${String(n).padStart(5, '0')}`;
    const record: KeyRecord = { id, versions: [{ versionId: 'null', lastModified: new Date(0).toISOString(), content }] };
    writeFileSync(recordFile(join(root, Bucket, 'keys'), id), JSON.stringify(record));
  }
}
