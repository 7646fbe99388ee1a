import { listFolders, listObjects, putObjectIfAbsent, readLock, readObject, removeObjects } from '../aws/s3.ts';
import { environment } from './environment.ts';
import { pruneBackups } from './prune-backups.ts';

const { CLUSTER, BUCKET, RETENTION } = environment.parse(process.env);
const bucket = {
  listFolders: listFolders(BUCKET),
  list: listObjects(BUCKET),
  read: readObject(BUCKET),
  readLock: readLock(BUCKET),
  putIfAbsent: putObjectIfAbsent(BUCKET),
  remove: removeObjects(BUCKET),
};

export const handler = (input: unknown) => pruneBackups(input, { cluster: CLUSTER, retention: RETENTION, bucket }, () => new Date());
