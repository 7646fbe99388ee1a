import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScript } from '../../../local/ssm/agent.ts';
import { givenDirectory } from './given.ts';

function run(lines: string[], environment: Record<string, string> = {}) {
  const directory = givenDirectory();
  const ended = runScript({
    directory: join(directory, 'log'),
    workingDirectory: directory,
    script: `${lines.join('\n')}\n`,
    environment: { PATH: process.env.PATH ?? '', ...environment },
    timeoutSeconds: 30,
    signal: new AbortController().signal,
  });
  return { directory, ended };
}

describe('the agent', () => {
  it('lets the shebang choose the interpreter', async () => {
    const { ended } = run(['#!/usr/bin/env bash', 'words=(one two)', 'echo "${words[1]}"']);

    expect(await ended).toEqual({ outcome: 'Success', exitCode: 0, stdout: 'two\n', stderr: '' });
  });

  it("runs in the node's directory with the given environment and nothing else", async () => {
    const { directory, ended } = run(['#!/bin/sh', 'pwd; env | cut -d= -f1 | sort | tr "\\n" " "'], { HOPS_ROOT: '/srv' });

    expect((await ended).stdout).toBe(`${directory}\nHOPS_ROOT PATH PWD `);
  });

  it.each(['$(touch owned) `touch owned` ; touch owned', `"; touch owned; "`, "'; touch owned; '", 'two\nlines', '{{ other }}', ''])(
    'hands over %j as it is',
    async (value) => {
      const { directory, ended } = run(['printf %s "$SSM_value"; if [ -e owned ]; then exit 9; fi'], { SSM_value: value });

      const result = await ended;

      expect(result).toMatchObject({ stdout: value, exitCode: 0 });
      expect(readFileSync(join(directory, 'log', 'stdout'), 'utf8')).toBe(value);
    },
  );

  it.each([
    ['exit 16', 'Failed', 16, 'failed to run commands: exit status 16'],
    ['kill -9 $$', 'Failed', -1, 'failed to run commands: signal: killed'],
    ['exit 194', 'Failed', 194, 'failed to run commands: reboot requested (exit code 194) is not supported'],
    ['exit 137', 'TimedOut', 137, ''],
  ])('takes "%s" for %s', async (line, outcome, exitCode, stderr) => {
    const { ended } = run([line]);

    expect(await ended).toEqual({ outcome, exitCode, stdout: '', stderr });
  });

  it('cuts the output for the API and keeps all of it in the log', async () => {
    const { directory, ended } = run(['head -c 30000 /dev/zero | tr "\\0" o', 'head -c 9000 /dev/zero | tr "\\0" e >&2']);

    const { stdout, stderr } = await ended;

    expect([stdout, stderr]).toEqual(['o'.repeat(24_000), 'e'.repeat(8_000)]);
    expect(['stdout', 'stderr'].map((name) => readFileSync(join(directory, 'log', name)).length)).toEqual([30_000, 9_000]);
  });

  it('waits for what still writes to its output', async () => {
    const { ended } = run(['{ sleep 0.2; echo late; } &']);

    expect((await ended).stdout).toBe('late\n');
  });
});
