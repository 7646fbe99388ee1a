import * as z from 'zod';
import { resourceName } from '../../model/names.ts';
import { parseOr } from '../../model/parse.ts';
import { executionArnSchema } from '../execution.ts';
import { type LeaseJudge, takeLease as take } from '../lease.ts';

/**
 * Lets one backup or restore of a cluster run at a time. A restore that only plans `changes` nothing, and may run beside them.
 * Errors: `RequestInvalid`, those of the lease.
 */
export async function takeLease(input: unknown, judge: LeaseJudge): Promise<{ taken: boolean }> {
  const schema = z.strictObject({ execution: executionArnSchema(`${resourceName(judge.cluster)}-`), changes: z.boolean() });
  const { execution, changes } = parseOr('RequestInvalid', 'The input of TakeLease', schema, input);
  if (changes) await take(execution, judge);
  return { taken: changes };
}
