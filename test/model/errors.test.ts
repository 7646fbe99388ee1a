import { describe, expect, it } from 'vitest';
import { catalogue, DrError, type ErrorName, errorNameOf } from '../../model/errors.ts';

const entries = Object.entries(catalogue) as [ErrorName, { exitCode?: number; meaning: string; action: string }][];
const withCode = entries.flatMap(([name, { exitCode }]) => (exitCode === undefined ? [] : [{ name, exitCode }]));

describe('the error catalogue', () => {
  it.each(entries)('%s says what it means and what to do, in sentences', (_name, { meaning, action }) => {
    expect(meaning).toMatch(/^\w.{15,}\.$/);
    expect(action).toMatch(/^\w.{15,}\.$/);
  });

  it('gives no exit code twice', () => {
    expect(new Set(withCode.map(({ exitCode }) => exitCode)).size).toBe(withCode.length);
    expect(withCode.length).toBeGreaterThan(20);
  });

  // 126 and above belong to the shell and to signals; 194 makes the SSM agent reboot the node.
  it.each(withCode)('$name has an exit code that a script may use: $exitCode', ({ exitCode }) => {
    expect(exitCode).toBeGreaterThanOrEqual(1);
    expect(exitCode).toBeLessThanOrEqual(125);
    expect(exitCode).not.toBe(194);
  });

  it.each(withCode)('names exit code $exitCode $name', ({ name, exitCode }) => {
    expect(errorNameOf(exitCode)).toBe(name);
  });

  it.each([2, 99, 126, 127, 137, 143, 194, 255, -1])('names the unknown exit code %i ScriptFailed', (exitCode) => {
    expect(errorNameOf(exitCode)).toBe('ScriptFailed');
  });

  it('is thrown with its name, what happened, what to do, and the cause', () => {
    const cause = new Error('first');

    const error = new DrError('ObjectMissing', 'a/b is not in the bucket.', { cause });

    expect(error).toMatchObject({
      name: 'ObjectMissing',
      cause,
      message: expect.stringMatching(/^a\/b is not in the bucket\. Restore another/),
    });
  });
});
