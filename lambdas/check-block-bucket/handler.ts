import { readLifecycleRules, readVersioning } from '../aws/s3.ts';
import { environments } from '../environments.ts';
import { checkBlockBucket } from './check-block-bucket.ts';

const { BLOCK_BUCKET, BLOCK_DAYS } = environments['check-block-bucket'].parse(process.env);

export const handler = () => checkBlockBucket({ blockBucket: BLOCK_BUCKET, days: BLOCK_DAYS, readVersioning, readLifecycleRules });
