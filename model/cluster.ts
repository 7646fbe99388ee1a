import * as z from 'zod';
import { patternOf } from './actions.ts';
import { bucketSettingsSchema } from './bucket-settings.ts';
import { debrisSchema } from './debris.ts';
import { hopsfsSchema } from './hopsfs.ts';
import { accountSchema, bucketNameSchema, clusterNameSchema, tagSchema } from './names.ts';
import { openSearchSchema } from './open-search.ts';
import { pathSchema } from './path.ts';
import { retentionSchema } from './retention.ts';
import { scheduleSchema } from './schedule.ts';
import { servicesSchema } from './units.ts';
import { verificationScheduleSchema } from './verification-schedule.ts';

/** The days that CloudWatch Logs can keep events. */
const LOG_DAYS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653] as const;

const hours = z.int().min(1).max(46);

const environmentSchema = z.strictObject({
  account: accountSchema.describe('AWS account that the stack is deployed to, 12 digits'),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'expected an AWS region, e.g. "eu-north-1"')
    .describe('AWS region that the stack is deployed to: the one of the cluster'),
});

const tagsSchema = z.strictObject({
  cluster: tagSchema.optional().describe('Tag of every instance of the cluster. Default: hopsworks:cluster=<name>'),
  head: tagSchema
    .default({ key: 'hopsworks:head', value: 'true' })
    .describe('Tag of the instances with ndb_mgmd and mysqld. Default: hopsworks:head=true'),
  rondb: tagSchema
    .default({ key: 'hopsworks:rondb', value: 'true' })
    .describe('Tag of the instances with RonDB data nodes. Default: hopsworks:rondb=true'),
  hopsfs: tagSchema
    .default({ key: 'hopsworks:hopsfs', value: 'true' })
    .describe('Tag of the instances with HopsFS datanodes. Default: hopsworks:hopsfs=true'),
});

const definitionSchema = z
  .union(
    [
      z.strictObject({ path: pathSchema.describe('A file on the head nodes') }),
      z.strictObject({
        bucket: bucketNameSchema.describe('The bucket of an object that the instances may read'),
        key: z
          .string()
          .refine((key) => patternOf('definition').test(`s3://bucket/${key}`), 'expected a key: letters, digits and _ . / = -')
          .describe('The key of the object'),
      }),
    ],
    'expected {"path": "/…"} or {"bucket": "…", "key": "…"}',
  )
  .describe(
    'The cluster definition that Hopsworks was deployed with, stored with every backup; it may hold secrets, as the backup does. Default: none',
  );

const notificationsSchema = z.strictObject({
  emails: z.array(z.email()).default([]).describe('E-mail addresses that hear of failures and alarms; each confirms once. Default: none'),
  urls: z
    .array(z.url({ protocol: /^https$/, error: 'expected an https URL' }))
    .default([])
    .describe('https URLs that SNS posts failures and alarms to. Default: none'),
  runbook: z
    .string()
    .regex(/^[^\s#]+$/, 'expected a path or URL without # and spaces')
    .default('docs/runbook.md')
    .describe('Path or URL of the runbook; alarms link its headings. Default: docs/runbook.md'),
});

/**
 * One Hopsworks cluster, as `clusters/<name>.json` describes it; deployed as one stack. Unknown keys are refused. Whether
 * its parts fit together is checked by `clusterSchemaAt`.
 */
export const clusterSchema = z
  .strictObject({
    $schema: z.string().optional().describe('Path of schema.json, for editors'),
    name: clusterNameSchema.describe('Name of the cluster, as the file is named: lower-case letters, digits and dashes, at most 40'),
    environment: environmentSchema.optional().describe('Where the stack is deployed. Default: what the AWS CLI is set to'),
    rondb: z
      .strictObject({
        connectString: z
          .string()
          .regex(patternOf('connectString'), 'expected host:port of ndb_mgmd, several separated by commas')
          .describe('Where ndb_mgmd listens: host:port, several separated by commas'),
        uploadMegabytesPerSecond: z
          .int()
          .min(1)
          .max(100_000)
          .nullable()
          .default(null)
          .describe('Megabytes (10^6 bytes) that each data node may ship to S3 in a second. Default: null, as many as it can'),
      })
      .describe('The RonDB of the cluster'),
    hopsfs: hopsfsSchema.optional().describe('HopsFS and its blocks. Default: left out, only RonDB is protected'),
    services: servicesSchema.prefault({}).describe('The systemd units that a restore stops and starts'),
    openSearch: openSearchSchema
      .prefault({})
      .describe(
        'The index that a restore rebuilds with ePipe; null when there is none. Default: ePipe and OpenSearch as a Hopsworks deployment has them',
      ),
    kafka: z.boolean().default(true).describe('Whether a restore recreates the topics of Kafka. Default: true'),
    definition: definitionSchema.optional(),
    encryptionPasswordFile: pathSchema
      .default('/srv/hops/certs-dir/encryption_master_password')
      .describe(
        'The file on the head nodes with the encryption master password. Only a fingerprint of it is stored. Default: /srv/hops/certs-dir/encryption_master_password',
      ),
    tags: tagsSchema.prefault({}).describe('Tags by which the instances are found; one instance may have both roles'),
    schedules: z
      .array(scheduleSchema)
      .refine((schedules) => new Set(schedules.map(({ name }) => name)).size === schedules.length, 'expected names that differ')
      .prefault([{ name: 'nightly', expression: 'cron(0 2 * * ? *)' }])
      .describe('When backups start; they complement each other. Default: every night at 2:00 UTC. [] for none'),
    verifications: z
      .array(verificationScheduleSchema)
      .default([])
      .describe('When the newest backup is verified, and how deep; each beside whatever else runs. Default: none'),
    retention: retentionSchema.prefault({}).describe('Which backups are kept; all others are removed after each backup'),
    debris: debrisSchema.prefault({}).describe('What becomes of what failed runs left behind; every backup looks for it'),
    objectives: z
      .strictObject({
        recoveryPointHours: z
          .int()
          .min(1)
          .max(8784)
          .nullable()
          .default(26)
          .describe(
            'Hours that the newest backup may be old before an alarm fires; count in how long a backup takes. null only without schedules. Default: 26',
          ),
        verificationDays: z
          .int()
          .min(1)
          .max(366)
          .nullable()
          .default(null)
          .describe(
            'Days that the newest verification which found a backup whole, of whatever depth, may be old before an alarm fires; count in how long one takes. null only without verifications. Default: null, no alarm',
          ),
      })
      .prefault({})
      .describe('What is promised'),
    limits: z
      .strictObject({
        backupHours: hours.default(24).describe('Hours that each long step of a backup may take, 1 to 46. Default: 24'),
        restoreHours: hours.default(46).describe('Hours that each long step of a restore may take, 1 to 46. Default: 46'),
      })
      .prefault({})
      .describe('When a step is given up'),
    bucket: bucketSettingsSchema.prefault({}).describe('The bucket of the backups'),
    notifications: notificationsSchema.prefault({}).describe('Who is told'),
    logs: z
      .strictObject({
        retentionDays: z
          .literal(LOG_DAYS, `expected one of the days that CloudWatch Logs knows: ${LOG_DAYS.join(', ')}`)
          .default(180)
          .describe('Days that logs are kept in CloudWatch Logs. Default: 180'),
      })
      .prefault({})
      .describe('Logs of the nodes, the Lambdas and the state machines'),
  })
  .transform(({ $schema, ...cluster }) => ({
    ...cluster,
    tags: { ...cluster.tags, cluster: cluster.tags.cluster ?? { key: 'hopsworks:cluster', value: cluster.name } },
  }));

export type Cluster = z.infer<typeof clusterSchema>;
