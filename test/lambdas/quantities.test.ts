import { describe, expect, it } from 'vitest';
import { count, duration, number, utc } from '../../lambdas/quantities.ts';

describe('quantities, as people read them', () => {
  it.each([
    [0, '0 s'],
    [0.9, '0 s'],
    [59, '59 s'],
    [60, '1 min'],
    [3_661, '1 h 1 min'],
    [3_605, '1 h'],
    [46 * 3600, '46 h'],
    [172_799, '47 h 59 min'],
    [172_800, '2 d'],
    [183_600, '2 d 3 h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it('are grouped in thousands, and counted in the plural but for one', () => {
    expect(number(1_234_567)).toBe('1,234,567');
    expect([0, 1, 1_000].map((value) => count(value, 'table'))).toEqual(['0 tables', '1 table', '1,000 tables']);
  });

  it('tell times to the second, in UTC', () => {
    expect(utc('2026-11-22T10:30:00.123Z')).toBe('2026-11-22 10:30:00 UTC');
  });
});
