import { listFolders, putObjectIfAbsent, readObject } from '../aws/s3.ts';
import { environment } from './environment.ts';
import { planBackup } from './plan-backup.ts';

const { CLUSTER, BUCKET, CONNECT_STRING, STEP_SECONDS, HOPSFS } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), putIfAbsent: putObjectIfAbsent(BUCKET), listFolders: listFolders(BUCKET) };
const planner = { cluster: CLUSTER, bucketName: BUCKET, connectString: CONNECT_STRING, stepSeconds: STEP_SECONDS, hopsfs: HOPSFS, bucket };

export const handler = (input: unknown) => planBackup(input, planner);
