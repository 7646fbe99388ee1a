import { describe, expect, it } from 'vitest';
import { nameSome } from '../../lambdas/obstacles.ts';

const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}`);

describe('naming some of many', () => {
  it.each([
    [1, undefined, 'n0'],
    [10, undefined, 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9'],
    [11, undefined, 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 1 more'],
    [200, 5000, 'n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 4990 more'],
    [2, 3, 'n0, n1 and 1 more'],
  ])('names %d, of %s in all, as %s', (known, count, text) => {
    expect(nameSome(names(known), count)).toBe(text);
  });
});
