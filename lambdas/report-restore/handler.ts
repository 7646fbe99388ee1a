import { putObject, readObject } from '../aws/s3.ts';
import { readHistory } from '../aws/sfn.ts';
import { cluster } from '../environment-parts.ts';
import { reportRestore } from './report-restore.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { read: readObject(BUCKET), put: putObject(BUCKET) };
const reporter = { cluster: CLUSTER, bucketName: BUCKET, bucket, readHistory, now: () => new Date() };

export const handler = (input: unknown) => reportRestore(input, reporter);
