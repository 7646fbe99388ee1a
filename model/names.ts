import * as z from 'zod';

/** A cluster's name: it becomes the first part of every key in the bucket and of every resource's name. */
export const clusterNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected a cluster name: lower-case letters, digits and dashes, at most 40');

export const accountSchema = z.string().regex(/^[0-9]{12}$/, 'expected an AWS account of 12 digits');

export const bucketNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket: 3 to 63 lower-case letters, digits, dots and dashes');

/** The name of one of a cluster's resources at AWS: `hopsdr-<cluster>`, and behind it what it is. */
export function resourceName(cluster: string, ...what: string[]): string {
  return ['hopsdr', cluster, ...what].join('-');
}

const tagText = (longest: number) =>
  z
    .string()
    .regex(
      new RegExp(`^[\\p{L}\\p{N} +=._:/@-]{1,${longest}}$`, 'u'),
      `expected 1 to ${longest} letters, digits, spaces or + - = . _ : / @`,
    );

/** A tag of an EC2 or managed instance. */
export const tagSchema = z.strictObject({
  key: tagText(128).describe('Key of the tag'),
  value: tagText(256).describe('Value of the tag'),
});

/** What an instance can be in a cluster; one instance may have several roles. */
export const roles = ['head', 'rondb', 'hopsfs'] as const;

/** The tags by which the instances of a cluster and of its roles are found. */
export const roleTagsSchema = z.strictObject({ cluster: tagSchema, head: tagSchema, rondb: tagSchema, hopsfs: tagSchema });
export type RoleTags = z.infer<typeof roleTagsSchema>;
