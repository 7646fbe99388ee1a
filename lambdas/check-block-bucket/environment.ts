import * as z from 'zod';
import { blockBucketSchema } from '../../model/block-bucket.ts';
import { retentionSchema } from '../../model/retention.ts';
import { count, json } from '../environment-parts.ts';

export const environment = z.object({
  BLOCK_BUCKET: json(blockBucketSchema.nullable()),
  BLOCK_DAYS: count,
  RETENTION: json(retentionSchema),
});
