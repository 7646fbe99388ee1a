import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../../local/engine/engine.ts';

/** A clock that starts at 2025-01-01 and jumps to the next sleeper as soon as nothing else happens for some turns of the event loop. */
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
        signal.addEventListener('abort', abort, { once: true });
        if (!ticking) tick();
      }),
  };

  async function tick(): Promise<void> {
    ticking = true;
    while (sleepers.size > 0) {
      for (let idle = 0; idle < 50; idle++) await turn();
      const [next] = [...sleepers].sort((a, b) => a.due - b.due);
      if (!next) break;
      sleepers.delete(next);
      now = Math.max(now, next.due);
      next.wake();
    }
    ticking = false;
  }
}
