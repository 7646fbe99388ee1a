import { type Command, errorsAllowed, type Invocation } from './commands.ts';

type Status = Pick<Invocation, 'status' | 'statusDetails'>;

/** Whether an invocation has come to its end, whatever that was. */
export function hasEnded({ status }: Pick<Invocation, 'status'>): boolean {
  return !['Pending', 'InProgress', 'Cancelling'].includes(status);
}

/** The `Status` and `StatusDetails` of a whole command, which follow from those of its invocations. */
export function statusOf(command: Command): { readonly Status: string; readonly StatusDetails: string } {
  const { status, statusDetails } = summarize(command);
  return { Status: status, StatusDetails: statusDetails };
}

function summarize(command: Command): Status {
  const { invocations } = command;
  const [first] = invocations as [Invocation];
  const find = (wanted: string) => invocations.find(({ status }) => status === wanted);
  // One status for all is the command's, begun or ended.
  if (invocations.every(({ statusDetails }) => statusDetails === first.statusDetails)) return first;
  if (!invocations.every(hasEnded)) return find('Cancelling') ?? { status: 'InProgress', statusDetails: 'InProgress' };
  const errors = invocations.filter(({ statusDetails }) => ['Failed', 'ExecutionTimedOut'].includes(statusDetails));
  if (errors.length > errorsAllowed(command)) return errors[0] as Invocation;
  const cancelled = invocations.find(({ statusDetails }) => statusDetails === 'Cancelled');
  return cancelled ?? { status: 'Failed', statusDetails: 'Incomplete' };
}
