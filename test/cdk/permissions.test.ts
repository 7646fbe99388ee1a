import { readdirSync, readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { layout } from '../../model/layout.ts';
import { type MachineName, machineNames } from '../../state-machines/definitions.ts';
import { actionsOf, type Statement, statementsIn, synthesizeExample } from '../fixtures/stack.ts';
import { groupOf } from '../fixtures/states.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

let template: Template;
let statements: ReturnType<typeof statementsIn>;
beforeAll(() => {
  template = synthesizeExample();
  statements = statementsIn(template);
});

const of = (prefix: string) => statements.filter((statement) => statement.of.startsWith(prefix));
const ofFunction = (name: string) => of(`Functions${name.replaceAll('-', '')}ServiceRole`);

/** The key patterns, below the bucket, on which an action is allowed. */
function keysFor(action: string, granted: readonly Statement[]): string[] {
  const resources = granted.filter(({ Action }) => [Action].flat().includes(action)).flatMap(({ Resource }) => Resource);
  return resources.map((resource) => /"\/(.+?)"\]\]\}$/.exec(JSON.stringify(resource))?.[1] ?? JSON.stringify(resource));
}

/** Where a call's permission has not the name of the call. */
const PERMISSION: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  ListObjectsV2: 'ListBucket',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  ListMultipartUploads: 'ListBucketMultipartUploads',
};
const permission = (service: string, call: string) => `${service}:${PERMISSION[call] ?? call}`;

describe('the permissions of the Lambdas', () => {
  it('are those of the AWS calls that lambdas/aws.ts makes, and no others', () => {
    const imports = [...read('lambdas/aws.ts').matchAll(/import \{([^}]+)\} from '@aws-sdk\/client-([a-z0-9]+)'/g)];
    const called = imports.flatMap(([, names = '', service = '']) =>
      [...names.matchAll(/\b([A-Z][A-Za-z0-9]+)Command,/g)].map(([, call = '']) => permission(service, call)),
    );

    expect(called.length).toBeGreaterThan(5);
    expect(actionsOf(of('Functions'))).toEqual([...new Set(called)].sort());
  });

  const id = '263261030';
  it.each([
    ['plan-backup', [layout.plan('example', '*')], [layout.plan('example', id)]],
    ['seal-backup', [layout.manifest('example', '*')], [layout.manifest('example', id)]],
    ['plan-restore', ['example/restores/*'], [layout.restorePlan('example', 'e'), layout.downloadList('example', 'e', 1)]],
    ['send-command', [], []],
    ['read-command', [], []],
  ])('let %s write the keys %j only', (name, expected, written) => {
    const patterns = keysFor('s3:PutObject', ofFunction(name));

    expect(patterns).toEqual(expected);
    expect(written.every((key) => patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(key)))).toBe(true);
  });

  it.each([
    ['plan-backup', [layout.plan('example', '*'), layout.manifest('example', '*')]],
    ['seal-backup', ['example/backups/*']],
    ['plan-restore', ['example/backups/*']],
  ])('let %s read the keys %j only', (name, expected) => {
    expect(keysFor('s3:GetObject', ofFunction(name))).toEqual(expected);
  });

  it('let commands be sent only with the documents of the cluster, to its own instances', () => {
    const [documents, instances, ...others] = ofFunction('send-command').filter(({ Action }) => Action === 'ssm:SendCommand');

    expect(others).toEqual([]);
    expect(JSON.stringify(documents?.Resource)).toContain(':document/hopsdr-example-*');
    expect(instances?.Condition).toEqual({ StringEquals: { 'ssm:resourceTag/hopsworks:cluster': 'example' } });
  });
});

describe('the permissions of the nodes', () => {
  const scripts = readdirSync(new URL('nodes/', ROOT)).filter((file) => file.endsWith('.sh'));
  const pascal = (operation: string) => operation.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

  it("are those of the scripts' calls of aws s3api, and writing their logs", () => {
    const text = scripts.map((script) => read(`nodes/${script}`)).join('\n');
    // store.sh makes its calls through `call`.
    const called = [...text.matchAll(/\b(?:s3api|call) ([a-z]+(?:-[a-z0-9]+)+)/g)].map(([, operation = '']) =>
      permission('s3', pascal(operation)),
    );

    const granted = actionsOf(of('NodePolicy'));

    expect(called.length).toBeGreaterThan(5);
    expect(granted.filter((action) => !action.startsWith('logs:'))).toEqual([...new Set(called)].sort());
    expect(granted.filter((action) => action.startsWith('logs:'))).toEqual([
      'logs:CreateLogStream',
      'logs:DescribeLogStreams',
      'logs:PutLogEvents',
    ]);
  });

  it('use no other command of the AWS CLI', () => {
    const commands = scripts.flatMap(
      (script) => read(`nodes/${script}`).match(/(?<![\w/.-])aws (?!s3api|--version|\$\{AWS_ENDPOINT_URL)[a-z-]+ .*/g) ?? [],
    );

    expect(commands.filter((command) => /^aws (s3|sts|ssm|ec2|configure)\b/.test(command))).toEqual([]);
  });

  it('let them read metadata, backup files and what a restore plan lists for them', () => {
    expect(keysFor('s3:GetObject', of('NodePolicy'))).toEqual([
      'example/backups/*/metadata/*',
      'example/backups/*/rondb/*',
      'example/restores/*',
    ]);
  });

  it('let them ship metadata and backup files, never plans or manifests, and delete nothing', () => {
    expect(keysFor('s3:PutObject', of('NodePolicy'))).toEqual(['example/backups/*/metadata/*', 'example/backups/*/rondb/*']);
    expect(actionsOf(statements.filter(({ Effect }) => Effect === 'Allow')).filter((action) => /delete|bypass|\*/i.test(action))).toEqual(
      [],
    );
  });
});

describe('the permissions of the state machines', () => {
  const SYNCHRONOUS = ['StartExecution', 'DescribeExecution', 'StopExecution'].map((call) => `states:${call}`);
  const NEEDED: Readonly<Record<string, readonly string[]>> = {
    'arn:aws:states:::lambda:invoke': ['lambda:InvokeFunction'],
    'arn:aws:states:::states:startExecution.sync:2': [...SYNCHRONOUS, 'events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
  };
  const roleOf = (name: MachineName) => of(`StateMachines${name.replaceAll('-', '')}Role`);
  const tasksOf = (name: MachineName) => Object.values(groupOf(name).States).filter(({ Type }) => Type === 'Task');

  it.each(machineNames)('let %s do what its tasks need, and no more', (name) => {
    const needed = tasksOf(name).flatMap(({ Resource = '' }) => NEEDED[Resource] ?? [`unknown: ${Resource}`]);

    expect(actionsOf(roleOf(name))).toEqual([...new Set(needed)].sort());
  });

  it.each(machineNames)('let %s invoke its own Lambdas only', (name) => {
    const invoked = tasksOf(name).flatMap(({ Arguments }) =>
      Arguments?.FunctionName ? [Arguments.FunctionName.slice(2, -1).toLowerCase()] : [],
    );
    const granted = roleOf(name)
      .filter(({ Action }) => Action === 'lambda:InvokeFunction')
      .flatMap(({ Resource }) => Resource);
    const functions = granted.map((resource) => /"Functions([a-z]+)[0-9A-F]{8}"/.exec(JSON.stringify(resource))?.[1]);

    expect([...new Set(functions)].sort()).toEqual([...new Set(invoked)].sort());
  });
});

describe('a permission on every resource', () => {
  it('is only given for calls that know no resources', () => {
    const everywhere = statements.filter(({ Effect, Resource }) => Effect === 'Allow' && [Resource].flat().includes('*'));

    expect(actionsOf(everywhere)).toEqual(['ssm:DescribeInstanceInformation', 'ssm:GetCommandInvocation', 'ssm:ListCommandInvocations']);
  });
});
