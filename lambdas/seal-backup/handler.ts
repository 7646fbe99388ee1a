import { headObject, putObjectIfAbsent, putObjectIfMatch, readObject, readTaggedObject } from '../aws/s3.ts';
import { cluster } from '../environment-parts.ts';
import { underLease } from '../lease.ts';
import { publisher } from '../metrics.ts';
import { sealBackup } from './seal-backup.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const lease = { readTagged: readTaggedObject(BUCKET), putIfMatch: putObjectIfMatch(BUCKET) };
const bucket = { read: readObject(BUCKET), head: headObject(BUCKET), putIfAbsent: putObjectIfAbsent(BUCKET) };
const publish = publisher(CLUSTER);

export const handler = underLease({ cluster: CLUSTER, bucket: lease }, (input) => sealBackup(input, bucket, publish, () => new Date()));
