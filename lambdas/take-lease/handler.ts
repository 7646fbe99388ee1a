import { putObjectIfMatch, readTaggedObject } from '../aws/s3.ts';
import { hasRunning, readHistory, statusOf } from '../aws/sfn.ts';
import { cluster } from '../environment-parts.ts';
import { takeLease } from './take-lease.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { readTagged: readTaggedObject(BUCKET), putIfMatch: putObjectIfMatch(BUCKET) };
const judge = { cluster: CLUSTER, bucket, statusOf, hasRunning, readHistory, now: () => new Date() };

export const handler = (input: unknown) => takeLease(input, judge);
