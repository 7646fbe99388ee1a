import * as z from 'zod';
import { clusterNameSchema } from '../model/names.ts';

/** A variable that holds JSON. */
export const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema);

export const text = z.string().min(1);

export const count = z
  .string()
  .regex(/^[1-9][0-9]*$/)
  .transform(Number);

/** Of every Lambda that uses the bucket of the backups. */
export const cluster = z.object({ CLUSTER: clusterNameSchema, BUCKET: z.string().min(3) });
