import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type ActionName, actions, documentParameters } from '../../model/actions.ts';
import { assembleScript, documentScript } from '../../nodes/assemble.ts';
import { assembled, parameters } from './given.ts';

const names = Object.keys(actions) as ActionName[];
const line = (name: string) => `if [ -z "\${SSM_${name}+x}" ]; then export SSM_${name}="{{${name}}}"; fi\n`;

describe('the script of an SSM document', () => {
  it.each(names)('of %s is the script that the tests run, after a fallback for each parameter', (action) => {
    const [shebang, ...rest] = assembleScript(action).split(/(?<=\n)/);

    expect(documentScript(action)).toBe([shebang, ...documentParameters(action).map(line), ...rest].join(''));
    expect(shebang).toBe('#!/usr/bin/env bash\n');
  });

  it.each(names)('of %s has no other braces that an agent could take for a parameter', (action) => {
    expect(assembleScript(action)).not.toContain('{{');
  });

  it('is assembled from what its head names', () => {
    expect(assembleScript('UploadRondbBackup')).toBe(assembled('upload-rondb-backup'));
  });

  describe('finds its parameters with an agent that', () => {
    const given = Object.entries(parameters);
    const environment = Object.fromEntries(given.map(([name, value]) => [`SSM_${name}`, value]));
    const keep = (text: string) => text;
    const byValue = (text: string) => given.reduce((replaced, [name, value]) => replaced.replaceAll(`{{${name}}}`, value), text);
    const byVariable = (text: string) => text.replace(/\{\{(\w+)\}\}/g, '$SSM_$1');
    const byQuotedVariable = (text: string) => text.replace(/\{\{(\w+)\}\}/g, '"$SSM_$1"');
    it.each<[string, (text: string) => string, Record<string, string>]>([
      ['only replaces text', byValue, {}],
      ['sets variables and leaves the text alone', keep, environment],
      ['sets variables and replaces text as well', byValue, environment],
      ['sets variables and puts their names into the text', byVariable, environment],
      ['sets variables and puts their quoted names into the text', byQuotedVariable, environment],
    ])('%s', (_, replace, variables) => {
      const fallbacks = names.flatMap((action) => documentParameters(action).map(line));
      const script = `set -eu\n${replace(fallbacks.join(''))}env -0`;

      const found = execFileSync('bash', ['--norc', '-c', script], { env: { PATH: process.env.PATH, ...variables }, encoding: 'utf8' });

      expect(Object.fromEntries(found.split('\0').flatMap((pair) => (/^SSM_/.test(pair) ? [pair.split(/=(.*)/s, 2)] : [])))).toEqual(
        environment,
      );
    });
  });
});
