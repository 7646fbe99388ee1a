import { readLifecycleRules, readVersioning } from '../aws/s3.ts';
import { checkBlockBucket } from './check-block-bucket.ts';
import { environment } from './environment.ts';

const { BLOCK_BUCKET, BLOCK_DAYS } = environment.parse(process.env);

export const handler = () => checkBlockBucket({ blockBucket: BLOCK_BUCKET, days: BLOCK_DAYS, readVersioning, readLifecycleRules });
