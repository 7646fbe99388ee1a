import { openBucket } from '../aws.ts';
import { environments } from '../environments.ts';
import { planBackup } from './plan-backup.ts';

const { CLUSTER, BUCKET, CONNECT_STRING } = environments['plan-backup'].parse(process.env);
const bucket = openBucket(BUCKET);

export const handler = (input: unknown) =>
  planBackup(input, { cluster: CLUSTER, bucketName: BUCKET, connectString: CONNECT_STRING, bucket });
