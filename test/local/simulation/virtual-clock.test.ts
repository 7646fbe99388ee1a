import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { never, virtualClock } from '../../../local/simulation/virtual-clock.ts';

describe('a virtual clock', () => {
  it('wakes sleepers in the order of their times, and shows the time that each slept to', async () => {
    const clock = virtualClock();
    const start = clock.now();
    const woken: number[] = [];
    const sleeper = async (ms: number) => {
      await clock.sleep(ms, never);
      woken.push(clock.now() - start);
    };

    await Promise.all([sleeper(3_600_000), sleeper(5), sleeper(100)]);

    expect(woken).toEqual([5, 100, 3_600_000]);
  });

  it('does not jump while somebody still works, for however many turns, beside another clock that does not either', async () => {
    const work = async (clock: ReturnType<typeof virtualClock>) => {
      const start = clock.now();
      const sleeping = clock.sleep(1000, never);
      for (let turns = 0; turns < 500; turns++) await turn();
      const worked = clock.now() - start;
      await sleeping;
      return [worked, clock.now() - start];
    };

    const times = await Promise.all([work(virtualClock()), work(virtualClock())]);

    expect(times).toEqual([
      [0, 1000],
      [0, 1000],
    ]);
  });
});
