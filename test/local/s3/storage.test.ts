import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { objectFile } from '../../../local/s3/storage.ts';
import { clientOf, failureOf, startS3 } from './running.ts';

const Bucket = 'bucket';
const data = () => join(root, Bucket, 'data');
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 's3-'));
});

afterEach(async () => {
  await rm(root, { recursive: true });
});

describe('a storage', () => {
  it('lets exactly one of 50 writers create a key with If-None-Match', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket);

    const results = await Promise.allSettled(
      Array.from({ length: 50 }, (_, n) => client.send(new PutObjectCommand({ Bucket, Key: 'lease', Body: `${n}`, IfNoneMatch: '*' }))),
    );

    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    const losers = results.filter((result) => result.status === 'rejected' && result.reason.name === 'PreconditionFailed');
    expect(losers).toHaveLength(49);
    expect(await textOf(client, 'lease')).toBe(`${winner}`);
    expect(await readdir(data())).toHaveLength(1);
    await stop();
  });

  it('gives every reader the whole of one content while writers replace it', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket);
    const write = (letter: string) => client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: letter.repeat(200_000) }));
    await write('a');

    const reads = [...'bcdefghijk'].flatMap((letter) => [write(letter).then(() => 'x'), textOf(client, 'k'), textOf(client, 'k')]);
    const texts = await Promise.all(reads);

    const kinds = texts.filter((text) => text !== 'x').map((text) => `${text.length}:${new Set(text).size}`);
    expect(kinds).toEqual(Array(20).fill('200000:1'));
    await stop();
  });

  it('keeps the old object and nothing else when it is killed in the middle of a write', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const client = clientOf(String(await once(createInterface({ input: child.stdout }), 'line')));
    await client.send(new CreateBucketCommand({ Bucket }));
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'old' }));
    const endless = Readable.from(neverEnding());
    const write = failureOf(client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: endless, ContentLength: 2 ** 30 })));
    await until(async () => (await sizesOf(data())).some((size) => size > 100_000));

    child.kill('SIGKILL');
    await once(child, 'exit');
    const found = await sizesOf(data());
    const restarted = await startS3(root);

    const text = await textOf(restarted.client, 'k');
    endless.destroy();
    await write;
    await restarted.stop();
    expect(found).toHaveLength(2);
    expect(text).toBe('old');
    expect(await sizesOf(data())).toEqual([3]);
  });

  it('finds versions, uploads and parts again after a restart', async () => {
    const first = await startS3(root);
    await first.createBucket(Bucket, { versioning: true });
    const target = { Bucket, Key: 'a/ö=1' };
    await first.client.send(new PutObjectCommand({ ...target, Body: '1', Metadata: { m: 'v' } }));
    await first.client.send(new PutObjectCommand({ ...target, Body: '2' }));
    const { UploadId } = await first.client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
    const body = { Body: 'part', ContentMD5: createHash('md5').update('part').digest('base64') };
    await first.client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, ...body }));
    const before = await contentsOf(first.client);
    await first.stop();

    const second = await startS3(root);

    const after = await contentsOf(second.client);
    await second.stop();
    expect(after).toEqual(before);
    expect([after.versions?.length, after.parts?.length]).toEqual([2, 1]);
  });

  it('leaves no data behind for what is replaced, refused or aborted', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket);
    const target = { Bucket, Key: 'k' };
    await client.send(new PutObjectCommand({ ...target, Body: 'first' }));
    await client.send(new PutObjectCommand({ ...target, Body: 'second' }));
    await failureOf(client.send(new PutObjectCommand({ ...target, Body: 'third', ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
    await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: 'part' }));

    await client.send(new AbortMultipartUploadCommand({ ...target, UploadId }));

    await stop();
    expect(await sizesOf(data())).toEqual(['second'.length]);
  });

  it('serves a byte that was flipped in the data file, with the checksum of what was stored', async () => {
    const { client, createBucket, stop } = await startS3(root);
    await createBucket(Bucket);
    await client.send(new PutObjectCommand({ Bucket, Key: 'backups/é', Body: 'abc' }));
    const path = await objectFile(root, Bucket, 'backups/é');

    await writeFile(path, Buffer.from('abd'));

    const failure = await failureOf(textOf(client, 'backups/é'));
    await stop();
    expect(failure.message).toMatch(/checksum/i);
  });

  it('refuses to serve a data file that lost its end', async () => {
    const { client, createBucket, stop } = await startS3(root);
    const spoken = vi.spyOn(console, 'error').mockImplementation(() => {});
    await createBucket(Bucket);
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'abc' }));

    await truncate(await objectFile(root, Bucket, 'k'), 2);

    const failure = await failureOf(textOf(client, 'k'));
    await stop();
    expect(failure).toMatchObject({ name: 'InternalError', status: 500 });
    expect(spoken).toHaveBeenCalledOnce();
    spoken.mockRestore();
  });
});

async function contentsOf(client: S3Client) {
  const { Versions } = await client.send(new ListObjectVersionsCommand({ Bucket }));
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
  const [{ Key, UploadId } = {}] = Uploads;
  const { Parts } = await client.send(new ListPartsCommand({ Bucket, Key, UploadId }));
  return { versions: Versions, uploads: Uploads, parts: Parts, text: await textOf(client, 'a/ö=1') };
}

async function sizesOf(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(20);
}

async function* neverEnding(): AsyncGenerator<Buffer> {
  yield Buffer.alloc(500_000, 'new');
  await setTimeout(60_000, undefined, { ref: false });
}

async function textOf(client: S3Client, Key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return (await Body?.transformToString()) ?? '';
}
