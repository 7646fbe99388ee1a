import { parseOr } from '../../model/parse.ts';
import { depthSchema } from '../../model/verification.ts';
import { type Starter, scheduledSchema, startScheduled } from '../scheduled.ts';

const inputSchema = scheduledSchema.extend({ depth: depthSchema });

/**
 * Starts the verification of a scheduled time, once however often it is delivered: of the backup that is the newest complete one when
 * it begins. Errors: `RequestInvalid`, those of StartExecution.
 */
export async function startVerification(input: unknown, starter: Starter): Promise<{ name: string; started: boolean }> {
  const { depth, ...scheduled } = parseOr('RequestInvalid', 'The input of StartVerification', inputSchema, input);
  return await startScheduled(scheduled, { cluster: starter.cluster, backup: 'latest', depth }, starter);
}
