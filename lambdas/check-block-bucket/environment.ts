import * as z from 'zod';
import { blockBucketSchema } from '../../model/block-bucket.ts';
import { count, json } from '../environment-parts.ts';

export const environment = z.object({ BLOCK_BUCKET: json(blockBucketSchema.nullable()), BLOCK_DAYS: count });
