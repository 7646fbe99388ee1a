import { listFolders, listObjects, putObject, readObject } from '../aws/s3.ts';
import { environments } from '../environments.ts';
import { planRestore } from './plan-restore.ts';

const { CLUSTER, BUCKET, CONNECT_STRING, STEP_SECONDS } = environments['plan-restore'].parse(process.env);
const bucket = { read: readObject(BUCKET), put: putObject(BUCKET), list: listObjects(BUCKET), listFolders: listFolders(BUCKET) };
const planner = { cluster: CLUSTER, bucketName: BUCKET, connectString: CONNECT_STRING, stepSeconds: STEP_SECONDS, bucket };

export const handler = (input: unknown) => planRestore(input, planner);
