import * as z from 'zod';

const NAME = '[A-Za-z0-9_-]{1,64}';
const databaseSchema = z.string().regex(new RegExp(`^${NAME}$`), 'expected the name of a database: letters, digits, _ and -');
const tableSchema = z.string().regex(new RegExp(`^${NAME}[.]${NAME}$`), 'expected database.table: letters, digits, _ and -');

/** Databases and tables of RonDB, by their names in the backup. */
export const choiceSchema = z
  .strictObject({ databases: z.array(databaseSchema).min(1).optional(), tables: z.array(tableSchema).min(1).optional() })
  .refine(({ databases, tables }) => databases || tables, 'expected "databases" or "tables"');

/** What of a backup is restored: all, what is included, or what is not excluded; databases under their new names. */
export interface Selection {
  readonly include?: z.infer<typeof choiceSchema> | undefined;
  readonly exclude?: z.infer<typeof choiceSchema> | undefined;
  readonly rename?: Readonly<Record<string, string>> | undefined;
}

/** What MySQL, RonDB and Payara keep for themselves. */
const OWN = ['mysql', 'sys', 'information_schema', 'performance_schema', 'ndbinfo', 'glassfish_timers'];

/** Old names to new ones. ndb_restore would look for foreign keys in the wrong tables if a new name were another's old one. */
export const renameSchema = z
  .record(
    databaseSchema,
    databaseSchema.refine((name) => !OWN.includes(name.toLowerCase()), 'expected the name of a database of users'),
  )
  .refine((rename) => {
    const names = Object.entries(rename).flat();
    return new Set(names).size === names.length;
  }, 'expected new names that differ from each other and from the old ones');

const OPTION = `((in|ex)clude-databases=${NAME}(,${NAME})*|(in|ex)clude-tables=${NAME}[.]${NAME}(,${NAME}[.]${NAME})*|rewrite-database=${NAME},${NAME})`;
/** What {@link formatSelection} writes. */
export const selectionPattern = `^(all|${OPTION}(;${OPTION})*)$`;

/** As the node scripts take it: `all`, or the options of ndb_restore without their dashes, separated by semicolons. */
export function formatSelection({ include, exclude, rename = {} }: Selection): string {
  const options = [
    ...optionsOf('include', include),
    ...optionsOf('exclude', exclude),
    ...Object.entries(rename).map(([from, to]) => `rewrite-database=${from},${to}`),
  ];
  return options.join(';') || 'all';
}

function optionsOf(verb: string, choice: Selection['include']): string[] {
  return (['databases', 'tables'] as const).flatMap((what) => (choice?.[what] ? [`${verb}-${what}=${choice[what].join(',')}`] : []));
}
