import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { catalogue, DrError, type ErrorName } from './errors.ts';
import { instanceIdSchema, sha256Schema } from './receipt.ts';

const count = z.int().nonnegative();

/** How deep a verification looks, each deeper one after those before it: at what S3 reports, every byte, what ndb_restore reads. */
export const depthSchema = z.enum(['objects', 'bytes', 'database'], 'expected "objects", "bytes" or "database"');
export type Depth = z.infer<typeof depthSchema>;

/** Something of a backup that is not as it was recorded: a name of the catalogue, what it is about (a key, mostly), and what was found. */
const damageSchema = z.strictObject({ error: z.string(), object: z.string(), found: z.string() });
export type Damage = z.infer<typeof damageSchema> & { readonly error: ErrorName };

/** What a verification found, for programs and for people. */
export const verificationReportSchema = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('verification'),
  cluster: z.string(),
  backupId: backupIdSchema,
  executionId: z.string(),
  depth: depthSchema,
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  verdict: z.enum(['intact', 'damaged']),
  /** What the backup consists of, without the blocks of HopsFS that it names. */
  objects: count,
  bytes: count,
  /** Of these, what nodes have read; none of depth "objects". */
  readBytes: count,
  /** Blocks of HopsFS on disks that were looked for, or read. */
  blocks: count,
  blockBytes: count,
  /** Rows of users' tables as RonDB counted and as ndb_restore read them; null where they were not compared. */
  rows: z.strictObject({ tables: count, recorded: count, found: count }).nullable(),
  /** How much is wrong, and the first of it. */
  damaged: count,
  damage: z.array(damageSchema),
});
export type VerificationReport = z.infer<typeof verificationReportSchema>;

/** How many damages of one part of a verification are named; the others are counted. */
export const NAMED_DAMAGES = 1000;

/** A list of damages: `<error> TAB <object> TAB <what was found>` a line. */
export function formatDamages(damages: readonly Damage[]): string {
  return damages
    .slice(0, NAMED_DAMAGES)
    .map(({ error, object, found }) => `${[error, object, found].map((text) => text.replace(/\s+/g, ' ')).join('\t')}\n`)
    .join('');
}

/** The damages in a list, as {@link formatDamages} and the nodes write it. Errors: `NodeOutputInvalid`. */
export function parseDamages(list: string): Damage[] {
  return list
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [error = '', object, found, ...others] = line.split('\t');
      if (!Object.hasOwn(catalogue, error) || !object || !found || others.length > 0) {
        throw new DrError('NodeOutputInvalid', `A list of damages has the line ${JSON.stringify(line.slice(0, 200))}.`);
      }
      return { error: error as ErrorName, object, found };
    });
}

/** What CheckObjects found of the backup that is verified; `storages`: of HopsFS, whose lists of blocks nodes read. */
export const checkedObjectsSchema = z.strictObject({
  backupId: backupIdSchema,
  depth: depthSchema,
  objects: count,
  bytes: count,
  damaged: count,
  storages: count,
});
export type CheckedObjects = z.infer<typeof checkedObjectsSchema>;

/** What the nodes of a verification do; the states of the machine read it. */
export const verificationPlanSchema = z.strictObject({
  formatVersion: z.literal(1),
  kind: z.literal('verification'),
  cluster: z.string(),
  executionId: z.string(),
  startedAt: z.iso.datetime(),
  bucket: z.string(),
  connectString: z.string(),
  stepSeconds: z.int().min(5).max(172_800),
  prefix: z.string(),
  backupId: backupIdSchema,
  depth: depthSchema,
  /** Bytes that must be free where a data node fetches: one directory at a time. */
  requiredBytes: z.string().regex(/^[0-9]+$/),
  /** Of `lists.sha256`, which names what nodes read of this verification. */
  listsSha256: sha256Schema,
  rondbInstances: z.array(instanceIdSchema),
  /** `i-…=1+3;i-…=2`: which instance verifies the directories of which backup node ids. */
  assignments: z.string(),
  hopsfsInstances: z.array(instanceIdSchema),
  /** `i-…=DS-…+DS-…;i-…=DS-…` */
  storages: z.string(),
});
export type VerificationPlan = z.infer<typeof verificationPlanSchema>;

/** The rows of each table in a list that a node wrote: `database.table<TAB>rows` a line. Errors: `NodeOutputInvalid`. */
export function parseRows(list: string): [table: string, rows: number][] {
  return list
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, table, rows] = /^([^\t]+)\t([0-9]{1,15})$/.exec(line) ?? [];
      if (!table) throw new DrError('NodeOutputInvalid', `A list of rows has the line ${JSON.stringify(line.slice(0, 200))}.`);
      return [table, Number(rows)];
    });
}
