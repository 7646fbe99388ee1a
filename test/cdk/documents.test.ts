import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runScript } from '../../local/ssm/agent.ts';
import { FIRST_AGENT_WITH_VARIABLES, loadDocument, render } from '../../local/ssm/documents.ts';
import { type ActionName, actions, documentParameters, type ParameterName, parameters, scriptName } from '../../model/actions.ts';
import { catalogue, errorNameOf } from '../../model/errors.ts';
import { documentScript } from '../../nodes/assemble.ts';
import { givenCluster, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

const actionNames = Object.keys(actions) as ActionName[];
const documents = new Map(
  [...resourcesOf(synthesizeCluster(givenCluster()), 'AWS::SSM::Document').values()].map(({ Properties }) => [
    Properties.Name,
    Properties.Content,
  ]),
);
const documentOf = (action: ActionName) => documents.get(`hopsdr-north-${scriptName(action)}`);

const samples: Record<ParameterName, string> = {
  connectString: '127.0.0.1:1',
  backupId: '263261030',
  bucket: 'backups',
  prefix: 'north/backups/263261030',
  bytesPerSecond: '0',
  depth: 'bytes',
  graceDays: '21',
  remove: 'false',
  requiredBytes: '1',
  assignments: 'i-0123456789abcdef0=1',
  backupNodeId: '1',
  usersSha256: 'a'.repeat(64),
  objectsSha256: 'b'.repeat(64),
  listsSha256: '0'.repeat(64),
  metadataPrefix: 'north/backups/263261030',
  selection: 'all',
  accounts: 'keep',
  tablesSha256: 'c'.repeat(64),
  dataDirectories: '/srv/dn',
  storages: 'i-0123456789abcdef0=DS-1',
  previousBackupId: 'none',
  units: 'datanode',
  unitAssignments: 'i-0123456789abcdef0=datanode',
  limitSeconds: '1',
  definition: 'none',
  passwordFile: '/srv/hops/password',
  searchUrl: 'http://127.0.0.1:1',
  searchIndex: 'projects',
  hopsworksUrl: 'http://127.0.0.1:1',
  credentialsFile: 'none',
  timeoutSeconds: '60',
};

/** Runs an action's document as the agent of a version would, on a node that has no RonDB and no way to AWS. */
async function runOnEmptyNode(action: ActionName, version: string, withoutVariables = false) {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-node-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'bin'));
  writeFileSync(join(directory, 'bin/aws'), '#!/bin/sh\necho "no way to AWS" >&2\nexit 254\n', { mode: 0o755 });
  const given = Object.fromEntries(documentParameters(action).map((name) => [name, [samples[name]]]));
  const rendered = render(loadDocument({ name: action, content: documentOf(action) }), given);
  const { script, environment } = rendered.forAgent(version);
  const result = await runScript({
    directory: join(directory, 'run'),
    workingDirectory: directory,
    script,
    environment: {
      PATH: `${join(directory, 'bin')}:${process.env.PATH}`,
      HOPS_ROOT: join(directory, 'hops'),
      HOPS_DATA_ROOT: directory,
      AWS_SSM_INSTANCE_ID: 'i-0123456789abcdef0',
      ...(!withoutVariables && environment),
    },
    timeoutSeconds: rendered.timeoutSeconds,
    signal: new AbortController().signal,
  });
  return { ...result, timeoutSeconds: rendered.timeoutSeconds, said: result.stdout.replaceAll(directory, '') };
}

describe('the SSM documents', () => {
  it('are one for each action', () => {
    expect([...documents.keys()].sort()).toEqual(actionNames.map((action) => `hopsdr-north-${scriptName(action)}`).sort());
  });
});

describe.each(actionNames)('the SSM document of %s', (action) => {
  it('takes each parameter of the action, and only what matches its pattern', () => {
    const { parameters: taken } = documentOf(action);
    const expected = documentParameters(action).map((name) => [
      name,
      { type: 'String', description: parameters[name].description, allowedPattern: parameters[name].pattern },
    ]);

    expect(taken).toMatchObject(Object.fromEntries(expected));
    expect(Object.keys(taken)).toEqual(documentParameters(action));
    for (const { allowedPattern } of Object.values<{ allowedPattern: string }>(taken)) expect(allowedPattern).toMatch(/^\^.+\$$/);
  });

  it('hands parameters over as environment variables, except the limit of time, which the agent itself reads', () => {
    const { parameters: taken, mainSteps } = documentOf(action);
    const variables = Object.keys(taken).filter((name) => taken[name].interpolationType === 'ENV_VAR');

    expect(variables).toEqual(actions[action].parameters);
    expect(mainSteps).toHaveLength(1);
    expect(mainSteps[0]).toMatchObject({
      action: 'aws:runShellScript',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: { timeoutSeconds: '{{ timeoutSeconds }}' },
    });
  });

  it('carries the assembled script; the only texts that SSM may replace are the fallbacks of older agents', () => {
    const lines: string[] = documentOf(action).mainSteps[0].inputs.runCommand;
    const replaceable = lines.filter((line) => line.includes('{{'));

    expect(lines.join('\n')).toBe(documentScript(action));
    expect(replaceable).toEqual(documentParameters(action).map((name) => expect.stringContaining(`export SSM_${name}="{{${name}}}"`)));
  });

  it('is smaller than the 64 KB that SSM takes', () => {
    expect(Buffer.byteLength(JSON.stringify(documentOf(action)))).toBeLessThan(64 * 1024);
  });

  it('runs the same under agents that know environment variables and under older ones', async () => {
    const [newer, older] = await Promise.all([FIRST_AGENT_WITH_VARIABLES, '3.3.987.0'].map((version) => runOnEmptyNode(action, version)));

    // The node has nothing of what the script needs, and that is what it says; without data directories there is just nothing to tell.
    expect(newer?.outcome).toBe(['InspectHopsfs', 'SweepNodes'].includes(action) ? 'Success' : 'Failed');
    expect(['ParameterInvalid', 'ScriptFailed']).not.toContain(newer?.exitCode === 0 ? '' : errorNameOf(newer?.exitCode ?? 0));
    expect([older?.exitCode, older?.said, older?.timeoutSeconds]).toEqual([newer?.exitCode, newer?.said, 60]);
  });
});

describe('a newer agent that hands over no variables', () => {
  it('does not make a script run with the text of the fallback', async () => {
    const { exitCode, said } = await runOnEmptyNode('StartRondbBackup', FIRST_AGENT_WITH_VARIABLES, true);

    expect(exitCode).toBe(catalogue.ParameterInvalid.exitCode);
    expect(said).toContain('parameter connectString is missing or does not match');
  });
});
