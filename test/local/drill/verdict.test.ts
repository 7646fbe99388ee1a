import { describe, expect, it } from 'vitest';
import { formatVerdict, judge } from '../../../local/drill/verdict.ts';

const before = {
  entries: {
    'create table shop.orders': 'CREATE TABLE orders',
    'table shop.orders rows': '10',
    'table shop.orders checksum': 'AB 12',
    'table shop.items rows': '7',
    "user 'ada'@'%'": 'CREATE USER',
  },
};

describe('the verdict', () => {
  it('is passed when everything is as it was, and counts what was compared by kind', () => {
    const verdict = judge(before, structuredClone(before));

    expect(verdict.passed).toBe(true);
    expect(verdict.kinds).toEqual([
      { kind: 'create table', compared: 1, different: 0 },
      { kind: 'table checksum', compared: 1, different: 0 },
      { kind: 'table rows', compared: 2, different: 0 },
      { kind: 'user', compared: 1, different: 0 },
    ]);
  });

  it.each([
    ['changed', { 'table shop.orders rows': '9' }, 'table rows'],
    ['lost', { "user 'ada'@'%'": undefined }, 'user'],
    ['more', { 'view shop.open': 'SELECT 1' }, 'view'],
  ])('is not passed when something is %s, and says what', (_, change, kind) => {
    const after = { entries: JSON.parse(JSON.stringify({ ...before.entries, ...change })) };

    const verdict = judge(before, after);

    expect(verdict.passed).toBe(false);
    expect(verdict.kinds).toContainEqual(expect.objectContaining({ kind, different: 1 }));
    expect(formatVerdict(verdict)).toContain(Object.keys(change)[0]);
  });

  it('is not passed when there was nothing to compare', () => {
    expect(judge({ entries: {} }, { entries: {} }).passed).toBe(false);
  });

  it('shows both sides of a difference', () => {
    const text = formatVerdict(judge(before, { entries: { ...before.entries, 'table shop.items rows': '6' } }));

    expect(text).toMatch(/table rows +2 {2}1 DIFFERENT/);
    expect(text).toContain('table shop.items rows\n    before: 7\n    after:  6');
    expect(text).toContain('VERDICT: THE RESTORED CLUSTER IS NOT THE ONE THAT WAS BACKED UP.');
  });
});
