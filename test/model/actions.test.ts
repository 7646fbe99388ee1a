import { describe, expect, it } from 'vitest';
import { type ActionName, actions, type ParameterName, parameters, scriptName } from '../../model/actions.ts';
import { answers } from '../../model/answers.ts';

const actionNames = Object.keys(actions) as ActionName[];
const sha = 'a'.repeat(64);

const samples: Record<ParameterName, string[]> = {
  connectString: ['10.0.0.10:1186', 'a.internal,b.internal:1187'],
  backupId: ['263261030'],
  bucket: ['hopsworks-dr-example.backups'],
  prefix: ['example/backups/263261030', 'example/restores/0d5f-4_A'],
  requiredBytes: ['0', '9007199254740991'],
  assignments: ['i-0123456789abcdef0=1', 'i-0123456789abcdef0=1+3;mi-0123456789abcdef0=2'],
  backupNodeId: ['1', '144'],
  usersSha256: [sha],
  objectsSha256: [sha],
  metadataPrefix: ['example/backups/263261030'],
};
const valid = (Object.keys(parameters) as ParameterName[]).flatMap((name) => samples[name].map((value) => ({ name, value })));
const matches = (name: ParameterName, value: string) => new RegExp(parameters[name].pattern).test(value);

const hostile = [
  '',
  ' ',
  '$(id)',
  '`id`',
  '; id',
  '&& id',
  '| id',
  '> /etc/x',
  "'",
  '"',
  '\\',
  '\n',
  '\0',
  '{{ x }}',
  '$x',
  '*',
  '-rf',
  '--help',
  '../..',
  '%0a',
  'é',
  '\u202e',
  '１',
];

describe('the parameters of the actions', () => {
  it.each(valid)('$name may be $value', ({ name, value }) => {
    expect(matches(name, value)).toBe(true);
  });

  it.each(Object.keys(parameters) as ParameterName[])('the pattern of %s holds from the first to the last character', (name) => {
    expect(parameters[name].pattern).toMatch(/^\^.*\$$/);
  });

  it.each(hostile)('none may be %j', (text) => {
    expect(valid.filter(({ name }) => matches(name, text))).toEqual([]);
  });

  it.each(hostile.filter((text) => text !== ''))('none may begin with %j', (text) => {
    expect(valid.filter(({ name, value }) => matches(name, `${text}${value}`))).toEqual([]);
  });

  // A dash may end a host name or an execution's name.
  it.each(hostile.filter((text) => text !== '' && !text.startsWith('-')))('none may end with %j', (text) => {
    expect(valid.filter(({ name, value }) => matches(name, `${value}${text}`))).toEqual([]);
  });

  it.each([
    ['backupId', '163261030 '],
    ['backupId', '063261030'],
    ['prefix', 'example/backups/263261030/'],
    ['prefix', 'example/restores/../x'],
    ['prefix', '/backups/263261030'],
    ['assignments', 'i-0123456789abcdef0='],
    ['assignments', 'i-0123456789abcdef0=0'],
    ['assignments', 'i-0123456789abcdef0=1;'],
    ['assignments', 'i-0123456789abcdef0=1+'],
    ['backupNodeId', '0'],
    ['bucket', 'Bucket'],
    ['requiredBytes', '1e9'],
  ] as const)('%s may not be %j', (name, value) => {
    expect(matches(name, value)).toBe(false);
  });

  it('all belong to an action', () => {
    const used = new Set(Object.values(actions).flatMap((action) => action.parameters as readonly ParameterName[]));

    expect([...used].sort()).toEqual(Object.keys(parameters).sort());
  });
});

describe('the actions', () => {
  it.each(actionNames)('%s has a time limit that SSM accepts', (name) => {
    expect(actions[name].timeoutSeconds).toBeGreaterThanOrEqual(5);
    expect(actions[name].timeoutSeconds).toBeLessThanOrEqual(172_800);
  });

  it('all promise an answer', () => {
    expect(Object.keys(answers).sort()).toEqual([...actionNames].sort());
  });

  it.each([
    ['InspectCluster', 'inspect-cluster'],
    ['UploadRondbBackup', 'upload-rondb-backup'],
  ] as const)('%s has the script %s', (action, expected) => {
    expect(scriptName(action)).toBe(expected);
  });
});
