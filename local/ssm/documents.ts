import { z } from 'zod';
import { isOlder } from '../../model/version.ts';
import { apiError } from '../json-api.ts';

/** An SSM document as the template declares it; `content` is the parsed JSON. */
export interface SsmDocument {
  readonly name: string;
  readonly content: unknown;
}

/** A document of the only kind that is supported: schema 2.2, one `aws:runShellScript` step, String parameters. */
export type CommandDocument = z.infer<typeof documentSchema>;

/** A document with the parameters of one SendCommand in it. */
export interface Rendered {
  readonly step: string;
  readonly timeoutSeconds: number;
  /** What an agent of this version runs, and the variables that it adds. */
  forAgent(version: string): { readonly script: string; readonly environment: Readonly<Record<string, string>> };
}

/** The first agent that knows `interpolationType`: older ones ignore it, and put every parameter into the text. */
export const FIRST_AGENT_WITH_VARIABLES = '3.3.2746.0';

/** The agent silently takes 3600 s for anything outside of this, so such a value is refused here. */
const timeoutSchema = z.coerce.number().int().min(5).max(172_800);
const REFERENCE = /\{\{\s*([A-Za-z0-9]+)\s*\}\}/g;
/** References, and what would be one to another service, like `{{ssm:name}}`. */
const BRACES = /\{\{.*?\}\}/g;
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
    runCommand: z.array(z.string()).min(1),
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
  .refine((document) => Buffer.byteLength(JSON.stringify(document)) <= MAX_DOCUMENT_BYTES, 'larger than 64 KB')
  .superRefine(({ parameters, mainSteps: [{ inputs }] }, context) => {
    for (const [reference] of inputs.runCommand.join('\n').matchAll(BRACES)) {
      if (!Object.hasOwn(parameters, nameIn(reference))) context.addIssue(`${reference} in runCommand is no parameter of the document`);
    }
    if (typeof inputs.timeoutSeconds === 'number') return;
    const parameter = parameters[nameIn(inputs.timeoutSeconds)];
    if (!parameter) context.addIssue(`timeoutSeconds is ${inputs.timeoutSeconds}, which is no parameter of the document`);
    // What an agent does with such a reference is documented nowhere, and it takes 3600 s for what is no number.
    if (parameter?.interpolationType) context.addIssue(`timeoutSeconds is ${inputs.timeoutSeconds}: that parameter must not be ENV_VAR`);
  });

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
  const script = `${inputs.runCommand.join('\n')}\n`;
  const isVariable = ([name]: [string, string]) => document.parameters[name]?.interpolationType === 'ENV_VAR';
  const texts = [...values].filter((entry) => !isVariable(entry));
  const variables = [...values].filter(isVariable);
  return {
    step,
    timeoutSeconds: typeof inputs.timeoutSeconds === 'number' ? inputs.timeoutSeconds : referredTimeout(inputs.timeoutSeconds, values),
    forAgent: (version) =>
      isOlder(version, FIRST_AGENT_WITH_VARIABLES)
        ? { script: replaceReferences(script, values), environment: {} }
        : {
            // Whether it replaces an ENV_VAR parameter's reference too is documented nowhere: its text stays as it is.
            script: replaceReferences(script, new Map(texts)),
            environment: Object.fromEntries(variables.map(([name, value]) => [`SSM_${name}`, value])),
          },
  };
}

function replaceReferences(script: string, values: ReadonlyMap<string, string>): string {
  return script.replace(REFERENCE, (reference, name: string) => {
    const value = values.get(name) ?? reference;
    if (value.includes('$')) throw new Error(`the agent would expand the $ in the value of ${reference}`);
    return value;
  });
}

function nameIn(braces: string): string {
  return braces.slice(2, -2).trim();
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
  const timeout = timeoutSchema.safeParse(values.get(nameIn(reference)));
  if (!timeout.success) throw invalid(`timeoutSeconds is ${reference}, which is not a whole number from 5 to 172800`);
  return timeout.data;
}

function invalid(message: string): Error {
  return apiError('InvalidParameters', message);
}
