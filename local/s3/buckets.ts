import { receiveText } from './body.ts';
import { bucketOf, type Call, header, oneOf, type Reply } from './call.ts';
import { S3Error } from './errors.ts';
import type { Storage } from './storage.ts';
import { malformed, readFields, readXml } from './xml.ts';

/** What a bucket can be born with. Object Lock needs versions, so it turns them on. */
export interface BucketOptions {
  readonly objectLock?: boolean;
  readonly versioning?: boolean;
}

/** Makes a bucket; refuses names that S3 would refuse and a bucket that exists. */
export async function makeBucket(storage: Storage, name: string, options: BucketOptions, now: Date): Promise<void> {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) || name.includes('..') || /^[\d.]+$/.test(name)) {
    throw new S3Error('InvalidBucketName', `${name} is not a valid bucket name.`);
  }
  if (storage.find(name)) throw new S3Error('BucketAlreadyOwnedByYou', `The bucket ${name} exists and is yours.`);
  const { objectLock = false, versioning = objectLock } = options;
  await storage.create(name, { created: now.toISOString(), objectLock, ...(versioning || objectLock ? { versioning: 'Enabled' } : {}) });
}

/** CreateBucket, in the one region of this endpoint. */
export async function createBucket(call: Call): Promise<Reply> {
  const lock = oneOf('x-amz-bucket-object-lock-enabled', header(call, 'x-amz-bucket-object-lock-enabled'), ['true', 'false']);
  const body = await receiveText(call);
  const { LocationConstraint } = body === '' ? {} : readFields(readXml(body, 'CreateBucketConfiguration'), ['LocationConstraint']);
  if ((LocationConstraint ?? 'us-east-1') !== call.region) {
    throw new S3Error('IllegalLocationConstraintException', `This endpoint makes buckets in ${call.region} only.`);
  }
  await makeBucket(call.storage, call.bucketName, { objectLock: lock === 'true' }, call.now);
  return { status: 200, headers: { location: `/${call.bucketName}` } };
}

/** HeadBucket. */
export async function headBucket(call: Call): Promise<Reply> {
  bucketOf(call);
  return { status: 200, headers: { 'x-amz-bucket-region': call.region } };
}

/** GetBucketVersioning. */
export async function getBucketVersioning(call: Call): Promise<Reply> {
  return { status: 200, xml: ['VersioningConfiguration', [['Status', bucketOf(call).settings().versioning]]] };
}

/** PutBucketVersioning; never suspends it under Object Lock. */
export async function putBucketVersioning(call: Call): Promise<Reply> {
  const bucket = bucketOf(call);
  const { Status } = readFields(readXml(await receiveText(call), 'VersioningConfiguration'), ['Status']);
  if (Status !== 'Enabled' && Status !== 'Suspended') throw malformed();
  if (Status === 'Suspended' && bucket.settings().objectLock) {
    throw new S3Error('InvalidBucketState', 'Versioning cannot be suspended in a bucket with Object Lock.');
  }
  await bucket.configure({ versioning: Status });
  return { status: 200 };
}
