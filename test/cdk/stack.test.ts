import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ActionName, actions, parameters, scriptName } from '../../model/actions.ts';
import { assembleScript } from '../../nodes/assemble.ts';
import { machineNames, readDefinition } from '../../state-machines/definitions.ts';
import { synthesizeExample } from '../fixtures/stack.ts';
import { kebab, lambdaStates, textsIn } from '../fixtures/states.ts';

let template: Template;
beforeAll(() => {
  template = synthesizeExample();
});

const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

interface Content {
  readonly parameters: Record<string, { type: string; allowedPattern: string; interpolationType: string; description: string }>;
  readonly mainSteps: { action: string; inputs: { timeoutSeconds: string; runCommand: string[] } }[];
}
const documentOf = (action: ActionName): Content =>
  propertiesOf('AWS::SSM::Document').find(({ Name }) => Name === `hopsdr-example-${scriptName(action)}`)?.Content;

describe('the SSM documents', () => {
  it('are one for each action', () => {
    const names = propertiesOf('AWS::SSM::Document').map(({ Name }) => Name);

    expect(names.sort()).toEqual((Object.keys(actions) as ActionName[]).map((action) => `hopsdr-example-${scriptName(action)}`).sort());
  });
});

describe.each(Object.keys(actions) as ActionName[])('the SSM document of %s', (action) => {
  it('hands over each parameter as an environment variable, and only what matches its pattern', () => {
    const expected = actions[action].parameters.map((name) => [
      name,
      { type: 'String', description: parameters[name].description, allowedPattern: parameters[name].pattern, interpolationType: 'ENV_VAR' },
    ]);

    expect(documentOf(action).parameters).toEqual(Object.fromEntries(expected));
  });

  it('runs the assembled script, with the time limit of the action', () => {
    const [step, ...others] = documentOf(action).mainSteps;

    expect(others).toEqual([]);
    expect(step).toMatchObject({ action: 'aws:runShellScript', inputs: { timeoutSeconds: String(actions[action].timeoutSeconds) } });
    expect(step?.inputs.runCommand.join('\n')).toBe(assembleScript(action));
    expect(step?.inputs.runCommand[0]).toBe('#!/usr/bin/env bash');
  });

  it('has nothing in its script that SSM would replace', () => {
    expect(documentOf(action).mainSteps[0]?.inputs.runCommand.filter((line) => line.includes('{{'))).toEqual([]);
  });

  it('is smaller than the 64 KB that SSM takes', () => {
    expect(Buffer.byteLength(JSON.stringify(documentOf(action)))).toBeLessThan(64 * 1024);
  });
});

describe('the bucket', () => {
  it('is versioned, encrypted, private and kept when the stack goes', () => {
    template.resourceCountIs('AWS::S3::Bucket', 1);
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: Match.anyValue(),
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    });
  });

  it('refuses to be used without TLS', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  it('gives up stale uploads and expires nothing else', () => {
    const [bucket] = propertiesOf('AWS::S3::Bucket');

    expect(bucket?.LifecycleConfiguration.Rules).toEqual([
      { Id: 'AbortStaleUploads', Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    ]);
  });
});

describe('the Lambdas', () => {
  it('run on Node 22 or newer', () => {
    const runtimes = propertiesOf('AWS::Lambda::Function').map(({ Runtime }) => Number(/^nodejs(\d+)\.x$/.exec(Runtime)?.[1]));

    expect(runtimes).toHaveLength(new Set(lambdaStates.map(({ name }) => name)).size);
    expect(Math.min(...runtimes)).toBeGreaterThanOrEqual(22);
  });

  it.each(lambdaStates)('end before the state $machine/$name gives up', ({ name, state }) => {
    const functions = template.findResources('AWS::Lambda::Function');
    const [, lambda] = Object.entries(functions).find(([id]) => id.startsWith(`Functions${kebab(name).replaceAll('-', '')}`)) ?? [];

    expect(lambda?.Properties.Timeout).toBeLessThan(state.TimeoutSeconds ?? 0);
  });
});

describe.each(machineNames)('the state machine %s', (name) => {
  const machine = () =>
    propertiesOf('AWS::StepFunctions::StateMachine').find(({ StateMachineName }) => StateMachineName === `hopsdr-example-${name}`);

  it('has the definition of its file', () => {
    expect(JSON.parse(machine()?.DefinitionString)).toEqual(readDefinition(name));
  });

  it('substitutes every placeholder, and nothing that is none', () => {
    const placeholders = textsIn(readDefinition(name)).flatMap((text) =>
      [...text.matchAll(/\$\{([A-Za-z]+)\}/g)].map(([, word = '']) => word),
    );

    expect(Object.keys(machine()?.DefinitionSubstitutions).sort()).toEqual([...new Set(placeholders)].sort());
  });
});

describe('the outputs', () => {
  it('tell what an operator needs: both machines, the bucket and the policy for the nodes', () => {
    const outputs = Object.keys(template.toJSON().Outputs);

    expect(outputs.sort()).toEqual(['BackupStateMachineArn', 'BucketName', 'NodePolicyArn', 'RestoreStateMachineArn']);
  });
});
