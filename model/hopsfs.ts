import * as z from 'zod';
import { blockBucketSchema } from './block-bucket.ts';
import { pathSchema } from './path.ts';
import { unitSchema } from './units.ts';

const common = {
  nameNodeUnit: unitSchema.default('namenode').describe('The systemd unit of a NameNode. Default: namenode'),
  nameNodeNeeds: z
    .array(unitSchema)
    .default([])
    .describe(
      'systemd units that a NameNode needs on its head node, started before it: ["glassfish-domain1"] where HopsFS checks revoked certificates (TLS). Default: none',
    ),
  dataNodeUnit: unitSchema.default('datanode').describe('The systemd unit of a datanode. Default: datanode'),
  safeModeMinutes: z
    .int()
    .min(1)
    .max(2700)
    .default(120)
    .describe('Minutes that a restored NameNode may take to leave safe mode by itself. Default: 120'),
};

/** HopsFS: where its blocks are, and how it is started. */
export const hopsfsSchema = z.discriminatedUnion(
  'storage',
  [
    blockBucketSchema.extend(common),
    z.strictObject({
      storage: z.literal('disks').describe("The blocks lie on the datanodes' disks: every backup takes those that are new"),
      dataDirectories: z
        .array(pathSchema)
        .min(1)
        .prefault(['/srv/hopsworks-data/hops/hopsdata/hdfs/dn'])
        .describe('dfs.datanode.data.dir: absolute paths. Default: /srv/hopsworks-data/hops/hopsdata/hdfs/dn'),
      ...common,
    }),
  ],
  'expected "s3" or "disks"',
);

export type Hopsfs = z.infer<typeof hopsfsSchema>;
