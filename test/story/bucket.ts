import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Pipeline } from '../../local/pipeline.ts';

/** The backup bucket of a pipeline, or another one beside it, as somebody with all rights sees it. */
export function openBucketOf({ environment, bucket: Bucket }: Pick<Pipeline, 'environment' | 'bucket'>) {
  const region = environment.AWS_REGION as string;
  const client = new S3Client({
    endpoint: environment.AWS_ENDPOINT_URL as string,
    region,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID as string,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY as string,
    },
  });
  return {
    create: () =>
      client.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region as 'eu-central-1' } })),
    setVersioning: (Status: 'Enabled' | 'Suspended') =>
      client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } })),
    setLifecycle: (Rules: LifecycleRule[]) =>
      client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } })),
    keys: async (Prefix = '') =>
      ((await client.send(new ListObjectsV2Command({ Bucket, Prefix }))).Contents ?? []).map(({ Key = '' }) => Key),
    /** The keys of the versions and of the delete markers. */
    async versions(Prefix = '') {
      const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix }));
      return { versions: Versions.map(({ Key = '' }) => Key), markers: DeleteMarkers.map(({ Key = '' }) => Key) };
    },
    /** The keys of the multipart uploads that nobody has completed or ended. */
    async uploads(Prefix = '') {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }));
      return Uploads.map(({ Key = '' }) => Key);
    },
    read: async (Key: string) => (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString() ?? '',
    write: (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body })),
    /** Writes what is not there yet, as the bucket's policy demands inside a backup. */
    add: (Key: string, Body: string) => client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' })),
    remove: (Key: string) => client.send(new DeleteObjectCommand({ Bucket, Key })),
    /** Brings a removed object back by removing its delete marker. */
    async undelete(Key: string) {
      const { DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
      const marker = DeleteMarkers.find(({ IsLatest }) => IsLatest);
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker?.VersionId }));
    },
  };
}
