import { putObjectIfMatch, readTaggedObject } from '../aws/s3.ts';
import { statusOf } from '../aws/sfn.ts';
import { cluster } from '../environment-parts.ts';
import { releaseLease } from './release-lease.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { readTagged: readTaggedObject(BUCKET), putIfMatch: putObjectIfMatch(BUCKET) };

export const handler = (input: unknown) => releaseLease(input, { cluster: CLUSTER, bucket, statusOf });
