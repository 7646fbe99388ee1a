import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listScenarios, scenarios } from '../../../local/drill/scenarios.ts';

const page = readFileSync(new URL('../../../docs/scenarios.md', import.meta.url), 'utf8');

describe('the scenarios', () => {
  it('are listed with a line each, the one of the default first', () => {
    const lines = listScenarios().split('\n');

    expect(lines.map((line) => line.split(' ')[0])).toEqual(scenarios.map(({ name }) => name));
    expect(lines[0]).toMatch(/^disaster +Every node /);
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length);
  });

  it('are all in docs/scenarios.md, in the same words', () => {
    const rows = page.split('\n').filter((line) => /^\| `/.test(line));

    expect(rows).toEqual(scenarios.map(({ name, happens, proves }) => `| \`${name}\` | ${happens} | ${proves} |`));
  });
});
