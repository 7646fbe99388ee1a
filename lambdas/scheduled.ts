import * as z from 'zod';
import type { StartExecution } from './aws/sfn.ts';

/** What a schedule hands over. */
export const scheduledSchema = z.strictObject({
  schedule: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected the name of a schedule'),
  /** When the schedule wanted the execution to start, which may be before it was delivered. */
  scheduledTime: z.iso.datetime(),
});

/** Step Functions, and the machine of a cluster that is started there. */
export interface Starter {
  readonly cluster: string;
  readonly stateMachineArn: string;
  readonly startExecution: StartExecution;
}

/**
 * Starts the execution of a scheduled time, under a name that this time makes unique: a schedule that is delivered twice starts one.
 * `started` is false when it was started before. Errors: those of StartExecution.
 */
export async function startScheduled(
  { schedule, scheduledTime }: z.infer<typeof scheduledSchema>,
  input: object,
  { stateMachineArn, startExecution }: Omit<Starter, 'cluster'>,
): Promise<{ name: string; started: boolean }> {
  const name = `${schedule}-${new Date(scheduledTime).toISOString().replace(/[-:]|\.[0-9]+/g, '')}`;
  return { name, started: await startExecution({ stateMachineArn, name, input: JSON.stringify(input) }) };
}
