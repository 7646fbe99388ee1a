import { headObject, putObjectIfAbsent, readObject } from '../aws/s3.ts';
import { cluster } from '../environment-parts.ts';
import { publisher } from '../metrics.ts';
import { sealBackup } from './seal-backup.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { read: readObject(BUCKET), head: headObject(BUCKET), putIfAbsent: putObjectIfAbsent(BUCKET) };
const publish = publisher(CLUSTER);

export const handler = (input: unknown) => sealBackup(input, bucket, publish, () => new Date());
