import * as z from 'zod';
import { clusterNameSchema } from '../../model/names.ts';
import { text } from '../environment-parts.ts';

export const environment = z.object({ CLUSTER: clusterNameSchema, STATE_MACHINE_ARN: text });
