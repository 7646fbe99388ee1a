import { z } from 'zod';
import { clusterNameSchema, roleTagsSchema } from '../model/cluster.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema);

const planner = z.object({ CLUSTER: clusterNameSchema, BUCKET: z.string().min(3), CONNECT_STRING: z.string().min(1) });

/** The environment of each Lambda, by its folder: the handler parses it, and the stack must provide it. */
export const environments = {
  'plan-backup': planner,
  'seal-backup': planner.pick({ BUCKET: true }),
  'plan-restore': planner,
  'send-command': z.object({ DOCUMENT_PREFIX: z.string().min(1), TAGS: json(roleTagsSchema), LOG_GROUP: z.string().min(1) }),
  'read-command': z.object({}),
} as const;

export type FunctionName = keyof typeof environments;
export type Environment<F extends FunctionName> = z.input<(typeof environments)[F]>;
