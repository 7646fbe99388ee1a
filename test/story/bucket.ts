import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Pipeline } from '../../local/pipeline.ts';

/** The backup bucket of a pipeline, as somebody with all rights sees it. */
export function openBucketOf({ environment, bucket: Bucket }: Pipeline) {
  const client = new S3Client({
    endpoint: environment.AWS_ENDPOINT_URL as string,
    region: environment.AWS_REGION as string,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID as string,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY as string,
    },
  });
  return {
    keys: async (Prefix = '') =>
      ((await client.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? []).map(({ Key = '' }) => Key),
    read: async (Key: string) => (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '',
    write: (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    remove: (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key })),
    /** Brings a removed object back by removing its delete marker. */
    async undelete(Key: string) {
      const { DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
      const marker = DeleteMarkers.find(({ IsLatest }) => IsLatest);
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker?.VersionId }));
    },
  };
}
