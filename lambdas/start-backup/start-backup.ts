import * as z from 'zod';
import { parseOr } from '../../model/parse.ts';
import type { StartExecution } from '../aws/sfn.ts';

const inputSchema = z.strictObject({
  schedule: z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected the name of a schedule'),
  /** When the schedule wanted the backup to start, which may be before it was delivered. */
  scheduledTime: z.iso.datetime(),
});

interface Starter {
  readonly cluster: string;
  readonly stateMachineArn: string;
  readonly startExecution: StartExecution;
}

/**
 * Starts the backup of a scheduled time, under a name that this time makes unique: a schedule that is delivered twice
 * starts one backup. `started` is false when it was started before. Errors: `RequestInvalid`, those of StartExecution.
 */
export async function startBackup(input: unknown, starter: Starter): Promise<{ name: string; started: boolean }> {
  const { schedule, scheduledTime } = parseOr('RequestInvalid', 'The input of StartBackup', inputSchema, input);
  const name = `${schedule}-${new Date(scheduledTime).toISOString().replace(/[-:]|\.[0-9]+/g, '')}`;
  const { cluster, stateMachineArn, startExecution } = starter;
  return { name, started: await startExecution({ stateMachineArn, name, input: JSON.stringify({ cluster }) }) };
}
