import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';

/** A schedule of EventBridge Scheduler as the template declares it. */
export interface DeclaredSchedule {
  readonly name: string;
  readonly arn: string;
  readonly properties: unknown;
}

/** A schedule that starts a Lambda function. Nothing here waits for its time: it is delivered when somebody says so. */
export interface Schedule {
  readonly name: string;
  readonly arn: string;
  /** `cron(…)`, `rate(…)` or `at(…)` */
  readonly expression: string;
  readonly state: 'ENABLED' | 'DISABLED';
  readonly functionArn: string;
  /** JSON text with the Scheduler's placeholders; without it the function receives an event. */
  readonly input: string | undefined;
}

const scheduleSchema = z.strictObject({
  Name: z.string().optional(),
  GroupName: z.string().optional(),
  Description: z.string().optional(),
  ScheduleExpression: z.string(),
  ScheduleExpressionTimezone: z.string().optional(),
  FlexibleTimeWindow: z.strictObject({ Mode: z.enum(['OFF', 'FLEXIBLE']), MaximumWindowInMinutes: z.number().optional() }),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Target: z.strictObject({
    Arn: z.string(),
    RoleArn: z.string(),
    Input: z.string().optional(),
    RetryPolicy: z.unknown().optional(),
    DeadLetterConfig: z.unknown().optional(),
  }),
});

/**
 * Checks a schedule down to its last field.
 * @param functionArns what its target may be
 * @throws Error that names the schedule and what of it is not supported
 */
export function loadSchedule({ name, arn, properties }: DeclaredSchedule, functionArns: ReadonlySet<string>): Schedule {
  const parsed = scheduleSchema.safeParse(properties);
  if (!parsed.success) throw new Error(`The schedule ${name} is not supported:\n${z.prettifyError(parsed.error)}`);
  const { ScheduleExpression: expression, State: state, Target } = parsed.data;
  if (!functionArns.has(Target.Arn)) throw new Error(`The schedule ${name} has the target ${Target.Arn}, which is no Lambda function`);
  return { name, arn, expression, state, functionArn: Target.Arn, input: Target.Input };
}

/** What the function of a schedule receives for this time. Throws for a schedule that is disabled. */
export function payloadOf({ name, arn, state, input }: Schedule, scheduledTime: Date): unknown {
  if (state === 'DISABLED') throw new Error(`The schedule ${name} is disabled`);
  const time = scheduledTime.toISOString().replace(/\.\d+Z$/, 'Z');
  if (input === undefined) return defaultEvent(arn, time);
  const values: Readonly<Record<string, string>> = {
    'scheduled-time': time,
    'execution-id': randomBytes(8).toString('hex'),
    'attempt-number': '1',
    'schedule-arn': arn,
  };
  return JSON.parse(input.replace(/<aws\.scheduler\.([a-z-]+)>/g, (placeholder, key: string) => values[key] ?? placeholder));
}

function defaultEvent(arn: string, time: string): object {
  const [region, account] = arn.split(':').slice(3);
  const kind = { 'detail-type': 'Scheduled Event', source: 'aws.scheduler' };
  return { version: '0', id: randomUUID(), ...kind, account, time, region, resources: [arn], detail: '{}' };
}
