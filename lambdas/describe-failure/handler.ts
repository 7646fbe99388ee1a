import { listObjects, readObject } from '../aws/s3.ts';
import { environments } from '../environments.ts';
import { describeFailure } from './describe-failure.ts';

const { CLUSTER, BUCKET, RUNBOOK } = environments['describe-failure'].parse(process.env);
const bucket = { read: readObject(BUCKET), list: listObjects(BUCKET) };

export const handler = (input: unknown) => describeFailure(input, { cluster: CLUSTER, runbook: RUNBOOK, bucket });
