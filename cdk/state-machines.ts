import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { Function as Lambda } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import { type MachineName, readDefinition } from '../state-machines/definitions.ts';
import type { BackupBucket } from './backup-bucket.ts';
import type { Functions } from './functions.ts';
import type { Notifications } from './notifications.ts';
import { acceptWildcards, allow } from './permission.ts';

interface StateMachinesProps {
  readonly cluster: Cluster;
  readonly bucket: BackupBucket;
  readonly functions: Functions;
  readonly notifications: Notifications;
}

/** The backup, the restore and the verification procedure, the sweep of debris, what follows a failed one, and the machine that runs one action on many nodes for them. */
export class StateMachines extends Construct {
  readonly backup: StateMachine;
  readonly restore: StateMachine;
  readonly verify: StateMachine;
  readonly sweep: StateMachine;
  readonly cleanUp: StateMachine;
  private readonly cluster: Cluster;
  private readonly logs: LogGroup;

  constructor(scope: Construct, id: string, { cluster, bucket, functions, notifications }: StateMachinesProps) {
    super(scope, id);
    this.cluster = cluster;
    this.logs = new LogGroup(this, 'Logs', {
      // Step Functions may write into groups of this prefix without a growing resource policy of CloudWatch Logs.
      logGroupName: `/aws/vendedlogs/states/${resourceName(cluster.name)}`,
      retention: cluster.logs.retentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const bytesPerSecond = String((cluster.rondb.uploadMegabytesPerSecond ?? 0) * 1_000_000);
    const backupRunner = this.addRunner('backup', functions);
    const restoreRunner = this.addRunner('restore', functions);
    const { takeLease, releaseLease, planBackup, checkBlockBucket, sealBackup, pruneBackups, cancelCommands, describeFailure } = functions;
    const { surveyBlocks, planRestore, rewindBlockBucket, reportRestore } = functions;

    const debris = { GraceDays: String(cluster.debris.graceDays), RemoveDebris: String(cluster.debris.remove) };
    this.backup = this.add('backup', 'backup', {
      RunOnNodes: backupRunner.stateMachineArn,
      ...inspected(cluster),
      ...debris,
      BytesPerSecond: bytesPerSecond,
      TakeLease: takeLease.functionArn,
      ReleaseLease: releaseLease.functionArn,
      PlanBackup: planBackup.functionArn,
      CheckBlockBucket: checkBlockBucket.functionArn,
      SealBackup: sealBackup.functionArn,
      PruneBackups: pruneBackups.functionArn,
    });
    grantInvoke(this.backup, takeLease, releaseLease, planBackup, checkBlockBucket, sealBackup, pruneBackups);

    this.restore = this.add('restore', 'restore', {
      RunOnNodes: restoreRunner.stateMachineArn,
      ...inspected(cluster),
      TakeLease: takeLease.functionArn,
      ReleaseLease: releaseLease.functionArn,
      SurveyBlocks: surveyBlocks.functionArn,
      PlanRestore: planRestore.functionArn,
      RewindBlockBucket: rewindBlockBucket.functionArn,
      ReportRestore: reportRestore.functionArn,
    });
    grantInvoke(this.restore, takeLease, releaseLease, surveyBlocks, planRestore, rewindBlockBucket, reportRestore);

    const { checkObjects, planVerification, reportVerification } = functions;
    // Whether there are blocks to look for, the backup says.
    const { Blocks: _, ...whereToLook } = inspected(cluster);
    this.verify = this.add('verify', 'verify', {
      RunOnNodes: backupRunner.stateMachineArn,
      ...whereToLook,
      BytesPerSecond: bytesPerSecond,
      CheckObjects: checkObjects.functionArn,
      PlanVerification: planVerification.functionArn,
      ReportVerification: reportVerification.functionArn,
    });
    grantInvoke(this.verify, checkObjects, planVerification, reportVerification);

    this.sweep = this.add('sweep', 'sweep', {
      RunOnNodes: backupRunner.stateMachineArn,
      ...swept(cluster),
      Cluster: cluster.name,
      Bucket: bucket.name,
      GraceDays: debris.GraceDays,
      TakeLease: takeLease.functionArn,
      ReleaseLease: releaseLease.functionArn,
      PruneBackups: pruneBackups.functionArn,
    });
    grantInvoke(this.sweep, takeLease, releaseLease, pruneBackups);

    this.cleanUp = this.add('clean-up', 'clean-up', {
      RunOnNodes: backupRunner.stateMachineArn,
      CancelCommands: cancelCommands.functionArn,
      DescribeFailure: describeFailure.functionArn,
      ReleaseLease: releaseLease.functionArn,
      Topic: notifications.topic.topicArn,
    });
    grantInvoke(this.cleanUp, cancelCommands, describeFailure, releaseLease);
    notifications.grantPublish(this.cleanUp);

    for (const machine of [this.backup, this.verify, this.sweep, this.cleanUp]) grantRunSynchronously(machine, backupRunner);
    grantRunSynchronously(this.restore, restoreRunner);
  }

  /** Two of them: one may send what backups and verifications need, the other what restores need. */
  private addRunner(purpose: 'backup' | 'restore', { takeLease, sendCommand, readCommand }: Functions): StateMachine {
    const runner = this.add('run-on-nodes', `${purpose}-run-on-nodes`, {
      TakeLease: takeLease.functionArn,
      SendCommand: sendCommand[purpose].functionArn,
      ReadCommand: readCommand.functionArn,
    });
    grantInvoke(runner, takeLease, sendCommand[purpose], readCommand);
    return runner;
  }

  private add(definition: MachineName, name: string, definitionSubstitutions: Record<string, string>): StateMachine {
    const machine = new StateMachine(this, name, {
      stateMachineName: resourceName(this.cluster.name, name),
      definitionBody: DefinitionBody.fromString(JSON.stringify(readDefinition(definition))),
      definitionSubstitutions,
      tracingEnabled: true,
      logs: { destination: this.logs, level: LogLevel.ALL, includeExecutionData: true },
    });
    acceptWildcards(machine, ['*'], 'Delivery of logs and X-Ray know no permission on a single log group or trace.');
    return machine;
  }
}

/** Where dead runs may have left something. */
function swept({ rondb, hopsfs }: Cluster): Record<string, string> {
  return {
    ConnectString: rondb.connectString,
    Blocks: hopsfs?.storage ?? 'none',
    // Of blocks in S3 nothing lies there; only which instances are datanodes is asked.
    DataDirectories: hopsfs?.storage === 'disks' ? hopsfs.dataDirectories.join(':') : '/srv/hopsworks-data',
  };
}

/** Where nodes find what is inspected before there is a plan. */
function inspected(cluster: Cluster): Record<string, string> {
  const { definition, encryptionPasswordFile } = cluster;
  return {
    ...swept(cluster),
    Definition: definition === undefined ? 'none' : 'path' in definition ? definition.path : `s3://${definition.bucket}/${definition.key}`,
    PasswordFile: encryptionPasswordFile,
  };
}

/** The ARN of a machine, for what exists before the machines do. */
export function stateMachineArn(scope: Construct, cluster: Cluster, machine: MachineName): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: resourceName(cluster.name, machine),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** Without their versions and aliases, which CDK's own grant admits too. */
function grantInvoke(machine: StateMachine, ...lambdas: Lambda[]): void {
  allow(machine, { actions: ['lambda:InvokeFunction'], resources: lambdas.map(({ functionArn }) => functionArn) });
}

/** What startExecution.sync:2 needs: the child's executions, and the rule by which Step Functions hears of their end. */
function grantRunSynchronously(machine: StateMachine, child: StateMachine): void {
  const { partition, region, account } = Stack.of(machine);
  allow(machine, { actions: ['states:StartExecution'], resources: [child.stateMachineArn] });
  allow(machine, {
    actions: ['states:DescribeExecution', 'states:StopExecution'],
    resources: [`arn:${partition}:states:${region}:${account}:execution:${child.stateMachineName}:*`],
    wildcard: 'Step Functions names the executions that a state starts.',
  });
  allow(machine, {
    actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
    resources: [`arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`],
  });
}
