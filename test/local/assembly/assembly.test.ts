import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Function as CdkFunction, Code, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAssembly } from '../../../local/assembly/assembly.ts';

function givenDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An assembly with one stack of each name, written by hand: synthesizing takes seconds. */
function givenAssembly(template: object, stacks = ['practice']): string {
  const directory = givenDirectory();
  const artifact = { type: 'aws:cloudformation:stack', properties: { templateFile: 'template.json' } };
  writeFileSync(
    join(directory, 'manifest.json'),
    JSON.stringify({ artifacts: Object.fromEntries(stacks.map((name) => [name, artifact])) }),
  );
  writeFileSync(join(directory, 'template.json'), JSON.stringify({ Resources: {}, ...template }));
  return directory;
}

const region = 'eu-north-1';
const arn = (service: string, path: string) => `arn:aws:${service}:${region}:111122223333:${path}`;
const content = { schemaVersion: '2.2', mainSteps: [] };

/** One resource of each kind that is read, as CDK declares it. */
function synthesize(): string {
  const directory = givenDirectory();
  mkdirSync(join(directory, 'code'));
  writeFileSync(join(directory, 'code', 'index.js'), 'exports.handler = async () => 1;');
  const app = new App({ outdir: join(directory, 'cdk.out'), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'practice');
  const bucket = new Bucket(stack, 'bucket');
  const decide = new CdkFunction(stack, 'decide', {
    code: Code.fromAsset(join(directory, 'code')),
    runtime: Runtime.NODEJS_22_X,
    handler: 'index.handler',
    timeout: Duration.minutes(2),
    memorySize: 256,
    environment: { BUCKET: bucket.bucketName, ARN: bucket.bucketArn },
  });
  new CfnDocument(stack, 'document', { name: 'practice-step', content: { ...content, description: `in ${stack.region}` } });
  const child = new StateMachine(stack, 'child', {
    stateMachineName: 'practice-child',
    definitionBody: DefinitionBody.fromString('{"StartAt":"Decide","States":{"Decide":{"Type":"Task","Resource":"${Decide}","End":true}}}'),
    definitionSubstitutions: { Decide: decide.functionArn },
  });
  new CfnOutput(stack, 'ChildArn', { value: child.stateMachineArn });
  app.synth();
  return join(directory, 'cdk.out');
}

describe('an assembly', () => {
  it('that CDK wrote becomes what would be deployed', { timeout: 60_000 }, () => {
    const directory = synthesize();

    const { bucketNames, functions, documents, stateMachines, outputs } = readAssembly(directory, { region });

    const [bucket] = bucketNames;
    const [decide] = functions;
    expect(bucket).toMatch(/^practice-bucket[a-z0-9]{8}$/);
    expect(decide).toMatchObject({
      arn: arn('lambda', `function:${decide?.name}`),
      handler: 'index.handler',
      timeoutSeconds: 120,
      memorySize: 256,
      environment: { BUCKET: bucket, ARN: `arn:aws:s3:::${bucket}` },
    });
    expect(readFileSync(join(decide?.codeDirectory ?? '', 'index.js'), 'utf8')).toContain('handler');
    expect(documents).toEqual([{ name: 'practice-step', content: { ...content, description: 'in eu-north-1' } }]);
    expect(stateMachines).toMatchObject([
      {
        name: 'practice-child',
        arn: arn('states', 'stateMachine:practice-child'),
        definition: { StartAt: 'Decide', States: { Decide: { Resource: decide?.arn } } },
      },
    ]);
    expect(outputs).toEqual({ ChildArn: arn('states', 'stateMachine:practice-child') });
  });

  it.each([
    ['Fn::Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }]] }, 'a-111122223333'],
    ['Fn::Select of Fn::Split', { 'Fn::Select': ['1', { 'Fn::Split': ['/', 'head/tail'] }] }, 'tail'],
    [
      'Fn::Sub with a variable and a literal',
      { 'Fn::Sub': ['${v} ${!kept} ${AWS::Partition}', { v: { Ref: 'logs' } }] },
      'practice-logs ${kept} aws',
    ],
    ['Fn::Sub of an attribute', { 'Fn::Sub': '${role.Arn}' }, 'arn:aws:iam::111122223333:role/practice-role'],
    ['Fn::GetAtt in its short form', { 'Fn::GetAtt': 'logs.Arn' }, arn('logs', 'log-group:practice-logs:*')],
    ['Ref of a stack name', { Ref: 'AWS::StackName' }, 'practice'],
  ])('has its %s computed', (_, Value, expected) => {
    const Resources = { logs: { Type: 'AWS::Logs::LogGroup' }, role: { Type: 'AWS::IAM::Role' } };

    const { outputs } = readAssembly(givenAssembly({ Resources, Outputs: { out: { Value } } }), { region });

    expect(outputs).toEqual({ out: expected });
  });

  it.each([
    ['key', 'AWS::KMS::Key', {}, 'practice-thing', { Arn: arn('kms', 'key/practice-thing'), KeyId: 'practice-thing' }],
    ['alias', 'AWS::KMS::Alias', { AliasName: 'alias/backups' }, 'alias/backups', {}],
    ['topic', 'AWS::SNS::Topic', {}, arn('sns', 'practice-thing'), { TopicArn: arn('sns', 'practice-thing'), TopicName: 'practice-thing' }],
    [
      'queue',
      'AWS::SQS::Queue',
      { QueueName: 'letters' },
      `https://sqs.${region}.amazonaws.com/111122223333/letters`,
      { Arn: arn('sqs', 'letters'), QueueName: 'letters' },
    ],
    ['rule', 'AWS::Events::Rule', {}, 'practice-thing', { Arn: arn('events', 'rule/practice-thing') }],
    ['schedule group', 'AWS::Scheduler::ScheduleGroup', { Name: 'all' }, 'all', { Arn: arn('scheduler', 'schedule-group/all') }],
    ['alarm', 'AWS::CloudWatch::Alarm', { AlarmName: 'old' }, 'old', { Arn: arn('cloudwatch', 'alarm:old') }],
    ['dashboard', 'AWS::CloudWatch::Dashboard', { DashboardName: 'view' }, 'view', {}],
  ])('knows what a %s is called', (_, Type, Properties, ref, attributes) => {
    const values = {
      ref: { Ref: 'thing' },
      ...Object.fromEntries(Object.keys(attributes).map((name) => [name, { 'Fn::GetAtt': ['thing', name] }])),
    };
    const Outputs = Object.fromEntries(Object.entries(values).map(([name, Value]) => [name, { Value }]));

    const { outputs } = readAssembly(givenAssembly({ Resources: { thing: { Type, Properties } }, Outputs }), { region });

    expect(outputs).toEqual({ ref, ...attributes });
  });

  it('tells its topics, rules and schedules with everything they refer to', () => {
    const Resources = {
      topic: { Type: 'AWS::SNS::Topic' },
      group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'backups' } },
      rule: { Type: 'AWS::Events::Rule', Properties: { Targets: [{ Id: 'a', Arn: { Ref: 'topic' } }] } },
      nightly: { Type: 'AWS::Scheduler::Schedule', Properties: { Name: 'nightly', GroupName: { Ref: 'group' } } },
      hourly: { Type: 'AWS::Scheduler::Schedule' },
    };

    const { name, topicArns, rules, schedules } = readAssembly(givenAssembly({ Resources }), { region });

    const topic = arn('sns', 'practice-topic');
    expect([name, topicArns]).toEqual(['practice', [topic]]);
    expect(rules).toEqual([{ name: 'practice-rule', properties: { Targets: [{ Id: 'a', Arn: topic }] } }]);
    expect(schedules).toEqual([
      { name: 'nightly', arn: arn('scheduler', 'schedule/backups/nightly'), properties: { Name: 'nightly', GroupName: 'backups' } },
      { name: 'practice-hourly', arn: arn('scheduler', 'schedule/default/practice-hourly'), properties: {} },
    ]);
  });

  it.each([
    ['an attribute', { 'Fn::GetAtt': ['bucket', 'DomainName'] }, 'the attribute DomainName of bucket (AWS::S3::Bucket) is not supported'],
    ['a type', { Ref: 'table' }, 'table is a AWS::DynamoDB::Table, which is not supported'],
    ['a reference', { Ref: 'Absent' }, 'Absent is neither a resource nor a supported pseudo parameter'],
    ['an intrinsic function', { 'Fn::ImportValue': 'other' }, 'Fn::ImportValue is not supported'],
  ])('is refused by logical id for %s that is not known', (_, BUCKET, message) => {
    const Resources = {
      bucket: { Type: 'AWS::S3::Bucket' },
      table: { Type: 'AWS::DynamoDB::Table' },
      decide: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: { BUCKET } } } },
    };
    const directory = givenAssembly({ Resources });

    const reading = () => readAssembly(directory, { region });

    expect(reading).toThrow(/^decide: /);
    expect(reading).toThrow(message);
  });

  it.each([
    ['code that is no asset', 'AWS::Lambda::Function', { Code: { S3Key: 'absent.zip' }, Handler: 'index.handler' }, 'absent.zip'],
    ['inline code', 'AWS::Lambda::Function', { Code: { ZipFile: '' }, Handler: 'index.handler' }, 'S3Key'],
    ['a placeholder without a value', 'AWS::StepFunctions::StateMachine', { DefinitionString: '{"StartAt":"${First}"}' }, '${First}'],
    ['an express state machine', 'AWS::StepFunctions::StateMachine', { DefinitionString: '{}', StateMachineType: 'EXPRESS' }, 'STANDARD'],
    ['a document in YAML', 'AWS::SSM::Document', { Content: 'schemaVersion: "2.2"' }, 'Content'],
  ])('is refused by logical id for %s', (_, Type, Properties, message) => {
    const directory = givenAssembly({ Resources: { thing: { Type, Properties } } });

    const reading = () => readAssembly(directory, { region });

    expect(reading).toThrow(/^thing: /);
    expect(reading).toThrow(message);
  });

  it('needs to be told which of several stacks is meant', () => {
    const directory = givenAssembly({ Outputs: { name: { Value: { Ref: 'AWS::StackName' } } } }, ['practice', 'other']);

    expect(readAssembly(directory, { region, stack: 'other' }).outputs).toEqual({ name: 'other' });
    expect(() => readAssembly(directory, { region })).toThrow('has the stacks practice, other; exactly one was expected');
  });
});
