import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../model/errors.ts';
import { namesOfAws } from './fault.ts';
import { items } from './items.ts';
import { faults, matrix } from './matrix.ts';
import { pageOf, resultsOf, summary } from './table.ts';

describe('the fault matrix', () => {
  it('is the one of docs/faults.md, row by row', () => {
    expect(readFileSync('docs/faults.md', 'utf8')).toBe(pageOf(matrix));
  });

  it('covers every item of the list', () => {
    expect(items.filter((item) => !faults.some((fault) => fault.item === item))).toEqual([]);
  });

  it('has no two rows of one id', () => {
    expect(faults.map(({ id }) => id)).toEqual([...new Set(faults.map(({ id }) => id))]);
  });

  it('names errors of the catalogue, or of AWS itself', () => {
    const known: string[] = [...Object.keys(catalogue), ...namesOfAws, 'survives'];

    expect(faults.filter(({ expected }) => !known.includes(expected.error)).map(({ id }) => id)).toEqual([]);
  });

  it('names the step of every failure', () => {
    expect(faults.filter(({ expected }) => expected.error !== 'survives' && expected.step === '-').map(({ id }) => id)).toEqual([]);
  });

  it('tells rows that ended otherwise, and rows that were not run', () => {
    const [first, second, third] = faults as [(typeof faults)[0], (typeof faults)[0], (typeof faults)[0]];
    const as = ({ expected }: (typeof faults)[0], seconds = 0) => ({ ...expected, seconds });

    const results = resultsOf(
      [first, second, third],
      [
        { id: first.id, measured: as(first) },
        { id: second.id, measured: as(second, second.limit + 1) },
      ],
    );

    expect(summary(results)).toBe('3 faults: 1 ended as declared, 1 otherwise, 1 were not run.');
  });
});
