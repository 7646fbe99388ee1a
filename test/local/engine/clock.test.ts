import { describe, expect, it } from 'vitest';
import { deadline, systemClock, untilAborted } from '../../../local/engine/clock.ts';
import { virtualClock } from '../../../local/simulation/virtual-clock.ts';

const never = new AbortController().signal;

describe('systemClock', () => {
  it('sleeps at least as long as it should', async () => {
    const before = Date.now();

    await systemClock.sleep(20, never);

    expect(Date.now() - before).toBeGreaterThanOrEqual(20);
  });

  it('wakes with a rejection when it is aborted, even from a sleep longer than a timer can be', async () => {
    const controller = new AbortController();
    const sleep = systemClock.sleep(2 ** 40, controller.signal);

    controller.abort();

    await expect(sleep).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('deadline', () => {
  it('aborts with its expiry when the time is over', async () => {
    const expiry = new Error('too late');

    const { signal } = deadline(virtualClock(), 5, never, expiry);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));

    expect(signal.reason).toBe(expiry);
  });

  it('does not abort once it is cleared', async () => {
    const clock = virtualClock();
    const limit = deadline(clock, 5, never, new Error('too late'));

    limit.clear();
    await clock.sleep(60_000, never);

    expect(limit.signal.aborted).toBe(false);
  });
});

describe('untilAborted', () => {
  it('gives the outcome of the work', async () => {
    expect(await untilAborted(never, Promise.resolve(1))).toBe(1);
    await expect(untilAborted(never, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('rejects at once with the reason, even if the work never ends', async () => {
    const reason = new Error('stop');

    await expect(untilAborted(AbortSignal.abort(reason), new Promise(() => {}))).rejects.toBe(reason);
  });
});
