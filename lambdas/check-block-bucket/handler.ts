import { readLifecycleRules, readVersioning } from '../aws/s3.ts';
import { checkBlockBucket } from './check-block-bucket.ts';
import { environment } from './environment.ts';

const { BLOCK_BUCKET, BLOCK_DAYS, RETENTION } = environment.parse(process.env);
const pinned = RETENTION.keep.map(({ backupId }) => backupId);
const check = { blockBucket: BLOCK_BUCKET, days: BLOCK_DAYS, pinned, readVersioning, readLifecycleRules };

export const handler = (input: unknown) => checkBlockBucket(input, check);
