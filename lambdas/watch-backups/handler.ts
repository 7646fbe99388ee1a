import { listFolders, listObjects, listUploads, readObject } from '../aws/s3.ts';
import { publisher } from '../metrics.ts';
import { environment } from './environment.ts';
import { watchBackups } from './watch-backups.ts';

const { CLUSTER, BUCKET, SCHEDULES, GRACE_DAYS } = environment.parse(process.env);
const bucket = { read: readObject(BUCKET), list: listObjects(BUCKET), listFolders: listFolders(BUCKET), listUploads: listUploads(BUCKET) };
const watcher = { cluster: CLUSTER, schedules: SCHEDULES, graceDays: GRACE_DAYS, bucket, publish: publisher(CLUSTER) };

export const handler = () => watchBackups(watcher, new Date());
