import { putObject, readObject } from '../aws/s3.ts';
import { cluster } from '../environment-parts.ts';
import { reportVerification } from './report-verification.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { read: readObject(BUCKET), put: putObject(BUCKET) };

export const handler = (input: unknown) =>
  reportVerification(input, { cluster: CLUSTER, bucketName: BUCKET, bucket, now: () => new Date() });
