import { listObjects, readObject } from '../aws/s3.ts';
import { describeFailure } from './describe-failure.ts';
import { environment } from './environment.ts';

const { CLUSTER, BUCKET, CONNECT_STRING, RUNBOOK } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), list: listObjects(BUCKET) };

const describer = { cluster: CLUSTER, runbook: RUNBOOK, bucketName: BUCKET, connectString: CONNECT_STRING, bucket };

export const handler = (input: unknown) => describeFailure(input, describer);
