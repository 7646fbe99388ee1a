import { parseOr } from '../../model/parse.ts';
import { type Starter, scheduledSchema, startScheduled } from '../scheduled.ts';

/** Starts the backup of a scheduled time, once however often it is delivered. Errors: `RequestInvalid`, those of StartExecution. */
export async function startBackup(input: unknown, starter: Starter): Promise<{ name: string; started: boolean }> {
  const scheduled = parseOr('RequestInvalid', 'The input of StartBackup', scheduledSchema, input);
  return await startScheduled(scheduled, { cluster: starter.cluster }, starter);
}
