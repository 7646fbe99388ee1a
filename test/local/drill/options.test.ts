import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../../local/drill/options.ts';

describe('the command line of the drill', () => {
  it('has defaults for everything', () => {
    expect(parseOptions([], {})).toEqual({ nodes: 2, restoreNodes: 2, rows: 20_000, keep: false, rondbHome: undefined });
  });

  it('takes nodes, rows and keep, and RONDB_HOME from the environment', () => {
    const options = parseOptions(['--nodes', '4', '--rows', '500', '--keep'], { RONDB_HOME: '/srv/hops/mysql' });

    expect(options).toEqual({ nodes: 4, restoreNodes: 4, rows: 500, keep: true, rondbHome: '/srv/hops/mysql' });
  });

  it.each([1, 2, 4])('restores into %d data nodes where it is told to', (restoreNodes) => {
    expect(parseOptions(['--restore-nodes', `${restoreNodes}`], {})).toMatchObject({ nodes: 2, restoreNodes });
  });

  it('takes an empty RONDB_HOME for none', () => {
    expect(parseOptions([], { RONDB_HOME: '' })?.rondbHome).toBeUndefined();
  });

  it('asks for help', () => {
    expect(parseOptions(['--help'], {})).toBeUndefined();
  });

  it.each([
    [['--nodes', '3'], /--nodes 3: expected 2 or 4/],
    [['--nodes', '1'], /--nodes 1: expected 2 or 4/],
    [['--restore-nodes', '3'], /--restore-nodes 3: expected 1, 2 or 4/],
    [['--restore-nodes', ''], /--restore-nodes : expected 1, 2 or 4/],
    [['--rows', '99'], /--rows 99: expected a number from 100/],
    [['--rows', '1e4'], /--rows 1e4/],
    [['--rows', '1000001'], /1,000,000/],
    [['--force'], /--force/],
    [['prod'], /prod/],
  ])('refuses %j, saying what was expected', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message);
  });
});
