import { z } from 'zod';
import { apiError } from '../json-api.ts';

/** An SSM document as the template declares it; `content` is the parsed JSON. */
export interface SsmDocument {
  readonly name: string;
  readonly content: unknown;
}

/** A document of the only kind that is supported: schema 2.2, one `aws:runShellScript` step, String parameters. */
export type CommandDocument = z.infer<typeof documentSchema>;

/** What the agent receives: a script, its variables, and how long it may run. */
export interface Rendered {
  readonly step: string;
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** The agent silently takes 3600 s for anything outside of this, so such a value is refused here. */
const timeoutSchema = z.coerce.number().int().min(5).max(172_800);
const REFERENCE = /\{\{\s*([A-Za-z0-9]+)\s*\}\}/;
const MAX_DOCUMENT_BYTES = 64 * 1024;

const parameterSchema = z.strictObject({
  type: z.literal('String'),
  description: z.string().optional(),
  default: z.string().optional(),
  allowedPattern: z.string().optional(),
  allowedValues: z.array(z.string()).optional(),
  interpolationType: z.literal('ENV_VAR').optional(),
});

const stepSchema = z.strictObject({
  action: z.literal('aws:runShellScript'),
  name: z.string().regex(/^[A-Za-z0-9_-]+$/),
  precondition: z.strictObject({ StringEquals: z.tuple([z.literal('platformType'), z.literal('Linux')]) }).optional(),
  inputs: z.strictObject({
    runCommand: z.array(z.string().refine((line) => !REFERENCE.test(line), 'no {{ }}: use interpolationType ENV_VAR')).min(1),
    timeoutSeconds: z.union([timeoutSchema, z.string().regex(new RegExp(`^${REFERENCE.source}$`))]).default(3600),
  }),
});

const documentSchema = z
  .strictObject({
    schemaVersion: z.literal('2.2'),
    description: z.string().optional(),
    parameters: z.record(z.string().regex(/^[A-Za-z0-9]+$/), parameterSchema).default({}),
    mainSteps: z.tuple([stepSchema]),
  })
  .refine((document) => Buffer.byteLength(JSON.stringify(document)) <= MAX_DOCUMENT_BYTES, 'larger than 64 KB');

/** Accepts what the local agent can run, by name; throws an Error that says what it cannot. */
export function loadDocument({ name, content }: SsmDocument): CommandDocument {
  const parsed = documentSchema.safeParse(content);
  if (!parsed.success) throw new Error(`The SSM document ${name} is not supported:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Puts the parameters of one SendCommand into a document. Errors: `InvalidParameters`, before anything runs. */
export function render(document: CommandDocument, given: Readonly<Record<string, readonly string[]>>): Rendered {
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(document.parameters, name));
  if (unknown.length > 0) throw invalid(`The document has no parameter ${unknown.join(', ')}`);
  const values = new Map(
    Object.entries(document.parameters).map(([name, definition]) => [name, chooseValue(name, definition, given[name])]),
  );
  const [{ name: step, inputs }] = document.mainSteps;
  const variables = [...values].filter(([name]) => document.parameters[name]?.interpolationType === 'ENV_VAR');
  return {
    step,
    script: `${inputs.runCommand.join('\n')}\n`,
    environment: Object.fromEntries(variables.map(([name, value]) => [`SSM_${name}`, value])),
    timeoutSeconds: typeof inputs.timeoutSeconds === 'number' ? inputs.timeoutSeconds : referredTimeout(inputs.timeoutSeconds, values),
  };
}

function chooseValue(name: string, definition: z.infer<typeof parameterSchema>, given: readonly string[] | undefined): string {
  const [value = definition.default, ...more] = given ?? [];
  if (value === undefined) throw invalid(`Parameter ${name} has no value and no default`);
  if (more.length > 0) throw invalid(`Parameter ${name} takes one value`);
  const { allowedPattern, allowedValues } = definition;
  // Unanchored, as the agent matches: a pattern has to bring its own ^ and $.
  if (allowedPattern !== undefined && !new RegExp(allowedPattern).test(value)) {
    throw invalid(`Parameter ${name} must match ${allowedPattern}: ${JSON.stringify(value)}`);
  }
  if (allowedValues !== undefined && !allowedValues.includes(value)) {
    throw invalid(`Parameter ${name} must be one of ${allowedValues.join(', ')}: ${JSON.stringify(value)}`);
  }
  return value;
}

function referredTimeout(reference: string, values: ReadonlyMap<string, string>): number {
  const name = REFERENCE.exec(reference)?.[1] ?? '';
  const timeout = timeoutSchema.safeParse(values.get(name));
  if (!timeout.success) throw invalid(`timeoutSeconds is {{ ${name} }}, which is not a whole number from 5 to 172800`);
  return timeout.data;
}

function invalid(message: string): Error {
  return apiError('InvalidParameters', message);
}
