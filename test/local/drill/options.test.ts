import { describe, expect, it } from 'vitest';
import { type DrillOptions, parseOptions } from '../../../local/drill/options.ts';

/** What is rehearsed by these words. */
function rehearsed(args: string[], environment: NodeJS.ProcessEnv = {}) {
  const { scenario, ...options } = parseOptions(args, environment) as DrillOptions;
  return { scenario: scenario.name, ...options };
}

describe('the command line of the drill', () => {
  it('has defaults for everything', () => {
    expect(rehearsed([])).toEqual({ scenario: 'disaster', nodes: 2, restoreNodes: 2, rows: 20_000, keep: false, rondbHome: undefined });
  });

  it('takes nodes, rows and keep, and RONDB_HOME from the environment', () => {
    const options = rehearsed(['--nodes', '4', '--rows', '500', '--keep'], { RONDB_HOME: '/srv/hops/mysql' });

    expect(options).toEqual({ scenario: 'disaster', nodes: 4, restoreNodes: 4, rows: 500, keep: true, rondbHome: '/srv/hops/mysql' });
  });

  it.each([1, 2, 4])('restores into %d data nodes where it is told to', (restoreNodes) => {
    expect(rehearsed(['--restore-nodes', `${restoreNodes}`])).toMatchObject({ nodes: 2, restoreNodes });
  });

  it('rehearses a scenario on as many nodes as it takes', () => {
    expect(rehearsed(['--scenario', 'fewer-nodes'])).toMatchObject({ scenario: 'fewer-nodes', nodes: 4 });
  });

  it('takes an empty RONDB_HOME for none', () => {
    expect(rehearsed([], { RONDB_HOME: '' }).rondbHome).toBeUndefined();
  });

  it.each([
    ['--help', 'help'],
    ['--list', 'list'],
  ])('understands %s', (argument, asked) => {
    expect(parseOptions([argument], {})).toBe(asked);
  });

  it.each([
    [['--nodes', '3'], /--nodes 3: expected 2 or 4/],
    [['--nodes', '1'], /--nodes 1: expected 2 or 4/],
    [['--restore-nodes', '3'], /--restore-nodes 3: expected 1, 2 or 4/],
    [['--restore-nodes', ''], /--restore-nodes : expected 1, 2 or 4/],
    [['--rows', '99'], /--rows 99: expected a number from 100/],
    [['--rows', '1e4'], /--rows 1e4/],
    [['--rows', '1000001'], /1,000,000/],
    [['--scenario', 'flood'], /--scenario flood: expected one of disaster, /],
    [['--force'], /--force/],
    [['prod'], /prod/],
  ])('refuses %j, saying what was expected', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(message);
  });
});
