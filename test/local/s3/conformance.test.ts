import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketCases } from './cases/buckets.ts';
import { buckets, type Cases } from './cases/cases.ts';
import { lifecycleCases } from './cases/lifecycle.ts';
import { listingCases } from './cases/listing.ts';
import { objectCases } from './cases/objects.ts';
import { uploadCases } from './cases/uploads.ts';
import { versionCases } from './cases/versions.ts';
import { clientOf, startS3 } from './running.ts';

const cases: Cases = { ...bucketCases, ...lifecycleCases, ...objectCases, ...versionCases, ...listingCases, ...uploadCases };

/** Cases in which moto_server is known to behave differently from S3, and how. */
const deviationsOfMoto: Readonly<Record<string, string>> = {
  'refuses a body that its checksum does not describe': 'it stores what it is told, without comparing',
  'refuses a body that its MD5 does not describe': 'it stores what it is told, without comparing',
  'hides a deleted object behind a marker and keeps its version': 'it answers 404 NoSuchVersion when the version of a marker is read',
  'brings an object back when its delete marker is deleted': 'it does not say that what it deleted was a marker',
  'keeps only the versions of before while versioning is suspended': 'it overwrites the newest of them',
  'gives a rule without an ID one': 'it leaves it without',
  'joins parts into an object with a composite SHA-256': 'it leaves out the number of parts behind the checksum',
  'tells whether a checksum covers the object or its parts': 'it does not know checksum types',
  'lists the parts of an upload with their checksums, over pages': 'it leaves checksums out',
  'joins parts into an object with a CRC64NVME of the whole': 'it does not know checksum types',
  'refuses to complete parts that are out of order': 'it takes them in any order',
  'keeps a retained version until its retention is lifted': 'it answers GetObjectRetention with the content of the object',
  'tells a legal hold, and of a version or a bucket that knows none by which error': 'it refuses nobody who asks where there is none',
  'never lifts a COMPLIANCE retention': 'it lets the time be shortened',
};

const motoIsInstalled = spawnSync('moto_server', ['--help']).status === 0;
if (!motoIsInstalled) console.warn('moto_server is NOT installed: the S3 conformance suite runs against local/s3 only.');

describe('local/s3', () => {
  let root: string;
  let server: Awaited<ReturnType<typeof startS3>>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 's3-'));
    server = await startS3(root);
    await createBuckets(server.client);
  });

  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true });
  });

  it.each(Object.entries(cases))('%s', async (_, run) => {
    await run(server.client);
  });
});

describe.runIf(motoIsInstalled)('moto_server', () => {
  let moto: ChildProcess;
  let client: S3Client;

  beforeAll(async () => {
    moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
    client = clientOf(await addressOf(moto));
    await createBuckets(client);
  }, 30_000);

  afterAll(async () => {
    const gone = new Promise((resolve) => moto.once('exit', resolve));
    moto.kill();
    await gone;
  });

  it('is said to deviate only in cases that exist', () => {
    expect(Object.keys(cases)).toEqual(expect.arrayContaining(Object.keys(deviationsOfMoto)));
  });

  it.each(Object.entries(cases).filter(([title]) => !(title in deviationsOfMoto)))('%s', async (_, run) => {
    await run(client);
  });

  it.each(Object.entries(cases).filter(([title]) => title in deviationsOfMoto))('deviates: %s', async (_, run) => {
    await expect(run(client)).rejects.toThrow();
  });
});

async function createBuckets(client: S3Client): Promise<void> {
  await client.send(new CreateBucketCommand({ Bucket: buckets.plain }));
  await client.send(new CreateBucketCommand({ Bucket: buckets.versioned }));
  await client.send(new PutBucketVersioningCommand({ Bucket: buckets.versioned, VersioningConfiguration: { Status: 'Enabled' } }));
  await client.send(new CreateBucketCommand({ Bucket: buckets.locked, ObjectLockEnabledForBucket: true }));
}

async function addressOf(moto: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: moto.stderr as NodeJS.ReadableStream })) {
    const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (address) {
      moto.stderr?.resume();
      return address;
    }
  }
  throw new Error('moto_server ended without saying where it listens.');
}
