import { blockBucketSchema } from '../../model/block-bucket.ts';
import { cluster, json } from '../environment-parts.ts';

export const environment = cluster.extend({ BLOCK_BUCKET: json(blockBucketSchema.nullable()) });
