import jsonata from 'jsonata';
import { checkExpression, type StatesMember } from './expression-check.ts';
import { stepFunctionsFunctions } from './functions.ts';

/** An expression gave no value that is JSON; `location` says which one, e.g. `Output/error`. */
export class ExpressionError extends Error {
  readonly location: string;
  constructor(location: string, reason: string) {
    super(`Field '${location}': ${reason}`);
    this.name = 'ExpressionError';
    this.location = location;
  }
}

const compiled = new Map<string, jsonata.Expression>();

/** The JSONata text of a `{% … %}` string, undefined for other values. */
function expressionIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('{%') && value.endsWith('%}') ? value.slice(2, -2).trim() : undefined;
}

/**
 * Checks every string in a field's value before anything runs.
 * @param members what the field may read of `$states`
 * @throws Error that says where and what is malformed or unsupported
 */
export function checkTemplate(value: unknown, location: string, members: readonly StatesMember[]): void {
  if (typeof value === 'string') {
    const text = expressionIn(value);
    if (text === undefined) {
      if (/\{%|%\}/.test(value)) throw new Error(`field "${location}": {% %} must enclose the whole string: ${value}`);
      return;
    }
    try {
      checkExpression(compile(text).ast(), members);
    } catch (error) {
      throw new Error(`field "${location}": expression ${text}: ${(error as Error).message}`);
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      checkTemplate(inner, Array.isArray(value) ? `${location}[${key}]` : `${location}/${key}`, members);
    }
  }
}

/**
 * The field's value with every `{% … %}` string in it replaced by its result.
 * @param bindings the variables by name, `states` among them
 * @param now what $now() and $millis() say, in milliseconds since 1970
 * @throws ExpressionError
 */
export async function evaluateTemplate(value: unknown, location: string, bindings: object, now: number): Promise<unknown> {
  const text = expressionIn(value);
  if (text !== undefined) return evaluate(text, location, bindings, now);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, inner] of value.entries()) items.push(await evaluateTemplate(inner, `${location}[${index}]`, bindings, now));
    return items;
  }
  const fields: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) fields[key] = await evaluateTemplate(inner, `${location}/${key}`, bindings, now);
  return fields;
}

async function evaluate(text: string, location: string, bindings: object, now: number): Promise<unknown> {
  const clock = { now: () => new Date(now).toISOString(), millis: () => now };
  try {
    const result = await compile(text).evaluate(undefined, { ...clock, ...bindings });
    if (result === undefined) throw new Error('it returned nothing (undefined)');
    return plain(result);
  } catch (error) {
    throw new ExpressionError(location, `the expression '${text}' failed: ${(error as Error).message}`);
  }
}

/** JSONata marks its arrays and returns parts of its input, so what leaves an expression is a copy that is JSON and nothing else. */
function plain(result: unknown): unknown {
  const text = JSON.stringify(result, (_key, value) => {
    if (typeof value === 'function' || value?._jsonata_function || value?._jsonata_lambda) throw new Error('it returned a function');
    if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`it returned ${value}`);
    return value;
  });
  return JSON.parse(text);
}

function compile(text: string): jsonata.Expression {
  let expression = compiled.get(text);
  if (expression === undefined) {
    expression = jsonata(text);
    for (const [name, { implementation, signature }] of Object.entries(stepFunctionsFunctions)) {
      expression.registerFunction(name, implementation as (...args: unknown[]) => unknown, signature);
    }
    compiled.set(text, expression);
  }
  return expression;
}
