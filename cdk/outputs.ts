import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { Cluster } from '../model/cluster.ts';
import type { BackupBucket } from './backup-bucket.ts';
import { machinePage } from './console.ts';
import type { Dashboard } from './dashboard.ts';
import type { NodePolicy } from './node-policy.ts';
import type { Notifications } from './notifications.ts';
import type { StateMachines } from './state-machines.ts';

interface Outputs {
  readonly cluster: Cluster;
  readonly bucket: BackupBucket;
  readonly nodePolicy: NodePolicy;
  readonly machines: StateMachines;
  readonly notifications: Notifications;
  readonly dashboard: Dashboard;
}

/** What a person needs next, in the order of need. */
export function addOutputs(stack: Stack, { cluster, bucket, nodePolicy, machines, notifications, dashboard }: Outputs): void {
  const { backup, restore, verify, sweep } = machines;
  const start = (machineArn: string, input: object) =>
    `aws stepfunctions start-execution --region ${stack.region} --state-machine-arn ${machineArn} --input '${JSON.stringify(input)}'`;
  const output = (name: string, value: string, description: string) => new CfnOutput(stack, name, { value, description });

  output('NodePolicyArn', nodePolicy.arn, "Attach this managed policy to the role of the cluster's instances.");
  output('StartBackupCommand', start(backup.stateMachineArn, { cluster: cluster.name }), 'Takes a backup now.');
  output(
    'PlanRestoreCommand',
    start(restore.stateMachineArn, { cluster: cluster.name, backup: 'latest' }),
    `Says how the newest backup would be restored, and changes nothing. To restore, add "confirm": "${cluster.name}" to the input.`,
  );
  output(
    'VerifyBackupCommand',
    start(verify.stateMachineArn, { cluster: cluster.name, backup: 'latest', depth: 'objects' }),
    'Verifies the newest backup.',
  );
  output(
    'FindDebrisCommand',
    start(sweep.stateMachineArn, { cluster: cluster.name }),
    `Says what dead runs left behind, and removes nothing. To remove it, add "confirm": "${cluster.name}" to the input.`,
  );
  output('BackupConsole', machinePage(backup), 'Backups in the console: see them, start one, redrive a failed one.');
  output('RestoreConsole', machinePage(restore), 'Restores in the console: plan, start, redrive a failed one.');
  output('VerifyConsole', machinePage(verify), 'Verifications in the console: see them, start one.');
  output('DashboardUrl', dashboard.page, 'Age of the newest recovery point, next backup, sizes, failures, alarms.');
  output(
    'TopicArn',
    notifications.topic.topicArn,
    'Alarms and failures are published here: subscribe whom the cluster file does not name.',
  );
  output('BucketName', bucket.name, `The backups lie here, below ${cluster.name}/backups/.`);
  if (bucket.replicationRoleArn) {
    output('ReplicationRoleArn', bucket.replicationRoleArn, "Admit this role in the policies of the replica's bucket and key.");
  }
  output('BackupStateMachineArn', backup.stateMachineArn, 'The backup machine.');
  output('RestoreStateMachineArn', restore.stateMachineArn, 'The restore machine.');
}
