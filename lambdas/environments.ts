import * as z from 'zod';
import { blockBucketSchema } from '../model/block-bucket.ts';
import { clusterNameSchema, roleTagsSchema } from '../model/names.ts';
import { retentionSchema } from '../model/retention.ts';
import { scheduleSchema } from '../model/schedule.ts';

const json = <T extends z.ZodType>(schema: T) =>
  z
    .string()
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(schema);

const text = z.string().min(1);
const cluster = z.object({ CLUSTER: clusterNameSchema, BUCKET: z.string().min(3) });
const count = z
  .string()
  .regex(/^[1-9][0-9]*$/)
  .transform(Number);
const planner = cluster.extend({ CONNECT_STRING: text, STEP_SECONDS: count });

/** The environment of each Lambda, by its folder: the handler parses it, and the stack must provide it. */
export const environments = {
  'plan-backup': planner,
  'check-block-bucket': z.object({ BLOCK_BUCKET: json(blockBucketSchema.nullable()), BLOCK_DAYS: count }),
  'seal-backup': cluster,
  'prune-backups': cluster.extend({ RETENTION: json(retentionSchema) }),
  'plan-restore': planner,
  'send-command': z.object({ DOCUMENT_PREFIX: text, TAGS: json(roleTagsSchema), LOG_GROUP: text }),
  'read-command': z.object({}),
  'cancel-commands': z.object({ DOCUMENT_PREFIX: text }),
  'describe-failure': cluster.extend({ RUNBOOK: text }),
  'start-backup': z.object({ CLUSTER: clusterNameSchema, STATE_MACHINE_ARN: text }),
  'watch-backups': cluster.extend({ SCHEDULES: json(z.array(scheduleSchema)), STEP_SECONDS: count }),
} as const;

export type FunctionName = keyof typeof environments;
export type Environment<F extends FunctionName> = z.input<(typeof environments)[F]>;
