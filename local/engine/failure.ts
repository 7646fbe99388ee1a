/** Step Functions' limit for the input and the output of a state, in bytes of UTF-8 encoded JSON. */
export const PAYLOAD_LIMIT = 262_144;

/** A state failed: what Retry and Catch decide on, and what becomes the execution's error and cause. */
export class StateFailure extends Error {
  readonly failure: { readonly error?: string; readonly cause?: string };
  constructor(error?: string, cause?: string) {
    super(`${error}: ${cause}`);
    this.name = 'StateFailure';
    this.failure = { ...(error !== undefined && { error }), ...(cause !== undefined && { cause }) };
  }
}

/** The whole execution was ended from outside; no Retry or Catch sees it. */
export class Interruption extends Error {
  readonly status: 'ABORTED' | 'TIMED_OUT';
  readonly failure: { readonly error?: string; readonly cause?: string };
  constructor(status: 'ABORTED' | 'TIMED_OUT', failure: { readonly error?: string; readonly cause?: string }) {
    super(status);
    this.name = 'Interruption';
    this.status = status;
    this.failure = failure;
  }
}

/** Gives the value back, or fails with States.DataLimitExceeded if it is larger than {@link PAYLOAD_LIMIT}. */
export function withinLimit<T>(what: string, value: T): T {
  const bytes = byteLength(value);
  if (bytes > PAYLOAD_LIMIT) {
    throw new StateFailure('States.DataLimitExceeded', `${what} has ${bytes} bytes; the limit is ${PAYLOAD_LIMIT}.`);
  }
  return value;
}

/** Bytes of the value as JSON in UTF-8. */
export function byteLength(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** An error of an API operation; `name` is the code that Step Functions gives it. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
