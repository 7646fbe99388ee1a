import * as z from 'zod';
import { type ActionName, actions, scriptName } from '../../model/actions.ts';
import { parseOr } from '../../model/parse.ts';
import type { RunCommand } from '../aws/ssm.ts';
import { commentOf, executionArnSchema } from '../execution.ts';

interface Canceller extends Pick<RunCommand, 'listExecuting' | 'cancel'> {
  readonly documentPrefix: string;
}

/**
 * Cancels the commands of an execution that still execute on any node, and tells how many they were: ask again until none
 * is left. Cancelling a command again does no harm. Errors: `RequestInvalid`, those of SSM after all were tried.
 */
export async function cancelCommands(input: unknown, { listExecuting, cancel, documentPrefix }: Canceller): Promise<{ executing: number }> {
  const schema = z.object({ executionArn: executionArnSchema(documentPrefix), stopDate: z.int().positive() });
  const { executionArn, stopDate } = parseOr('RequestInvalid', 'The input of CancelCommands', schema, input);
  // The whole name: another cluster's may begin with this prefix, and its schedules may give executions the same names.
  const documents = new Set((Object.keys(actions) as ActionName[]).map((action) => `${documentPrefix}${scriptName(action)}`));
  const ownComment = commentOf(executionArn);
  const own = (await listExecuting()).filter(
    ({ documentName, comment, requestedAt }) =>
      // Later ones are those of a redrive. What a sender sent after the stop, the sender itself cancels.
      documents.has(documentName) && comment === ownComment && requestedAt.getTime() <= stopDate,
  );
  const outcomes = await Promise.allSettled(own.map(({ commandId }) => cancel(commandId)));
  const failed = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
  if (failed) throw failed.reason;
  return { executing: own.length };
}
