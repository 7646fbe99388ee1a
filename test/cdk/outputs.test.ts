import { beforeAll, describe, expect, it } from 'vitest';
import { resolveIntrinsics } from '../../local/assembly/intrinsics.ts';
import { backupRequestSchema, restoreRequestSchema, verificationRequestSchema } from '../../model/request.ts';
import { givenCluster, resourcesOf, synthesizeCluster } from '../fixtures/stack.ts';

let outputs: Record<string, { Description?: string; Value: string }>;
let dashboardName: string;
beforeAll(() => {
  const template = synthesizeCluster(givenCluster());
  const references = { ref: (id: string) => `<${id}>`, attribute: (id: string, name: string) => `<${id}.${name}>` };
  outputs = resolveIntrinsics(template.toJSON().Outputs, references) as typeof outputs;
  dashboardName = [...resourcesOf(template, 'AWS::CloudWatch::Dashboard').values()][0]?.Properties.DashboardName;
});
const valueAt = (name: string) => outputs[name]?.Value ?? '';

/** The input in a command, as a shell hands it over. */
const inputIn = (command: string) => JSON.parse(/ --input '([^']+)'$/.exec(command)?.[1] ?? '');

describe('the outputs', () => {
  it('are what a person needs next, each with a word on it', () => {
    expect(Object.keys(outputs).sort()).toEqual([
      'BackupConsole',
      'BackupStateMachineArn',
      'BucketName',
      'DashboardUrl',
      'FindDebrisCommand',
      'NodePolicyArn',
      'PlanRestoreCommand',
      'RestoreConsole',
      'RestoreStateMachineArn',
      'StartBackupCommand',
      'TopicArn',
      'VerifyBackupCommand',
      'VerifyConsole',
    ]);
    expect(Object.values(outputs).filter(({ Description = '' }) => !/^\S.{15,}\.$/.test(Description))).toEqual([]);
  });

  it('name the role that the owner of a replica must admit', () => {
    const replication = {
      bucketArn: 'arn:aws:s3:::copy',
      account: '444455556666',
      encryptionKeyArn: 'arn:aws:kms:eu-west-1:444455556666:key/1a2b3c4d',
    };
    const template = synthesizeCluster(givenCluster({ bucket: { replication } }));

    const [role] = [...resourcesOf(template, 'AWS::IAM::Role').keys()].filter((path) => path.includes('Replication'));

    expect(role).toBeDefined();
    expect(JSON.stringify(template.toJSON().Outputs.ReplicationRoleArn)).toContain('Replication');
  });

  it('start a backup with an input that its machine accepts', () => {
    const command = valueAt('StartBackupCommand');

    expect(command).toContain(
      `aws stepfunctions start-execution --region <AWS::Region> --state-machine-arn ${valueAt('BackupStateMachineArn')} `,
    );
    expect(backupRequestSchema.parse(inputIn(command))).toEqual({ cluster: 'north' });
  });

  it('plan a restore of the newest backup, and no more than plan', () => {
    const command = valueAt('PlanRestoreCommand');

    expect(command).toContain(` --state-machine-arn ${valueAt('RestoreStateMachineArn')} `);
    expect(restoreRequestSchema.parse(inputIn(command))).toEqual({ cluster: 'north', backup: 'latest' });
  });

  it('verify the newest backup, with an input that the machine accepts', () => {
    expect(verificationRequestSchema.parse(inputIn(valueAt('VerifyBackupCommand')))).toMatchObject({ cluster: 'north', backup: 'latest' });
  });

  it.each([
    ['BackupConsole', 'BackupStateMachineArn'],
    ['RestoreConsole', 'RestoreStateMachineArn'],
  ])('link the machine in the console: %s', (name, machine) => {
    const url = new URL(valueAt(name).replaceAll('<AWS::Region>', 'eu-north-1'));

    expect(url.origin + url.pathname + url.search).toBe('https://eu-north-1.console.aws.amazon.com/states/home?region=eu-north-1');
    expect(decodeURIComponent(url.hash)).toBe(`#/statemachines/view/${valueAt(machine)}`);
  });

  it('link the dashboard in the console', () => {
    const url = new URL(valueAt('DashboardUrl').replaceAll('<AWS::Region>', 'eu-north-1'));

    expect(url.host + url.pathname).toBe('eu-north-1.console.aws.amazon.com/cloudwatch/home');
    expect(url.hash).toBe(`#dashboards/dashboard/${dashboardName}`);
  });
});
