import { setMaxListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../engine/clock.ts';

/** For those who sleep to the end, however many they are. */
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** A clock that starts at 2025-01-01 and jumps to the next sleeper as soon as the event loop has nothing else to do. */
export function virtualClock(): Clock & { readonly sleepers: ReadonlySet<unknown> } {
  let now = Date.UTC(2025, 0, 1);
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>();
  let ticking = false;

  return {
    sleepers,
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const abort = () => sleepers.delete(sleeper) && reject(signal.reason);
        const wake = () => {
          signal.removeEventListener('abort', abort);
          resolve();
        };
        const sleeper = { due: now + ms, wake };
        if (signal.aborted) return reject(signal.reason);
        sleepers.add(sleeper);
        if (signal !== never) signal.addEventListener('abort', abort, { once: true });
        if (!ticking) tick();
      }),
  };

  async function tick(): Promise<void> {
    ticking = true;
    while (sleepers.size > 0) {
      do await turnOfClock();
      while (process.getActiveResourcesInfo().filter((resource) => resource === 'Immediate').length > turning);
      let next: { readonly due: number; readonly wake: () => void } | undefined;
      for (const sleeper of sleepers) if (!next || sleeper.due < next.due) next = sleeper;
      if (!next) break;
      sleepers.delete(next);
      now = Math.max(now, next.due);
      next.wake();
    }
    ticking = false;
  }
}

/** Turns that clocks, of which there may be several, are waiting for. */
let turning = 0;

async function turnOfClock(): Promise<void> {
  turning += 1;
  await turn();
  turning -= 1;
}
