import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parseJsonOr, parseOr } from '../../model/parse.ts';
import { payloads, values } from './payloads.ts';

type Schema = z.core.$ZodType;
interface Leaf {
  readonly path: string;
  readonly schema: Schema;
}

const folder = new URL('../../model/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const modules = await Promise.all(files.map(async (file) => (await import(new URL(file, folder).href)) as Record<string, unknown>));
/** Every schema that a file of model/ exports, and those of the nodes' answers. */
const schemas: readonly Leaf[] = modules.flatMap((module) =>
  Object.entries(module).flatMap(([name, value]) => {
    if (value instanceof z.ZodType) return [{ path: name, schema: value }];
    if (name !== 'answers') return [];
    return Object.entries(value as Record<string, Schema>).map(([action, schema]) => ({ path: `answers.${action}`, schema }));
  }),
);

/** What a schema consists of, down to its leaves; objects themselves among them. */
function partsOf({ path, schema }: Leaf): Leaf[] {
  const def = schema._zod.def as unknown as Record<string, unknown> & { type: string };
  const go = (inner: unknown, step = '') => partsOf({ path: path + step, schema: inner as Schema });
  switch (def.type) {
    case 'object':
      return [{ path, schema }, ...Object.entries(def.shape as object).flatMap(([key, value]) => go(value, `.${key}`))];
    case 'array':
      return go(def.element, '[]');
    case 'tuple':
      return (def.items as unknown[]).flatMap((item) => go(item, '[]'));
    case 'record':
      return [...go(def.keyType, '{key}'), ...go(def.valueType, '{}')];
    case 'union':
      return (def.options as unknown[]).flatMap((option) => go(option));
    case 'pipe':
      return go(def.in);
    default:
      return def.innerType ? go(def.innerType) : [{ path, schema }];
  }
}

const parts = schemas.flatMap(partsOf);
const typeOf = ({ schema }: Leaf) => schema._zod.def.type;
const takes = ({ schema }: Leaf, value: unknown) => z.safeParse(schema, value).success;
/** Plain words, paths below the root, digits: what a field with a form of its own may take of the payloads. */
const PLAIN = /^(?!-)(?!.*\.\.)[A-Za-z0-9@_.:/=+-]*$/;
const isFree = (leaf: Leaf) => typeOf(leaf) === 'string' && payloads.some((text) => takes(leaf, text) && !PLAIN.test(text));

/** Text of any kind, and why it harms nobody. Nothing of it reaches a shell, a path or a key: a parameter has its pattern. */
const FREE: readonly [path: RegExp, why: string][] = [
  [
    /\.(url|why|reason|message|sentence|meaning|error|requested|selection)$/,
    'is shown to people, or held against the pattern of its parameter',
  ],
  [/(obstacles|warnings|overwritten|leftOut|afterwards|differing|differences|notCompared|failures)\b/, 'is shown to people'],
  [
    /\.(executionId|executionArn|execution|version|sqlVersion|mysql|hopsworks|rondb\[\]|awsCli|zstd|python|what|backup|target)$/,
    'is compared, and shown to people',
  ],
  [
    /\.(bucket|prefix|connectString|metadataPrefix|assignments|backupNodeId|storages|units|nameNodeUnits|unitAssignments|dataDirectories|safeModeSeconds|search\w+|hopsworks\w+|kafkaInstance)$/,
    'is held against the pattern of its parameter when a command is sent; the prefix of a backup also against its cluster and id',
  ],
  [/\.(datanodeUuid|path|show|memory|userTables|output)$/, 'is compared, or unpacked and parsed'],
  [/\.(names\[\]|table|name|database)$/, 'is compared with names of RonDB, and shown to people'],
  [
    /\.(after|last|key|deleteMarkers\[\]|versionId)$/,
    'is a key or version of the bucket of the blocks, as S3 has listed it below their prefix',
  ],
  [/\.(backupId|restoring\[\]|checksum)$/, 'is compared with the one that is known'],
  [/\.(keep|runbook|found|object|cluster)$|^pinReasonSchema$/, 'is shown to people'],
  [/\.\$schema$/, 'is for editors, and dropped'],
  [/(^|\.)(tags?|roleTags)\w*\b.*\.(key|value)$/, 'is a value of a filter in calls of AWS'],
  [/\.databases\[\]$|\brename(Schema)?\{/, 'stands behind the "=" of an option of ndb_restore, and may begin with a dash there'],
  [/\.definition\.key$/, 'stands behind s3://bucket/, and may begin with a dash there'],
];

describe('the schemas of the model', () => {
  it('are all looked at', () => {
    expect(schemas.length).toBeGreaterThan(50);
    expect(parts.length).toBeGreaterThan(400);
  });

  it('give every text a form, or say why any text does no harm', () => {
    const unexplained = parts.filter((leaf) => isFree(leaf) && !FREE.some(([path]) => path.test(leaf.path))).map(({ path }) => path);

    expect([...new Set(unexplained)], 'give the field a pattern, or a line in FREE of this file that says why it needs none').toEqual([]);
  });

  it('take no number that JSON cannot hold, or that is not exact', () => {
    const numbers = parts.filter((leaf) => typeOf(leaf) === 'number');
    const loose = numbers.filter((leaf) => [Number.NaN, Number.POSITIVE_INFINITY].some((value) => takes(leaf, value)));
    const inexact = numbers.filter((leaf) => takes(leaf, 2 ** 53) && !/(share|seconds|\.from|\.to)$/i.test(leaf.path));

    expect(numbers.length).toBeGreaterThan(50);
    expect([loose, inexact].map((found) => found.map(({ path }) => path))).toEqual([[], []]);
  });

  it('refuse keys that they do not know', () => {
    const open = parts.filter((leaf) => typeOf(leaf) === 'object' && !isStrict(leaf.schema)).map(({ path }) => path);

    expect([...new Set(open)]).toEqual([]);
  });

  it.each(schemas.map((leaf) => [leaf.path, leaf.schema] as const))(
    '%s takes nothing hostile in its place, says what was wrong, briefly, and pollutes nothing',
    (_, schema) => {
      for (const value of values) {
        const parsed = attempt(() => parseOr('RequestInvalid', 'The input', schema as z.ZodType, value));
        if (parsed instanceof Error)
          expect(parsed).toMatchObject({ name: 'RequestInvalid', message: expect.stringMatching(/^The input is not valid: /) });
        if (parsed instanceof Error) expect(parsed.message.length).toBeLessThan(25_000);
        expect(({} as { owned?: unknown }).owned).toBeUndefined();
      }
    },
  );

  it('name at most twenty of many mismatches', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, 'x'.repeat(1000)]));
    const error = attempt(() => parseOr('RequestInvalid', 'The input', z.record(z.string(), z.int()), many)) as Error;

    expect(error.message).toContain('; and 4980 more.');
    expect(error.message.length).toBeLessThan(25_000);
  });

  it.each(['', '{', 'null', '[]', '{"formatVersion":1', '\0', '1e400', '"$(touch owned)"'])(
    'take %j for no JSON of theirs, by name',
    (text) => {
      expect(() => parseJsonOr('ManifestUnsupported', 'The manifest', z.strictObject({ formatVersion: z.literal(1) }), text)).toThrow(
        /^The manifest is not /,
      );
    },
  );
});

const isStrict = (schema: Schema) => {
  const { catchall } = schema._zod.def as unknown as { catchall?: Schema };
  return catchall?._zod.def.type === 'never';
};

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
