import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { type ActionName, actions, parameters, scriptName } from '../model/actions.ts';
import type { Cluster } from '../model/cluster.ts';
import { assembleScript } from '../nodes/assemble.ts';

/** One SSM document for each action: the script with its library, its parameters as environment variables. */
export class NodeDocuments extends Construct {
  /** A document's name is this followed by the script's name. */
  readonly prefix: string;
  readonly logs: LogGroup;
  private readonly cluster: Cluster;

  constructor(scope: Construct, id: string, { cluster }: { cluster: Cluster }) {
    super(scope, id);
    this.cluster = cluster;
    this.prefix = `hopsdr-${cluster.name}-`;
    this.logs = new LogGroup(this, 'Logs', { retention: RetentionDays.SIX_MONTHS, removalPolicy: RemovalPolicy.RETAIN });
    for (const action of Object.keys(actions) as ActionName[]) {
      new CfnDocument(this, action, {
        name: `${this.prefix}${scriptName(action)}`,
        documentType: 'Command',
        updateMethod: 'NewVersion',
        content: documentContent(action),
      });
    }
  }

  /** Only these documents, only on instances that carry the cluster's tag. */
  grantSend(grantee: IGrantable): void {
    const { partition, region, account } = Stack.of(this);
    const { key, value } = this.cluster.tags.cluster;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: [`arn:${partition}:ssm:${region}:${account}:document/${this.prefix}*`],
      }),
    );
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['ssm:SendCommand'],
        resources: [`arn:${partition}:ec2:${region}:${account}:instance/*`, `arn:${partition}:ssm:${region}:${account}:managed-instance/*`],
        conditions: { StringEquals: { [`ssm:resourceTag/${key}`]: value } },
      }),
    );
    // DescribeInstanceInformation knows no resources.
    grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: ['ssm:DescribeInstanceInformation'], resources: ['*'] }));
  }

  /** What became of commands; neither call knows resources. */
  grantReadInvocations(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: ['ssm:ListCommandInvocations', 'ssm:GetCommandInvocation'], resources: ['*'] }),
    );
  }
}

function documentContent(action: ActionName) {
  return {
    schemaVersion: '2.2',
    description: `hopsworks-dr: ${action}`,
    parameters: Object.fromEntries(
      actions[action].parameters.map((name) => [
        name,
        {
          type: 'String',
          description: parameters[name].description,
          allowedPattern: parameters[name].pattern,
          interpolationType: 'ENV_VAR',
        },
      ]),
    ),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: action,
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          timeoutSeconds: String(actions[action].timeoutSeconds),
          runCommand: assembleScript(action).split('\n'),
        },
      },
    ],
  };
}
