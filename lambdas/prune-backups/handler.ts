import {
  abortUpload,
  listFolders,
  listObjects,
  listUploads,
  putObject,
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
  listUploads: listUploads(BUCKET),
  read: readObject(BUCKET),
  readLock: readLock(BUCKET),
  put: putObject(BUCKET),
  putIfAbsent: putObjectIfAbsent(BUCKET),
};
const remove = removeObjects(BUCKET);
const abort = abortUpload(BUCKET);

export const handler = underLease({ cluster: CLUSTER, bucket: lease }, (input, keep) => {
  // A function outlives an execution that is stopped: it removes nothing any more when somebody else has the lease.
  const removing = {
    ...bucket,
    remove: (keys: readonly string[]) => keep().then(() => remove(keys)),
    abortUpload: (upload: Parameters<typeof abort>[0]) => keep().then(() => abort(upload)),
  };
  return pruneBackups(input, { cluster: CLUSTER, retention: RETENTION, bucket: removing }, () => new Date());
});
