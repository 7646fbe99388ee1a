import { listFolders, listObjects, putObject, readObject } from '../aws/s3.ts';
import { environment } from './environment.ts';
import { planRestore } from './plan-restore.ts';

const { CLUSTER, BUCKET, CONNECT_STRING, STEP_SECONDS, HOPSFS, SERVICES, OPEN_SEARCH, KAFKA } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), put: putObject(BUCKET), list: listObjects(BUCKET), listFolders: listFolders(BUCKET) };
const planner = {
  cluster: CLUSTER,
  bucketName: BUCKET,
  connectString: CONNECT_STRING,
  stepSeconds: STEP_SECONDS,
  hopsfs: HOPSFS,
  services: SERVICES,
  openSearch: OPEN_SEARCH,
  kafka: KAFKA,
  bucket,
};

export const handler = (input: unknown) => planRestore(input, planner);
