import { describe, expect, it } from 'vitest';
import { alternate, ratios, spread } from '../../../bench/side-by-side/statistics.ts';

describe('the statistics of the benchmarks', () => {
  it.each([
    [[3, 1, 2], { median: 2, least: 1, most: 3 }],
    [[4, 1, 2, 3], { median: 2.5, least: 1, most: 4 }],
    [[7], { median: 7, least: 7, most: 7 }],
  ])('take the median of %j and its spread', (figures, expected) => {
    expect(spread(figures)).toEqual(expected);
  });

  it('refuse to tell anything of nothing', () => {
    expect(() => spread([])).toThrow('nothing was measured');
  });

  it('compare round by round, not median with median', () => {
    expect(ratios([1, 10, 100], [2, 10, 50])).toEqual({ median: 1, least: 0.5, most: 2 });
  });

  it('let another one begin in each round', async () => {
    const order: string[] = [];

    await alternate(3, ['a', 'b'], async (item, round) => void order.push(`${item}${round}`));

    expect(order).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2']);
  });
});
