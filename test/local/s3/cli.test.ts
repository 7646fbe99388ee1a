import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentials, startS3 } from './running.ts';

const Bucket = 'bucket';
const TIMEOUT = 60_000;
let folder: string;
let server: Awaited<ReturnType<typeof startS3>>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 's3-'));
  server = await startS3(join(folder, 'root'));
  await server.createBucket(Bucket);
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

describe('the AWS CLI', () => {
  it('stores, describes, lists and reads an object', { timeout: TIMEOUT }, async () => {
    const [source, target] = [join(folder, 'source'), join(folder, 'target')];
    const content = randomBytes(1_000_000);
    await writeFile(source, content);
    const ChecksumSHA256 = createHash('sha256').update(content).digest('base64');
    const object = ['--bucket', Bucket, '--key', 'cli/node=1/ä b'];

    const put = await s3api('put-object', ...object, '--body', source, '--checksum-algorithm', 'SHA256', '--if-none-match', '*');
    const head = await s3api('head-object', ...object, '--checksum-mode', 'ENABLED');
    const listed = await s3api('list-objects-v2', '--bucket', Bucket, '--prefix', 'cli/');
    await s3api('get-object', ...object, target);

    expect(put).toMatchObject({ ChecksumSHA256 });
    expect(head).toMatchObject({ ChecksumSHA256, ContentLength: content.length });
    expect(listed).toMatchObject({ Contents: [{ Key: 'cli/node=1/ä b', Size: content.length }] });
    expect(content.equals(await readFile(target))).toBe(true);
  });

  it('uploads in parts', { timeout: TIMEOUT }, async () => {
    const part = join(folder, 'part');
    await writeFile(part, 'the only part');
    const object = ['--bucket', Bucket, '--key', 'cli/parts'];
    const { UploadId } = await s3api('create-multipart-upload', ...object, '--checksum-algorithm', 'SHA256');
    const upload = [...object, '--upload-id', String(UploadId)];
    const sent = await s3api('upload-part', ...upload, '--part-number', '1', '--body', part, '--checksum-algorithm', 'SHA256');

    const Parts = [{ PartNumber: 1, ETag: sent.ETag, ChecksumSHA256: sent.ChecksumSHA256 }];
    const done = await s3api(
      'complete-multipart-upload',
      ...upload,
      '--multipart-upload',
      JSON.stringify({ Parts }),
      '--if-none-match',
      '*',
    );

    const digest = createHash('sha256').update('the only part').digest();
    expect(done).toMatchObject({ ChecksumSHA256: `${createHash('sha256').update(digest).digest('base64')}-1` });
  });

  it('streams an object of several parts from its standard input and to its standard output', { timeout: TIMEOUT }, async () => {
    const content = randomBytes(18_000_000);
    await aws(['s3', 'cp', '-', `s3://${Bucket}/cli/stream`], content);

    const read = await aws(['s3', 'cp', `s3://${Bucket}/cli/stream`, '-']);

    const { ETag } = await server.client.send(new HeadObjectCommand({ Bucket, Key: 'cli/stream' }));
    expect(content.equals(read)).toBe(true);
    expect(ETag).toMatch(/-3"$/);
  });
});

async function s3api(operation: string, ...parameters: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await aws(['s3api', operation, ...parameters])).toString());
}

function aws(parameters: string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'aws',
      [...parameters, '--endpoint-url', server.endpoint, '--region', 'us-east-1', '--output', 'json'],
      {
        encoding: 'buffer',
        maxBuffer: 2 ** 26,
        env: {
          PATH: process.env.PATH,
          HOME: folder,
          LC_ALL: 'C.UTF-8',
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        },
      },
      (error, stdout, stderr) => (error ? reject(new Error(`aws ${parameters.join(' ')}: ${stderr}`, { cause: error })) : resolve(stdout)),
    );
    child.stdin?.end(input);
  });
}
