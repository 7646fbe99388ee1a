import { Stack } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/** Where a state machine's executions are seen and started in the AWS console. */
export function machinePage(machine: StateMachine): string {
  const { region } = Stack.of(machine);
  return `https://${region}.console.aws.amazon.com/states/home?region=${region}#/statemachines/view/${machine.stateMachineArn}`;
}

export function dashboardPage(scope: Construct, dashboardName: string): string {
  const { region } = Stack.of(scope);
  return `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`;
}
