import { openBucket } from '../aws.ts';
import { environments } from '../environments.ts';
import { planRestore } from './plan-restore.ts';

const { CLUSTER, BUCKET, CONNECT_STRING } = environments['plan-restore'].parse(process.env);
const bucket = openBucket(BUCKET);

export const handler = (input: unknown) =>
  planRestore(input, { cluster: CLUSTER, bucketName: BUCKET, connectString: CONNECT_STRING, bucket });
