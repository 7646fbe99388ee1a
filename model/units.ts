import * as z from 'zod';
import { roles } from './names.ts';

/** A systemd unit, without `.service`. */
export const unitSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9@_.-]{0,80}$/, 'expected the name of a systemd unit');

/** Units that stop or start one after another on each instance of a role; the next phase waits for all of them. */
const phaseSchema = z.strictObject({
  role: z.enum(roles).describe('On the instances with this role: head, rondb or hopsfs'),
  units: z
    .array(unitSchema)
    .min(1)
    .describe('systemd units, in this order. One that an instance does not have is passed over, and reported'),
});

/** Hopsworks; glassfish-instance where it runs on several heads. */
const applications = ['glassfish-domain1', 'glassfish-instance'];
/** What works with that which Hopsworks manages. */
const clients = ['onlinefs', 'airflow-webserver', 'airflow-scheduler', 'flyingduck', 'livy', 'sparkhistoryserver'];
const hive = ['hivemetastore', 'hiveserver2'];
const yarn = ['resourcemanager', 'historyserver'];

/**
 * Which services stop before a restore, and start after it, in this order. The defaults are those of a Hopsworks deployment: all units
 * that write to RonDB or HopsFS, wherever a deployment has put them. RonDB itself runs throughout, and so do Kafka and OpenSearch;
 * NameNodes and datanodes
 * stop after these, where the cluster file has `hopsfs`, and start in steps of their own, as ePipe does.
 */
export const servicesSchema = z.strictObject({
  stop: z
    .array(phaseSchema)
    .prefault([
      { role: 'head', units: [...applications, ...clients, ...hive.toReversed(), 'epipe', 'rdrs', ...yarn.toReversed()] },
      { role: 'rondb', units: ['rdrs'] },
      { role: 'hopsfs', units: ['nodemanager'] },
    ])
    .describe(
      'What stops before RonDB is restored, phase by phase: whatever writes to RonDB or HopsFS. [] for none. Default: what a Hopsworks deployment runs',
    ),
  start: z
    .array(phaseSchema)
    .prefault([
      { role: 'head', units: [...applications, ...yarn, ...hive, 'rdrs'] },
      { role: 'rondb', units: ['rdrs'] },
      { role: 'hopsfs', units: ['nodemanager'] },
      { role: 'head', units: clients },
    ])
    .describe(
      'What starts when RonDB, HopsFS, OpenSearch and Kafka are back, phase by phase. [] for none. Default: what a Hopsworks deployment runs',
    ),
});

export type Services = z.infer<typeof servicesSchema>;
