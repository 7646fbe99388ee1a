import * as z from 'zod';
import type { ActionName } from '../../model/actions.ts';
import { answers } from '../../model/answers.ts';
import { DrError, type ErrorName, errorNameOf } from '../../model/errors.ts';
import type { RunCommand } from '../aws/ssm.ts';
import { concurrently } from '../concurrently.ts';

/** What SSM lists of a command on one instance. */
export type Invocation = Awaited<ReturnType<RunCommand['listInvocations']>>[number];

/** What an instance has answered. */
export interface NodeAnswer {
  readonly instanceId: string;
  readonly answer: unknown;
}

/** What the SSM agent adds to the stderr of a script that failed. */
const AGENT_POSTSCRIPT = /failed to run commands: exit status \d+\s*$/;
const CONCURRENCY = 10;
/** Failures are named for so many nodes, each with so many characters: Step Functions takes a cause of 32,768. */
const NAMED = 5;
const LENGTH = 2000;

/**
 * The answers of invocations that have all ended, in the order of the instances' ids. Errors: the catalogue name of the first
 * failed node's exit code, `NodeFailed` (SSM did not run it to its end), `NodeOutputInvalid`; each names step, node, exit code and
 * the script's last sentence.
 */
export async function judge(
  action: ActionName,
  invocations: readonly Invocation[],
  readOutput: RunCommand['readOutput'],
): Promise<NodeAnswer[]> {
  const results = await concurrently(CONCURRENCY, invocations, (invocation) => judgeOne(action, invocation, readOutput));
  results.sort((a, b) => a.instanceId.localeCompare(b.instanceId));
  const failures = results.filter((result): result is Failure => 'error' in result);
  if (failures.length > 0) throw summarize(action, failures);
  return results.filter((result): result is NodeAnswer => 'answer' in result);
}

interface Failure {
  readonly instanceId: string;
  readonly error: ErrorName;
  readonly why: string;
}

async function judgeOne(
  action: ActionName,
  { CommandId = '', InstanceId: instanceId = '', Status, StatusDetails }: Invocation,
  readOutput: RunCommand['readOutput'],
): Promise<NodeAnswer | Failure> {
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
