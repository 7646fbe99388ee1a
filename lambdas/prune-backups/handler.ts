import {
  listFolders,
  listObjects,
  putObjectIfAbsent,
  putObjectIfMatch,
  readLock,
  readObject,
  readTaggedObject,
  removeObjects,
} from '../aws/s3.ts';
import { underLease } from '../lease.ts';
import { environment } from './environment.ts';
import { pruneBackups } from './prune-backups.ts';

const { CLUSTER, BUCKET, RETENTION } = environment.parse(process.env);
const lease = { readTagged: readTaggedObject(BUCKET), putIfMatch: putObjectIfMatch(BUCKET) };
const bucket = {
  listFolders: listFolders(BUCKET),
  list: listObjects(BUCKET),
  read: readObject(BUCKET),
  readLock: readLock(BUCKET),
  putIfAbsent: putObjectIfAbsent(BUCKET),
};
const remove = removeObjects(BUCKET);

export const handler = underLease({ cluster: CLUSTER, bucket: lease }, (input, keep) => {
  // A function outlives an execution that is stopped: it removes nothing any more when somebody else has the lease.
  const removing = { ...bucket, remove: (keys: readonly string[]) => keep().then(() => remove(keys)) };
  return pruneBackups(input, { cluster: CLUSTER, retention: RETENTION, bucket: removing }, () => new Date());
});
