import { z } from 'zod';

/** Why an execution failed: a catalogue name (or Step Functions' own) and the sentence behind it. */
export interface Failure {
  readonly error: string;
  readonly message: string;
}

const lambdaCause = z.object({ errorType: z.string(), errorMessage: z.string() });
const executionCause = z.object({ Error: z.string(), Cause: z.string().default('') });

/**
 * Finds the reason of a failed execution: Step Functions wraps a child execution's failure (startExecution.sync:2) and a
 * Lambda's error into JSON texts, one inside the other.
 */
export function describeFailure(error: string, cause: string): Failure {
  const value = parse(cause);
  const child = executionCause.safeParse(value);
  if (child.success) return describeFailure(child.data.Error, child.data.Cause);
  const thrown = lambdaCause.safeParse(value);
  if (thrown.success) return { error: thrown.data.errorType, message: thrown.data.errorMessage };
  return { error, message: cause };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // A cause that is not JSON is a sentence.
  }
}
