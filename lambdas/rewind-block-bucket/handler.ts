import { setTimeout } from 'node:timers/promises';
import { listVersions, putObjectIfMatch, readObject, readTaggedObject, readVersioning, removeVersions } from '../aws/s3.ts';
import { underLease } from '../lease.ts';
import { environment } from '../survey-blocks/environment.ts';
import { rewindBlockBucket } from './rewind-block-bucket.ts';

const { CLUSTER, BUCKET, BLOCK_BUCKET } = environment.parse(process.env);
const { bucket, prefix } = BLOCK_BUCKET ?? { bucket: '', prefix: '' };
const rewinder = {
  cluster: CLUSTER,
  bucket: { read: readObject(BUCKET) },
  listVersions: listVersions(bucket, prefix),
  removeVersions: removeVersions(bucket),
  readVersioning: () => readVersioning(bucket),
  pause: (seconds: number) => setTimeout(seconds * 1000),
};

const lease = { readTagged: readTaggedObject(BUCKET), putIfMatch: putObjectIfMatch(BUCKET) };

export const handler = underLease({ cluster: CLUSTER, bucket: lease }, (input) => rewindBlockBucket(input, rewinder));
