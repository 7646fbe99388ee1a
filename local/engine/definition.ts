import { z } from 'zod';

const LONGEST_SECONDS = 99_999_999;

const expression = z.string().regex(/^\{%.*%\}$/s, 'must be a {% %} expression');
const json = z.json();
const variables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,79}$/, 'is no name for a variable'), json);
const stateName = z.string().min(1).max(80);
const positiveSeconds = z.int().min(1).max(LONGEST_SECONDS);

/** Error names that the engine can raise; other names beginning with `States.` would never match. */
const errorName = z
  .string()
  .regex(
    /^(?!States\.)|^States\.(ALL|TaskFailed|Timeout|QueryEvaluationError|DataLimitExceeded|NoChoiceMatched)$/,
    'is an error that is not supported',
  );

/** States.ALL matches everything, so it is only allowed where nothing would come after it. */
function wildcardLast(rules: readonly { readonly ErrorEquals: readonly string[] }[]): boolean {
  return rules.every(
    ({ ErrorEquals: names }, index) => !names.includes('States.ALL') || (names.length === 1 && index === rules.length - 1),
  );
}
const wildcard = { error: 'States.ALL must stand alone and in the last entry' };

function exactlyOne<Key extends string>(...keys: Key[]) {
  const check = (state: { readonly [key in Key]?: unknown }) => keys.filter((key) => state[key] !== undefined).length === 1;
  return [check, { error: `exactly one of ${keys.join(', ')} is needed` }] as const;
}

const retrier = z
  .strictObject({
    ErrorEquals: z.array(errorName).min(1),
    Comment: z.string().optional(),
    IntervalSeconds: positiveSeconds.default(1),
    MaxAttempts: z.int().min(0).max(LONGEST_SECONDS).default(3),
    BackoffRate: z.number().min(1).default(2),
    MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
    JitterStrategy: z.enum(['FULL', 'NONE']).default('NONE'),
  })
  .refine(({ IntervalSeconds, MaxDelaySeconds }) => MaxDelaySeconds === undefined || MaxDelaySeconds > IntervalSeconds, {
    path: ['MaxDelaySeconds'],
    error: 'must be greater than IntervalSeconds',
  });

const catcher = z.strictObject({
  ErrorEquals: z.array(errorName).min(1),
  Comment: z.string().optional(),
  Next: stateName,
  Output: json.optional(),
  Assign: variables.optional(),
});

const choiceRule = z.strictObject({
  Comment: z.string().optional(),
  Condition: expression,
  Next: stateName,
  Output: json.optional(),
  Assign: variables.optional(),
});

const common = { Comment: z.string().optional(), QueryLanguage: z.literal('JSONata').optional() };
const transition = { Next: stateName.optional(), End: z.literal(true).optional() };
const nextOrEnd = exactlyOne('Next', 'End');
const results = { Output: json.optional(), Assign: variables.optional() };
const errorHandling = {
  Retry: z.array(retrier).refine(wildcardLast, wildcard).default([]),
  Catch: z.array(catcher).refine(wildcardLast, wildcard).default([]),
};

const lambdaTask = {
  Resource: z.literal('arn:aws:states:::lambda:invoke'),
  Arguments: z.strictObject({ FunctionName: z.string().min(1), Payload: json.optional() }),
};
const childTask = {
  Resource: z.literal('arn:aws:states:::states:startExecution.sync:2'),
  Arguments: z.strictObject({ StateMachineArn: z.string().min(1), Input: json.optional(), Name: z.string().optional() }),
};
const publishTask = {
  Resource: z.literal('arn:aws:states:::sns:publish'),
  Arguments: z.strictObject({ TopicArn: z.string().min(1), Subject: z.string().optional(), Message: z.string() }),
};
const task = { Type: z.literal('Task'), TimeoutSeconds: positiveSeconds.or(expression).optional() };

/** Every state type, with every field, that the engine runs. Whatever is not written here is refused. */
export const stateSchema = z.discriminatedUnion('Type', [
  z.discriminatedUnion('Resource', [
    z.strictObject({ ...common, ...task, ...lambdaTask, ...transition, ...results, ...errorHandling }).refine(...nextOrEnd),
    z.strictObject({ ...common, ...task, ...childTask, ...transition, ...results, ...errorHandling }).refine(...nextOrEnd),
    z.strictObject({ ...common, ...task, ...publishTask, ...transition, ...results, ...errorHandling }).refine(...nextOrEnd),
  ]),
  z
    .strictObject({
      ...common,
      Type: z.literal('Parallel'),
      Branches: z.array(z.unknown()).min(1),
      Arguments: json.optional(),
      ...transition,
      ...results,
      ...errorHandling,
    })
    .refine(...nextOrEnd),
  z
    .strictObject({
      ...common,
      Type: z.literal('Wait'),
      Seconds: z.int().min(0).max(LONGEST_SECONDS).or(expression).optional(),
      Timestamp: z.iso.datetime({ offset: true }).or(expression).optional(),
      ...transition,
      ...results,
    })
    .refine(...nextOrEnd)
    .refine(...exactlyOne('Seconds', 'Timestamp')),
  z.strictObject({
    ...common,
    Type: z.literal('Choice'),
    Choices: z.array(choiceRule).min(1),
    Default: stateName.optional(),
    ...results,
  }),
  z.strictObject({ ...common, Type: z.literal('Pass'), ...transition, ...results }).refine(...nextOrEnd),
  z.strictObject({ ...common, Type: z.literal('Succeed'), Output: json.optional() }),
  z.strictObject({ ...common, Type: z.literal('Fail'), Error: z.string().optional(), Cause: z.string().optional() }),
]);

const group = { StartAt: stateName, States: z.record(stateName, z.unknown()) };

/** What stands at the top of a state machine. */
export const machineSchema = z.strictObject({
  ...group,
  Comment: z.string().optional(),
  QueryLanguage: z.literal('JSONata'),
  Version: z.literal('1.0').optional(),
  TimeoutSeconds: positiveSeconds.optional(),
});

/** What stands at the top of a branch of a Parallel state. */
export const branchSchema = z.strictObject({ ...group, Comment: z.string().optional() });

/** A state as the schema reads it: the branches of a Parallel state not yet checked. */
export type ParsedState = z.infer<typeof stateSchema>;
type Of<Type extends ParsedState['Type']> = Extract<ParsedState, { Type: Type }>;

export type TaskState = Of<'Task'>;
export type ParallelState = Omit<Of<'Parallel'>, 'Branches'> & { readonly Branches: readonly StateGroup[] };
export type WaitState = Of<'Wait'>;
export type ChoiceState = Of<'Choice'>;
export type State = Exclude<ParsedState, { Type: 'Parallel' }> | ParallelState;
export type Retrier = z.infer<typeof retrier>;

/** The states of a machine or of a branch. */
export interface StateGroup {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

/** A definition that the engine supports in every detail. */
export interface Definition extends StateGroup {
  readonly TimeoutSeconds?: number | undefined;
}
