import { openBucket } from '../aws.ts';
import { environments } from '../environments.ts';
import { sealBackup } from './seal-backup.ts';

const { BUCKET } = environments['seal-backup'].parse(process.env);
const bucket = openBucket(BUCKET);

export const handler = (input: unknown) => sealBackup(input, bucket, () => new Date());
