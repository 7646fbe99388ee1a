import { readFile, writeFile } from 'node:fs/promises';
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { Pipeline } from '../pipeline.ts';
import { objectFile } from '../s3/storage.ts';

/** The objects of the pipeline's own bucket, or of another one, as somebody with all rights sees them. */
export function openObjects({ environment, bucket }: Pipeline, Bucket = bucket) {
  const { AWS_ENDPOINT_URL = '', AWS_REGION = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = environment;
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const s3 = new S3Client({ endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials });
  return {
    /** All keys with this prefix, sorted. */
    async keys(Prefix = ''): Promise<string[]> {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket, Prefix })) {
        keys.push(...Contents.map(({ Key = '' }) => Key));
      }
      return keys;
    },
    put: (Key: string, Body: string | Buffer = Key) => s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    async get(Key: string): Promise<Buffer> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    },
    /** A delete marker hides it. */
    remove: (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key })),
  };
}

/** Changes one byte of an object where the local S3 keeps it, as a failing disk would; returns how to change it back. */
export async function alterByte({ s3Root, bucket }: Pipeline, key: string): Promise<() => Promise<void>> {
  const file = await objectFile(s3Root, bucket, key);
  const good = await readFile(file);
  const bad = Buffer.from(good);
  const middle = Math.floor(bad.length / 2);
  bad[middle] = (bad[middle] as number) ^ 1;
  await writeFile(file, bad);
  return () => writeFile(file, good);
}
