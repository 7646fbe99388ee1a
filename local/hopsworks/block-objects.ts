import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import type { BlockObjects } from './hdfs-blocks.ts';

/** The bucket of HopsFS's blocks, once it is known where S3 answers. */
export interface ConnectedBlockObjects extends BlockObjects {
  /** `environment`: where S3 answers, with the credentials that go with it, as AWS_… variables; may change. */
  connect(environment: Readonly<Record<string, string>>): void;
  disconnect(): void;
}

export function openBlockObjects(bucket: string): ConnectedBlockObjects {
  let client: S3Client | undefined;

  function s3(): S3Client {
    if (!client) throw new Error(`nobody has said where the bucket ${bucket} is`);
    return client;
  }

  return {
    bucket,
    connect({ AWS_ENDPOINT_URL = '', AWS_REGION = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' }) {
      client?.destroy();
      const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
      client = new S3Client({ endpoint: AWS_ENDPOINT_URL, region: AWS_REGION, credentials });
    },
    disconnect() {
      client?.destroy();
      client = undefined;
    },
    async put(Key, Body) {
      await s3().send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    },
    async list() {
      const keys: string[] = [];
      for await (const { Contents = [] } of paginateListObjectsV2({ client: s3() }, { Bucket: bucket })) {
        keys.push(...Contents.map(({ Key = '' }) => Key));
      }
      return keys;
    },
    async get(Key) {
      const { Body } = await s3().send(new GetObjectCommand({ Bucket: bucket, Key }));
      if (!Body) throw new Error(`${Key} has no content`);
      return Buffer.from(await Body.transformToByteArray());
    },
  };
}
