import * as z from 'zod';
import { type ActionName, actions } from '../../model/actions.ts';
import { DrError } from '../../model/errors.ts';
import { parseOr } from '../../model/parse.ts';
import { instanceIdSchema } from '../../model/receipt.ts';
import type { RunCommand } from '../aws/ssm.ts';
import { type Invocation, judge, type NodeAnswer } from './judge.ts';

const inputSchema = z.strictObject({
  action: z.enum(Object.keys(actions) as [ActionName, ...ActionName[]]),
  commandIds: z.array(z.string()).min(1),
  instanceIds: z.array(instanceIdSchema).min(1),
  /** When the command was sent, in milliseconds since 1970. */
  sentAt: z.int().positive(),
});

/** `done` only when every instance ended with success and printed the answer that the action promises. */
export type CommandState = { readonly done: false } | { readonly done: true; readonly nodes: NodeAnswer[] };

/** What the wait is measured with; times in milliseconds. */
export interface Waiting {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

type Reader = Pick<RunCommand, 'listInvocations' | 'readOutput'>;

/** One call waits so long: its function may run for a minute more, in which SSM is asked again and again if need be. */
const WAIT_MS = 240_000;
/** SSM is asked each second at first, each second second after ten minutes: an end is seen soon, however long it was in coming. */
const SHORTEST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 2000;
const ELAPSED_PER_DELAY = 300;
const WORKING = new Set(['InProgress', 'Delayed', 'Cancelling']);
/** A command that no agent has taken up after so long will not run: the instance or its agent is gone. */
const DELIVERY_LIMIT_MS = 15 * 60_000;

/**
 * Waits up to four minutes for all invocations of a sent command to end. Judges only when every node has, so that nothing still runs
 * when a step has failed. Errors: those of {@link judge}; `NodeFailed` for nodes that did not take the command up; SSM's own when it
 * has answered nothing at all in the four minutes.
 */
export async function readCommand(input: unknown, runCommand: Reader, { now, sleep }: Waiting): Promise<CommandState> {
  const command = parseOr('NodeOutputInvalid', 'The input of ReadCommand', inputSchema, input);
  const reader = { ...runCommand, readOutput: onceEach(runCommand.readOutput) };
  const end = now() + WAIT_MS;
  let isAnswered = false;
  for (;;) {
    let trouble: unknown;
    try {
      const state = await look(command, reader, now);
      if (state.done) return state;
      isAnswered = true;
    } catch (error) {
      if (error instanceof DrError) throw error;
      // SSM's own trouble, which its client has tried to get over: while nodes work for hours it must not fail the step at once.
      console.warn('SSM could not be asked.', error);
      trouble = error;
    }
    const left = end - now();
    if (left <= 0 && !isAnswered) throw trouble;
    if (left <= 0) return { done: false };
    await sleep(Math.min(left, LONGEST_DELAY_MS, Math.max(SHORTEST_DELAY_MS, (now() - command.sentAt) / ELAPSED_PER_DELAY)));
  }
}

/**
 * Asks for one of the commands after the other, and for no further one as soon as a node is seen that works: waiting for many nodes
 * takes as many requests as waiting for few. That command comes first the next time.
 */
async function look(
  { action, commandIds, instanceIds, sentAt }: z.infer<typeof inputSchema>,
  { listInvocations, readOutput }: Reader,
  now: () => number,
): Promise<CommandState> {
  const byInstance = new Map<string | undefined, Invocation>();
  for (const [index, commandId] of commandIds.entries()) {
    const invocations = await listInvocations(commandId);
    if (invocations.some(({ Status = '' }) => WORKING.has(Status))) {
      commandIds.unshift(...commandIds.splice(index, 1));
      return { done: false };
    }
    for (const invocation of invocations) byInstance.set(invocation.InstanceId, invocation);
  }
  // SSM lists an invocation a moment after SendCommand returned: one that is not there yet is not done.
  const undelivered = instanceIds.filter((instanceId) => (byInstance.get(instanceId)?.Status ?? 'Pending') === 'Pending');
  if (undelivered.length > 0 && now() - sentAt > DELIVERY_LIMIT_MS) {
    throw new DrError('NodeFailed', `${action} was not taken up within 15 minutes by ${undelivered.join(', ')}.`);
  }
  if (undelivered.length > 0) return { done: false };
  const invocations = instanceIds.map((instanceId) => byInstance.get(instanceId) as Invocation);
  return { done: true, nodes: await judge(action, invocations, readOutput) };
}

/** Outputs that have been read are not asked for again when SSM refuses others. */
function onceEach(readOutput: Reader['readOutput']): Reader['readOutput'] {
  const outputs = new Map<string, Awaited<ReturnType<Reader['readOutput']>>>();
  return async (commandId, instanceId) => {
    const output = outputs.get(instanceId) ?? (await readOutput(commandId, instanceId));
    outputs.set(instanceId, output);
    return output;
  };
}
