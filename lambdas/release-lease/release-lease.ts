import * as z from 'zod';
import { resourceName } from '../../model/names.ts';
import { parseOr } from '../../model/parse.ts';
import type { ExecutionStatus } from '../aws/sfn.ts';
import { executionArnSchema } from '../execution.ts';
import { type Lease, releaseLease as release } from '../lease.ts';

interface Releaser extends Lease {
  readonly statusOf: (executionArn: string) => Promise<ExecutionStatus | undefined>;
}

/**
 * Gives the lease of an execution up: of one that says that it is `done`, or of one that has ended; redriven meanwhile, it needs
 * it again. Errors: `RequestInvalid`, those of the lease.
 */
export async function releaseLease(input: unknown, releaser: Releaser): Promise<void> {
  const schema = z.strictObject({ execution: executionArnSchema(`${resourceName(releaser.cluster)}-`), done: z.boolean() });
  const { execution, done } = parseOr('RequestInvalid', 'The input of ReleaseLease', schema, input);
  const runs = async () => ['RUNNING', 'PENDING_REDRIVE'].includes((await releaser.statusOf(execution.arn)) ?? '');
  await release(execution, releaser, async () => !done && (await runs()));
}
