import { statSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parameters } from '../../model/actions.ts';
import { readDefinition } from '../../state-machines/definitions.ts';
import { exampleCluster, givenCluster, resourcesIn, resourcesOf, synthesizeCluster, withStack } from '../fixtures/stack.ts';
import { kebab, lambdaStates, textsIn } from '../fixtures/states.ts';

const template = synthesizeCluster(exampleCluster);
const functions = resourcesOf(template, 'AWS::Lambda::Function');
const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine');

describe('the stack of a cluster', () => {
  it('goes to the account and region that the cluster file names, and carries the tag of the cluster', () => {
    const { account, region, tags } = withStack(exampleCluster, (stack) => ({
      account: stack.account,
      region: stack.region,
      tags: stack.tags.tagValues(),
    }));

    expect({ account, region }).toEqual(exampleCluster.environment);
    expect(tags).toEqual({ 'hopsworks:cluster': 'example' });
  });

  it('goes wherever it is deployed when the file names no account', () => {
    expect(withStack(givenCluster(), (stack) => stack.region)).toMatch(/^\$\{Token\[AWS.Region/);
  });

  it('is a template with room below the 1,000,000 bytes that CloudFormation takes', () => {
    const bytes = withStack(exampleCluster, (stack, app) => statSync(app.synth().getStackArtifact(stack.artifactId).templateFullPath).size);

    expect(bytes).toBeLessThan(950_000);
  });

  it('shares no name with the stack of another cluster, so that one account can hold both', () => {
    const [north, south] = ['north', 'south'].map((name) => namesIn(synthesizeCluster(givenCluster({ name })))) as [string[], string[]];

    expect(north.length).toBeGreaterThan(20);
    expect(north.filter((name) => south.includes(name))).toEqual([]);
  });
});

/** The names that resources are given, except those of a role's own policies and of the schedules in a cluster's group. */
function namesIn(stack: Template): string[] {
  const named = Object.values(resourcesIn(stack)).filter(({ Type }) => !['AWS::IAM::Policy', 'AWS::Scheduler::Schedule'].includes(Type));
  return named.flatMap(({ Type, Properties }) =>
    Object.entries(Properties)
      .filter(([key]) => /^(\w*Name)$/.test(key) && !['MetricName', 'Namespace', 'FunctionName'].includes(key))
      .map(([key, name]) => `${Type} ${key} ${JSON.stringify(name)}`),
  );
}

describe('what stays when the stack goes', () => {
  const staying = Object.values(resourcesIn(template)).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');

  it('is backups, the key that reads them, and logs', () => {
    expect([...new Set(staying.map(({ Type }) => Type))].sort()).toEqual([
      'AWS::KMS::Key',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
    ]);
  });

  it('is not in the way when the stack comes back: it has no name of its own choice', () => {
    expect(staying.flatMap(({ Properties }) => Object.keys(Properties).filter((key) => /^(Bucket|LogGroup|Alias)Name$/.test(key)))).toEqual(
      [],
    );
  });
});

describe('the stack', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is built without deprecated parts of CDK', () => {
    vi.stubEnv('JSII_DEPRECATED', 'fail');

    expect(() => withStack(exampleCluster, (_stack, app) => app.synth())).not.toThrow();
    expect(() => withStack(exampleCluster, (stack) => stack.addDependency(stack))).toThrow('deprecated');
  });
});

describe('the Lambdas', () => {
  it('run on Node 22 or newer', () => {
    const runtimes = [...functions.values()].map(({ Properties }) => Number(/^nodejs(\d+)\.x$/.exec(Properties.Runtime)?.[1]));

    expect(Math.min(...runtimes)).toBeGreaterThanOrEqual(22);
  });

  it('are traced, each with a log group whose retention is that of the cluster file', () => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup');

    expect([...functions.values()].map(({ Properties }) => Properties.TracingConfig)).toEqual(
      Array(functions.size).fill({ Mode: 'Active' }),
    );
    expect([...groups.keys()]).toEqual(expect.arrayContaining([...functions.keys()].map((path) => `${path}-logs`)));
    expect([...groups.values()].map(({ Properties }) => Properties.RetentionInDays)).toEqual(Array(groups.size).fill(180));
  });

  it.each(lambdaStates)('end before the state $machine/$name gives up', ({ state }) => {
    const name = kebab(state.Arguments?.FunctionName?.slice(2, -1) ?? '');
    const own = [...functions].filter(([path]) => path.endsWith(`/${name}`) || path.endsWith(`-${name}`));

    expect(own.length).toBeGreaterThan(0);
    for (const [, { Properties }] of own) expect(Properties.Timeout).toBeLessThan(Number(state.TimeoutSeconds));
  });
});

const definitions = [
  ['backup', 'backup'],
  ['restore', 'restore'],
  ['verify', 'verify'],
  ['sweep', 'sweep'],
  ['clean-up', 'clean-up'],
  ['backup-run-on-nodes', 'run-on-nodes'],
  ['restore-run-on-nodes', 'run-on-nodes'],
] as const;

describe('the state machines', () => {
  it('are these', () => {
    const names = [...machines.values()].map(({ Properties }) => Properties.StateMachineName);

    expect(names.sort()).toEqual(definitions.map(([name]) => `hopsdr-example-${name}`).sort());
  });
});

describe('the state machine of backups', () => {
  it.each([
    ['as many bytes as they can when the cluster file says nothing', undefined, '0'],
    ['no more bytes in a second than the cluster file allows', 1, '1000000'],
    ['as many as it allows at most', 100_000, '100000000000'],
  ])('lets nodes ship %s', (_what, uploadMegabytesPerSecond, expected) => {
    const stack = synthesizeCluster(givenCluster({ rondb: { connectString: 'mgmd:1186', uploadMegabytesPerSecond } }));

    const machine = resourcesOf(stack, 'AWS::StepFunctions::StateMachine').get('StateMachines/backup');

    expect(machine?.Properties.DefinitionSubstitutions.BytesPerSecond).toBe(expected);
    expect(expected).toMatch(new RegExp(parameters.bytesPerSecond.pattern));
  });
});

describe.each(definitions)('the state machine %s', (name, definition) => {
  const machine = machines.get(`StateMachines/${name}`)?.Properties;

  it('has the definition of its file', () => {
    expect(JSON.parse(machine.DefinitionString)).toEqual(readDefinition(definition));
  });

  it('substitutes every placeholder, and nothing that is none', () => {
    const placeholders = textsIn(readDefinition(definition)).flatMap((text) =>
      [...text.matchAll(/\$\{([A-Za-z]+)\}/g)].map(([, word = '']) => word),
    );

    expect(Object.keys(machine.DefinitionSubstitutions).sort()).toEqual([...new Set(placeholders)].sort());
  });

  it('is traced, and logs every event with its data', () => {
    expect(machine.TracingConfiguration).toEqual({ Enabled: true });
    expect(machine.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: true });
  });
});
