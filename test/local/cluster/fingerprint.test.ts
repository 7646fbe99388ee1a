import { describe, expect, it } from 'vitest';
import { compareFingerprints, splitCounter } from '../../../local/cluster/fingerprint.ts';

describe('compareFingerprints', () => {
  it('finds nothing when both are the same, in whatever order', () => {
    const before = { entries: { 'table a.b rows': '1', 'database a': 'x' } };
    const after = { entries: { 'database a': 'x', 'table a.b rows': '1' } };

    const differences = compareFingerprints(before, after);

    expect(differences).toEqual([]);
  });

  it('names what changed, what is lost and what is new, sorted', () => {
    const before = { entries: { 'view c': 'old', 'user a': 'lost', 'database b': 'same' } };
    const after = { entries: { 'database b': 'same', 'view c': 'changed', 'table d': 'new' } };

    const differences = compareFingerprints(before, after);

    expect(differences).toEqual([
      { entry: 'table d', after: 'new' },
      { entry: 'user a', before: 'lost' },
      { entry: 'view c', before: 'old', after: 'changed' },
    ]);
  });

  it('tells an empty value from a missing one', () => {
    const differences = compareFingerprints({ entries: { 'grants a': '' } }, { entries: {} });

    expect(differences).toEqual([{ entry: 'grants a', before: '' }]);
  });
});

describe('splitCounter', () => {
  it('takes the next number out of the definition', () => {
    const split = splitCounter('CREATE TABLE `t` (\n  `id` int\n) ENGINE=ndbcluster AUTO_INCREMENT=713 DEFAULT CHARSET=utf8mb4');

    expect(split).toEqual({ createTable: 'CREATE TABLE `t` (\n  `id` int\n) ENGINE=ndbcluster DEFAULT CHARSET=utf8mb4', next: 713n });
  });

  it('leaves a column that merely talks of a counter alone', () => {
    const createTable = "CREATE TABLE `t` (\n  `id` int COMMENT 'ENGINE=x AUTO_INCREMENT=5'\n) ENGINE=ndbcluster";

    expect(splitCounter(createTable)).toEqual({ createTable, next: 1n });
  });
});
