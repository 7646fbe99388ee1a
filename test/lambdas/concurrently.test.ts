import { describe, expect, it } from 'vitest';
import { concurrently } from '../../lambdas/concurrently.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('working concurrently', () => {
  it('gives the results in the order of the items, whichever is ready first', async () => {
    const waiting: (() => void)[] = [];
    const work = async (item: number) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return item * 2;
    };
    const results = concurrently(3, [1, 2, 3], work);

    for (const finish of waiting.reverse()) finish();

    expect(await results).toEqual([2, 4, 6]);
  });

  it('works on no more items at once than allowed, and on all of them', async () => {
    let working = 0;
    let most = 0;
    const done = await concurrently(4, numbers(100), async (item) => {
      most = Math.max(most, ++working);
      await Promise.resolve();
      working -= 1;
      return item;
    });

    expect(most).toBe(4);
    expect(done).toEqual(numbers(100));
  });

  it('fails when one of them fails', async () => {
    const work = async (item: number) => {
      if (item === 7) throw new Error('seven');
    };

    await expect(concurrently(4, numbers(10), work)).rejects.toThrow('seven');
  });
});
