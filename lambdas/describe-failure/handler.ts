import { listObjects, readObject } from '../aws/s3.ts';
import { describeFailure } from './describe-failure.ts';
import { environment } from './environment.ts';

const { CLUSTER, BUCKET, RUNBOOK } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), list: listObjects(BUCKET) };

export const handler = (input: unknown) => describeFailure(input, { cluster: CLUSTER, runbook: RUNBOOK, bucketName: BUCKET, bucket });
