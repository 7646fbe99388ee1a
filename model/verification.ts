import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';
import { catalogue, DrError, type ErrorName } from './errors.ts';

/** How deep a verification looks: at what S3 reports. */
export const depthSchema = z.enum(['objects'], 'expected "objects"');

/** Something of a backup that is not as it was recorded: a name of the catalogue, what it is about (a key, mostly), and what was found. */
const damageSchema = z.strictObject({ error: z.string(), object: z.string(), found: z.string() });
export type Damage = z.infer<typeof damageSchema> & { readonly error: ErrorName };

/** What a verification found, for programs and for people; bytes of the objects, without HopsFS blocks. */
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
  objects: z.int().nonnegative(),
  bytes: z.int().nonnegative(),
  /** How much is wrong, and the first of it. */
  damaged: z.int().nonnegative(),
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

const count = z.int().nonnegative();

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
