import { setTimeout as timeout } from 'node:timers/promises';

/** Where the engine takes its time from; tests give it another one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason or an AbortError as soon as the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    const end = Date.now() + ms;
    do await timeout(Math.max(0, Math.min(end - Date.now(), LONGEST_TIMER)), undefined, { signal });
    while (Date.now() < end);
  },
};

/** A limit of time around some work. */
export interface Deadline {
  /** Aborted by the outer signal, with its reason, or with `expiry` when the time is over. */
  readonly signal: AbortSignal;
  /** Ends the limit; to be called when the work has ended. */
  clear(): void;
}

/** Limits work to `seconds`, or to the outer signal alone when `seconds` is undefined. */
export function deadline(clock: Clock, seconds: number | undefined, outer: AbortSignal, expiry: Error): Deadline {
  const limit = new AbortController();
  const timer = new AbortController();
  if (seconds !== undefined) {
    clock.sleep(seconds * 1000, timer.signal).then(
      () => limit.abort(expiry),
      (error) => timer.signal.aborted || limit.abort(error),
    );
  }
  return { signal: AbortSignal.any([outer, limit.signal]), clear: () => timer.abort() };
}

/** The outcome of `work`, or a rejection with the signal's reason as soon as it is aborted, even if the work goes on. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).then(() => signal.removeEventListener('abort', abort));
  });
}
