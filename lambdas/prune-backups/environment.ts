import { retentionSchema } from '../../model/retention.ts';
import { cluster, json } from '../environment-parts.ts';

export const environment = cluster.extend({ RETENTION: json(retentionSchema) });
