/** One operation of an AWS JSON service; it rejects with an {@link apiError}, anything else is a defect. */
export type JsonApi = (operation: string, body: unknown) => Promise<unknown>;

/** A refusal that the client receives under this error name, e.g. `InvalidDocument`. */
export function apiError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
