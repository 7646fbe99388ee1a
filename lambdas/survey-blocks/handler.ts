import { listFolders, listVersions, putObject, readObject } from '../aws/s3.ts';
import { environment } from './environment.ts';
import { surveyBlocks } from './survey-blocks.ts';

const { CLUSTER, BUCKET, BLOCK_BUCKET } = environment.parse(process.env);
const surveyor = {
  cluster: CLUSTER,
  bucket: { read: readObject(BUCKET), listFolders: listFolders(BUCKET), put: putObject(BUCKET) },
  blockBucket: BLOCK_BUCKET,
  listVersions: listVersions(BLOCK_BUCKET?.bucket ?? '', BLOCK_BUCKET?.prefix ?? ''),
  now: () => new Date(),
};

export const handler = (input: unknown) => surveyBlocks(input, surveyor);
