import { listFolders, listUploads, readObject } from '../aws/s3.ts';
import { publisher } from '../metrics.ts';
import { environment } from './environment.ts';
import { watchBackups } from './watch-backups.ts';

const { CLUSTER, BUCKET, SCHEDULES, STEP_SECONDS } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), listFolders: listFolders(BUCKET), listUploads: listUploads(BUCKET) };
const watcher = { cluster: CLUSTER, schedules: SCHEDULES, stepSeconds: STEP_SECONDS, bucket, publish: publisher(CLUSTER) };

export const handler = () => watchBackups(watcher, new Date());
