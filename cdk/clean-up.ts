import { Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters.ts';
import type { StateMachines } from './state-machines.ts';

/** Starts the clean-up machine for every backup, restore, verification and sweep that did not succeed, stopped ones included. */
export class CleanUp extends Construct {
  constructor(scope: Construct, id: string, { machines, deadLetters }: { machines: StateMachines; deadLetters: DeadLetters }) {
    super(scope, id);
    new Rule(this, 'Rule', {
      description: 'A backup, restore, verification or sweep did not succeed',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
          stateMachineArn: [machines.backup, machines.restore, machines.verify, machines.sweep].map(
            ({ stateMachineArn }) => stateMachineArn,
          ),
        },
      },
      targets: [
        new SfnStateMachine(machines.cleanUp, { input: RuleTargetInput.fromEventPath('$.detail'), deadLetterQueue: deadLetters.queue }),
      ],
    });
  }
}
