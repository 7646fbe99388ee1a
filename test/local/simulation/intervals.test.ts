import { describe, expect, it } from 'vitest';
import { coveredMs } from '../../../local/simulation/intervals.ts';

describe('the time that intervals cover', () => {
  it.each([
    ['nothing', [], 0],
    ['apart', [[0, 2], [5, 6]], 3],
    ['overlapping, in any order', [[3, 7], [0, 5]], 7],
    ['one within another', [[0, 10], [2, 3], [4, 11]], 11],
  ])('is counted once: %s', (_, pairs, covered) => {
    expect(coveredMs(pairs.map(([from = 0, to = 0]) => ({ from, to })))).toBe(covered);
  });
}); // biome-ignore format: pairs in one line
