import * as z from 'zod';
import { DrError, type ErrorName } from './errors.ts';

/** Parses JSON text that came from outside. Text that is not JSON is the named error too. */
export function parseJsonOr<T extends z.ZodType>(name: ErrorName, what: string, schema: T, text: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DrError(name, `${what} is not JSON: ${(cause as Error).message}.`, { cause });
  }
  return parseOr(name, what, schema, value);
}

/** A cause that Step Functions takes has 32,768 characters: so many mismatches are named, each with so many characters. */
const NAMED = 20;
const LENGTH = 1000;

/** Parses what came from outside; a mismatch becomes the named error, listing every field: where, what was found, what is allowed. */
export function parseOr<T extends z.ZodType>(name: ErrorName, what: string, schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value, { reportInput: true, error: sayWhichKeysAreAllowed });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message, input }) => {
    const found = input === undefined || typeof input === 'object' ? '' : ` (found ${JSON.stringify(input).slice(0, 80)})`;
    return `${path.join('.') || 'the whole'}: ${message}${found}`;
  });
  const more = issues.length > NAMED ? `; and ${issues.length - NAMED} more` : '';
  const named = issues.slice(0, NAMED).map((issue) => issue.slice(0, LENGTH));
  throw new DrError(name, `${what} is not valid: ${named.join('; ')}${more}.`);
}

const sayWhichKeysAreAllowed: z.core.$ZodErrorMap = ({ code, keys, inst }) =>
  code === 'unrecognized_keys' && inst instanceof z.ZodObject
    ? `Unrecognized key: ${keys.join(', ')}; allowed are ${Object.keys(inst.shape).join(', ')}`
    : undefined;
