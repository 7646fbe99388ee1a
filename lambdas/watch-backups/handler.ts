import { listFolders, listUploads, readObject } from '../aws/s3.ts';
import { environments } from '../environments.ts';
import { publisher } from '../metrics.ts';
import { watchBackups } from './watch-backups.ts';

const { CLUSTER, BUCKET, SCHEDULES, STEP_SECONDS } = environments['watch-backups'].parse(process.env);
const bucket = { read: readObject(BUCKET), listFolders: listFolders(BUCKET), listUploads: listUploads(BUCKET) };
const watcher = { cluster: CLUSTER, schedules: SCHEDULES, stepSeconds: STEP_SECONDS, bucket, publish: publisher(CLUSTER) };

export const handler = () => watchBackups(watcher, new Date());
