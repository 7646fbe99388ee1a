import { z } from 'zod';

/** An EventBridge rule as the template declares it. */
export interface EventRule {
  readonly name: string;
  readonly properties: unknown;
}

/** A rule that can be run: which events it takes, and what goes where then. */
export interface LoadedRule {
  readonly name: string;
  readonly targets: readonly Target[];
  matches(event: object): boolean;
}

interface Target {
  readonly arn: string;
  /** What of an event the target receives. */
  select(event: object): unknown;
}

/** Fields, nested, that hold one of these texts. No other kind of comparison is supported. */
type Pattern = { readonly [field: string]: Pattern | readonly string[] };

const patternSchema: z.ZodType<Pattern> = z.record(
  z.string(),
  z.union([z.array(z.string()).min(1), z.lazy(() => patternSchema)], { error: 'only lists of exact texts are supported' }),
);

/** Every property that is understood. What follows after a failed delivery is for AWS alone: here a failure is an error. */
const ruleSchema = z.strictObject({
  Name: z.string().optional(),
  Description: z.string().optional(),
  State: z.literal('ENABLED').default('ENABLED'),
  Tags: z.unknown().optional(),
  EventPattern: patternSchema,
  Targets: z
    .array(
      z.strictObject({
        Id: z.string(),
        Arn: z.string(),
        InputPath: z.literal('$.detail').optional(),
        RoleArn: z.string().optional(),
        DeadLetterConfig: z.unknown().optional(),
        RetryPolicy: z.unknown().optional(),
      }),
    )
    .min(1),
});

/**
 * Checks a rule down to its last field.
 * @param arns what its targets may be
 * @throws Error that names the rule and what of it is not supported
 */
export function loadRule({ name, properties }: EventRule, arns: ReadonlySet<string>): LoadedRule {
  const parsed = ruleSchema.safeParse(properties);
  if (!parsed.success) throw new Error(`The rule ${name} is not supported:\n${z.prettifyError(parsed.error)}`);
  const { EventPattern, Targets } = parsed.data;
  for (const { Arn } of Targets) if (!arns.has(Arn)) throw new Error(`The rule ${name} has the target ${Arn}, which does not exist`);
  return {
    name,
    targets: Targets.map(({ Arn, InputPath }) => ({
      arn: Arn,
      select: (event) => (InputPath ? (event as { detail?: unknown }).detail : event),
    })),
    matches: (event) => matches(EventPattern, event),
  };
}

function matches(pattern: Pattern, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(pattern).every(([field, wanted]) => {
    const found: unknown = (value as Record<string, unknown>)[field];
    // Of a list in the event one item is enough.
    return isTexts(wanted) ? [found].flat().some((item) => wanted.includes(item as string)) : matches(wanted, found);
  });
}

function isTexts(wanted: Pattern | readonly string[]): wanted is readonly string[] {
  return Array.isArray(wanted);
}
