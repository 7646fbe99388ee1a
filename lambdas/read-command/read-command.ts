import { z } from 'zod';
import { type ActionName, actions } from '../../model/actions.ts';
import { answers } from '../../model/answers.ts';
import { DrError, type ErrorName, errorNameOf } from '../../model/errors.ts';
import { parseOr } from '../../model/parse.ts';
import { instanceIdSchema } from '../../model/receipt.ts';
import type { RunCommand } from '../aws.ts';

const inputSchema = z.strictObject({
  action: z.enum(Object.keys(actions) as [ActionName, ...ActionName[]]),
  commandIds: z.array(z.string()).min(1),
  instanceIds: z.array(instanceIdSchema).min(1),
});

/** `done` only when every instance ended with success and printed the answer that the action promises. */
export type CommandState = { readonly done: false } | { readonly done: true; readonly nodes: { instanceId: string; answer: unknown }[] };

type Invocation = Awaited<ReturnType<RunCommand['listInvocations']>>[number];

const UNFINISHED = new Set(['Pending', 'InProgress', 'Delayed', 'Cancelling']);
const CONCURRENCY = 10;
/** Failures are named for so many nodes, each with so many characters: Step Functions takes a cause of 32,768. */
const NAMED = 5;
const LENGTH = 2000;

/**
 * Reads all invocations of a sent command. Waits for every node before it judges, so that nothing still runs when a step
 * has failed. Errors: the catalogue name of the first failed node's exit code, `NodeFailed` (SSM did not run it to its
 * end), `NodeOutputInvalid`; each names step, node, exit code and the script's last sentence.
 */
export async function readCommand(input: unknown, runCommand: Pick<RunCommand, 'listInvocations' | 'readOutput'>): Promise<CommandState> {
  const { action, commandIds, instanceIds } = parseOr('NodeOutputInvalid', 'The input of ReadCommand', inputSchema, input);
  const invocations = (await Promise.all(commandIds.map(runCommand.listInvocations))).flat();
  const byInstance = new Map(invocations.map((invocation) => [invocation.InstanceId, invocation]));
  // SSM lists an invocation a moment after SendCommand returned: one that is not there yet is not done.
  const ended = instanceIds.map((instanceId) => byInstance.get(instanceId)).filter((invocation) => invocation && isEnded(invocation));
  if (ended.length < instanceIds.length) return { done: false };

  const queue = (ended as Invocation[]).values();
  const results: Result[] = [];
  const worker = async () => {
    for (const invocation of queue) results.push(await judge(action, invocation, runCommand.readOutput));
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
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

function isEnded({ Status = 'Pending' }: Invocation): boolean {
  return !UNFINISHED.has(Status);
}

async function judge(
  action: ActionName,
  { CommandId = '', InstanceId: instanceId = '', Status, StatusDetails }: Invocation,
  readOutput: RunCommand['readOutput'],
): Promise<Result> {
  const { exitCode, stdout, stderr } = await readOutput(CommandId, instanceId);
  const sentence = lastLine(stderr);
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
