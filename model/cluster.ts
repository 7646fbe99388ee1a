import { z } from 'zod';
import { parameters } from './actions.ts';

const tagSchema = z.strictObject({ key: z.string().min(1).max(128), value: z.string().min(1).max(256) });

/** A cluster's name: it becomes the first part of every key in the bucket and of every resource's name. */
export const clusterNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a cluster name: lower-case letters, digits and dashes, at most 40');

/** One Hopsworks cluster, as `clusters/<name>.json` describes it; deployed as one stack. Unknown keys are refused. */
export const clusterSchema = z
  .strictObject({
    $schema: z.string().optional(),
    name: clusterNameSchema,
    rondb: z.strictObject({
      connectString: z
        .string()
        .regex(new RegExp(parameters.connectString.pattern), 'expected host:port of ndb_mgmd, several separated by commas'),
    }),
    tags: z
      .strictObject({
        cluster: tagSchema.optional(),
        head: tagSchema.default({ key: 'hopsworks:role', value: 'head' }),
        rondb: tagSchema.default({ key: 'hopsworks:role', value: 'rondb' }),
      })
      .prefault({}),
  })
  .transform(({ $schema, ...cluster }) => ({
    ...cluster,
    tags: { ...cluster.tags, cluster: cluster.tags.cluster ?? { key: 'hopsworks:cluster', value: cluster.name } },
  }));

export type Cluster = z.infer<typeof clusterSchema>;

export const roles = ['head', 'rondb'] as const;

/** The tags by which the instances of a cluster and of its roles are found. */
export const roleTagsSchema = z.strictObject({ cluster: tagSchema, head: tagSchema, rondb: tagSchema });
export type RoleTags = z.infer<typeof roleTagsSchema>;
