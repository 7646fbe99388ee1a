import { putObject, readObject } from '../aws/s3.ts';
import { environment } from './environment.ts';
import { planVerification } from './plan-verification.ts';

const { CLUSTER, BUCKET, CONNECT_STRING, STEP_SECONDS } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), put: putObject(BUCKET) };
const planner = { cluster: CLUSTER, bucketName: BUCKET, connectString: CONNECT_STRING, stepSeconds: STEP_SECONDS, bucket };

export const handler = (input: unknown) => planVerification(input, planner);
