import * as z from 'zod';

/** Why an execution failed: a catalogue name (or Step Functions' own) and the sentence behind it. */
export interface Failure {
  readonly error: string;
  readonly message: string;
}

const lambdaCause = z.object({ errorType: z.string(), errorMessage: z.string() });
const executionCause = z.object({ Error: z.string(), Cause: z.string().default('') });
/** A child execution that was stopped or ran out of time need not have an error. */
const endedCause = z.object({ ExecutionArn: z.string(), Status: z.string() });

/**
 * Finds the reason of a failed execution: Step Functions wraps a child execution's failure (startExecution.sync:2) and a
 * Lambda's error into JSON texts, one inside the other, and cuts off what becomes too long.
 */
export function describeFailure(error: string, cause: string): Failure {
  const value = parse(cause);
  const child = executionCause.safeParse(value);
  if (child.success) return describeFailure(child.data.Error, child.data.Cause);
  const thrown = lambdaCause.safeParse(value);
  if (thrown.success) return { error: thrown.data.errorType, message: thrown.data.errorMessage };
  const ended = endedCause.safeParse(value);
  if (ended.success) {
    const { ExecutionArn, Status } = ended.data;
    return { error: Status === 'TIMED_OUT' ? 'States.Timeout' : error, message: `${ExecutionArn} ended as ${Status}.` };
  }
  return value === undefined && cause.startsWith('{') ? readCutOff(error, cause) : { error, message: cause };
}

/** What can still be seen in JSON texts, one inside the other, whose end is missing: names without their quotes' backslashes. */
function readCutOff(error: string, cause: string): Failure {
  const text = cause.replace(/\\+n/g, ' ').replaceAll('\\', '');
  const thrown = /"errorType": ?"([^"]+)"/.exec(text)?.[1];
  const named = [...text.matchAll(/"Error": ?"([^"]+)"/g)].map(([, name]) => name).find((name) => name !== 'States.TaskFailed');
  const sentence = /"errorMessage": ?"(.*?)(?:", ?"trace"|$)/s.exec(text)?.[1];
  return { error: thrown ?? named ?? error, message: sentence || cause };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A cause that is not JSON is a sentence.
  }
}
