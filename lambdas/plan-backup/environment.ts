import { hopsfsSchema } from '../../model/hopsfs.ts';
import { cluster, count, json, text } from '../environment-parts.ts';

export const environment = cluster.extend({ CONNECT_STRING: text, STEP_SECONDS: count, HOPSFS: json(hopsfsSchema.nullable()) });
