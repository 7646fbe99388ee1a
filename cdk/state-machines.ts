import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { Cluster } from '../model/cluster.ts';
import { type MachineName, readDefinition } from '../state-machines/definitions.ts';
import type { Functions } from './functions.ts';

/** The backup and the restore procedure, and the machine that runs one action on many nodes for them. */
export class StateMachines extends Construct {
  readonly backup: StateMachine;
  readonly restore: StateMachine;

  constructor(scope: Construct, id: string, { cluster, functions }: { cluster: Cluster; functions: Functions }) {
    super(scope, id);
    const { planBackup, sealBackup, planRestore, sendCommand, readCommand } = functions;

    const runOnNodes = this.add('run-on-nodes', cluster, {
      SendCommand: sendCommand.functionArn,
      ReadCommand: readCommand.functionArn,
    });
    for (const lambda of [sendCommand, readCommand]) lambda.grantInvoke(runOnNodes);

    const shared = { RunOnNodes: runOnNodes.stateMachineArn, ConnectString: cluster.rondb.connectString };
    this.backup = this.add('backup', cluster, {
      ...shared,
      PlanBackup: planBackup.functionArn,
      SealBackup: sealBackup.functionArn,
    });
    for (const lambda of [planBackup, sealBackup]) lambda.grantInvoke(this.backup);

    this.restore = this.add('restore', cluster, { ...shared, PlanRestore: planRestore.functionArn });
    planRestore.grantInvoke(this.restore);

    for (const machine of [this.backup, this.restore]) grantRunSynchronously(machine, runOnNodes);
  }

  private add(name: MachineName, cluster: Cluster, definitionSubstitutions: Record<string, string>): StateMachine {
    return new StateMachine(this, name, {
      stateMachineName: `hopsdr-${cluster.name}-${name}`,
      definitionBody: DefinitionBody.fromString(JSON.stringify(readDefinition(name))),
      definitionSubstitutions,
    });
  }
}

/** What startExecution.sync:2 needs: the child's executions, and the rule by which Step Functions hears of their end. */
function grantRunSynchronously(machine: StateMachine, child: StateMachine): void {
  const { partition, region, account } = Stack.of(machine);
  child.grantStartExecution(machine);
  machine.addToRolePolicy(
    new PolicyStatement({
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [`arn:${partition}:states:${region}:${account}:execution:${child.stateMachineName}:*`],
    }),
  );
  machine.addToRolePolicy(
    new PolicyStatement({
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [`arn:${partition}:events:${region}:${account}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`],
    }),
  );
}
