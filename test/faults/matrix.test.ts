import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../model/errors.ts';
import { items } from './items.ts';
import { faults, matrix } from './matrix.ts';
import { pageOf, resultsOf, summary } from './table.ts';

describe('the fault matrix', () => {
  it('is the one of docs/faults.md, row by row', () => {
    expect(readFileSync('docs/faults.md', 'utf8')).toBe(pageOf(matrix));
  });

  it('covers every item of the list', () => {
    const missing = items.filter((item) => !faults.some((fault) => fault.item === item));

    // Their rows need a whole pipeline or a whole cluster, and follow.
    expect(missing).toEqual(['doubled invocation', 'Lambda timing out', 'duplicate schedule delivery']);
  });

  it('has no two rows of one id', () => {
    expect(faults.map(({ id }) => id)).toEqual([...new Set(faults.map(({ id }) => id))]);
  });

  it('names errors of the catalogue only', () => {
    const names = [...new Set(faults.map(({ expected }) => expected.error))].filter(
      (name) => !['survives', 'States.Timeout'].includes(name),
    );

    expect(names.filter((name) => !(name in catalogue))).toEqual([]);
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
