import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openState } from '../../../local/stand-in/state.ts';

describe('the state of the stand-in', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-state-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('keeps things of any name, and lists them sorted', () => {
    const { databases } = openState(directory);
    for (const name of ["o'dd/../name", 'ä b', 'plain']) databases.put(name, `value of ${name}`);

    expect(databases.names()).toEqual(["o'dd/../name", 'plain', 'ä b']);
    expect(databases.get("o'dd/../name")).toBe("value of o'dd/../name");
    expect(databases.get('none')).toBeUndefined();
  });

  it('adds a thing only once', () => {
    const { endings } = openState(directory);

    const added = [endings.add('a', 'first'), endings.add('a', 'second')];

    expect(added).toEqual([true, false]);
    expect(endings.get('a')).toBe('first');
  });

  it('loses everything when it is cleared', () => {
    const state = openState(join(directory, 'inside'));
    state.databases.put('a', '');

    state.clear();

    expect(state.databases.names()).toEqual([]);
  });
});
