import * as z from 'zod';
import { type ActionName, actions } from '../../model/actions.ts';
import { answers } from '../../model/answers.ts';
import { DrError, type ErrorName, errorNameOf } from '../../model/errors.ts';
import { parseOr } from '../../model/parse.ts';
import { instanceIdSchema } from '../../model/receipt.ts';
import type { RunCommand } from '../aws/ssm.ts';
import { concurrently } from '../concurrently.ts';

const inputSchema = z.strictObject({
  action: z.enum(Object.keys(actions) as [ActionName, ...ActionName[]]),
  commandIds: z.array(z.string()).min(1),
  instanceIds: z.array(instanceIdSchema).min(1),
  /** When the command was sent, in milliseconds since 1970. */
  sentAt: z.int().positive(),
});

/** `done` only when every instance ended with success and printed the answer that the action promises. */
export type CommandState = { readonly done: false } | { readonly done: true; readonly nodes: { instanceId: string; answer: unknown }[] };

type Invocation = Awaited<ReturnType<RunCommand['listInvocations']>>[number];

/** What the SSM agent adds to the stderr of a script that failed. */
const AGENT_POSTSCRIPT = /failed to run commands: exit status \d+\s*$/;
const UNFINISHED = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);
const CONCURRENCY = 10;
/** A command that no agent has taken up after so long will not run: the instance or its agent is gone. */
const DELIVERY_LIMIT_MS = 15 * 60_000;
/** Failures are named for so many nodes, each with so many characters: Step Functions takes a cause of 32,768. */
const NAMED = 5;
const LENGTH = 2000;

/**
 * Reads all invocations of a sent command. Waits for every node before it judges, so that nothing still runs when a step
 * has failed. Errors: the catalogue name of the first failed node's exit code, `NodeFailed` (SSM did not run it to its
 * end), `NodeOutputInvalid`; each names step, node, exit code and the script's last sentence.
 */
export async function readCommand(
  input: unknown,
  runCommand: Pick<RunCommand, 'listInvocations' | 'readOutput'>,
  now: () => number,
): Promise<CommandState> {
  const { action, commandIds, instanceIds, sentAt } = parseOr('NodeOutputInvalid', 'The input of ReadCommand', inputSchema, input);
  const invocations = (await Promise.all(commandIds.map(runCommand.listInvocations))).flat();
  const byInstance = new Map(invocations.map((invocation) => [invocation.InstanceId, invocation]));
  // SSM lists an invocation a moment after SendCommand returned: one that is not there yet is not done.
  const statusOf = (instanceId: string) => byInstance.get(instanceId)?.Status ?? 'Pending';
  const unfinished = instanceIds.filter((instanceId) => UNFINISHED.has(statusOf(instanceId)));
  const undelivered = unfinished.filter((instanceId) => statusOf(instanceId) === 'Pending');
  if (undelivered.length > 0 && undelivered.length === unfinished.length && now() - sentAt > DELIVERY_LIMIT_MS) {
    throw new DrError('NodeFailed', `${action} was not taken up within 15 minutes by ${undelivered.join(', ')}.`);
  }
  if (unfinished.length > 0) return { done: false };

  const results = await concurrently(CONCURRENCY, instanceIds, (instanceId) =>
    judge(action, byInstance.get(instanceId) as Invocation, runCommand.readOutput),
  );
  results.sort((a, b) => a.instanceId.localeCompare(b.instanceId));
  const failures = results.filter((result): result is Failure => 'error' in result);
  if (failures.length > 0) throw summarize(action, failures);
  return { done: true, nodes: results.filter((result): result is Success => 'answer' in result) };
}

interface Success {
  readonly instanceId: string;
  readonly answer: unknown;
}
interface Failure {
  readonly instanceId: string;
  readonly error: ErrorName;
  readonly why: string;
}
type Result = Success | Failure;

async function judge(
  action: ActionName,
  { CommandId = '', InstanceId: instanceId = '', Status, StatusDetails }: Invocation,
  readOutput: RunCommand['readOutput'],
): Promise<Result> {
  const { exitCode, stdout, stderr } = await readOutput(CommandId, instanceId);
  // A script that fails says why on stdout; of stderr, which is full of progress, SSM keeps only the beginning.
  const sentence = lastLine(stdout) || lastLine(stderr.replace(AGENT_POSTSCRIPT, ''));
  if (Status === 'Failed' && exitCode > 0) return { instanceId, error: errorNameOf(exitCode), why: `exit ${exitCode}: ${sentence}` };
  if (Status !== 'Success') return { instanceId, error: 'NodeFailed', why: `${StatusDetails ?? Status}${sentence && `: ${sentence}`}` };
  const answer = answers[action].safeParse(parseJson(stdout));
  if (answer.success) return { instanceId, answer: answer.data };
  return {
    instanceId,
    error: 'NodeOutputInvalid',
    why: `answered ${JSON.stringify(stdout.slice(0, 200))}: ${z.prettifyError(answer.error)}`,
  };
}

function summarize(action: ActionName, failures: readonly Failure[]): DrError {
  const named = failures
    .slice(0, NAMED)
    .map(({ instanceId, error, why }) => `${action} failed on ${instanceId} (${error}): ${why.slice(0, LENGTH)}`);
  const more = failures.length > NAMED ? ` and ${failures.length - NAMED} more nodes` : '';
  return new DrError((failures[0] as Failure).error, `${named.join(' | ')}${more}`);
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema refuses it, quoting the text.
  }
}
