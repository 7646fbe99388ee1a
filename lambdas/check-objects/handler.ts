import { headObject, listFolders, putObject, readObject } from '../aws/s3.ts';
import { cluster } from '../environment-parts.ts';
import { checkObjects } from './check-objects.ts';

const { CLUSTER, BUCKET } = cluster.parse(process.env);
const bucket = { read: readObject(BUCKET), head: headObject(BUCKET), put: putObject(BUCKET), listFolders: listFolders(BUCKET) };

export const handler = (input: unknown) => checkObjects(input, { cluster: CLUSTER, bucket });
