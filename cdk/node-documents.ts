import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { type ActionName, actions, documentParameters, parameters, scriptName } from '../model/actions.ts';
import type { Cluster } from '../model/cluster.ts';
import { resourceName } from '../model/names.ts';
import { documentScript } from '../nodes/assemble.ts';
import { type MachineName, readDefinition } from '../state-machines/definitions.ts';
import { allow, type Grantee } from './permission.ts';

/** One SSM document for each action: the script with its library, its parameters as environment variables. */
export class NodeDocuments extends Construct {
  /** A document's name is this followed by the script's name. */
  readonly prefix: string;
  readonly logs: LogGroup;
  private readonly cluster: Cluster;

  constructor(scope: Construct, id: string, { cluster }: { cluster: Cluster }) {
    super(scope, id);
    this.cluster = cluster;
    this.prefix = `${resourceName(cluster.name)}-`;
    this.logs = new LogGroup(this, 'Logs', { retention: cluster.logs.retentionDays, removalPolicy: RemovalPolicy.RETAIN });
    for (const action of Object.keys(actions) as ActionName[]) {
      new CfnDocument(this, action, {
        name: `${this.prefix}${scriptName(action)}`,
        documentType: 'Command',
        updateMethod: 'NewVersion',
        content: documentContent(action),
      });
    }
  }

  /** Only the documents of these actions, only on instances that carry the cluster's tag. */
  grantSend(grantee: Grantee, names: readonly ActionName[]): void {
    const { partition, region, account } = Stack.of(this);
    const { key, value } = this.cluster.tags.cluster;
    allow(grantee, {
      actions: ['ssm:SendCommand'],
      resources: names.map((name) => `arn:${partition}:ssm:${region}:${account}:document/${this.prefix}${scriptName(name)}`),
    });
    allow(grantee, {
      actions: ['ssm:SendCommand'],
      resources: [`arn:${partition}:ec2:${region}:${account}:instance/*`, `arn:${partition}:ssm:${region}:${account}:managed-instance/*`],
      conditions: { StringEquals: { [`ssm:resourceTag/${key}`]: value } },
      wildcard: "Instances come and go; the condition admits only those that carry the cluster's tag.",
    });
    allow(grantee, {
      actions: ['ssm:DescribeInstanceInformation'],
      resources: ['*'],
      wildcard: 'SSM lists instances for whole accounts only.',
    });
  }

  /** What became of commands. */
  grantReadInvocations(grantee: Grantee): void {
    allow(grantee, {
      actions: ['ssm:ListCommandInvocations', 'ssm:GetCommandInvocation'],
      resources: ['*'],
      wildcard: 'SSM knows no permission on a single command.',
    });
  }

  /** Finding the commands that still run. */
  grantListCommands(grantee: Grantee): void {
    allow(grantee, { actions: ['ssm:ListCommands'], resources: ['*'], wildcard: 'SSM knows no permission on a single command.' });
  }

  /** Ending commands. */
  grantCancel(grantee: Grantee): void {
    allow(grantee, { actions: ['ssm:CancelCommand'], resources: ['*'], wildcard: 'SSM knows no permission on a single command.' });
  }
}

/** The actions that occur as states of these machines, in branches too. */
export function actionsIn(machines: readonly MachineName[]): ActionName[] {
  const states = new Set(machines.flatMap((name) => stateNames(readDefinition(name) as Group)));
  return (Object.keys(actions) as ActionName[]).filter((action) => states.has(action));
}

interface Group {
  readonly States: Readonly<Record<string, { readonly Branches?: readonly Group[] }>>;
}

function stateNames({ States }: Group): string[] {
  return Object.entries(States).flatMap(([name, { Branches = [] }]) => [name, ...Branches.flatMap(stateNames)]);
}

function documentContent(action: ActionName) {
  return {
    schemaVersion: '2.2',
    description: `hopsworks-dr: ${action}`,
    parameters: Object.fromEntries(
      documentParameters(action).map((name) => [
        name,
        {
          type: 'String',
          description: parameters[name].description,
          allowedPattern: parameters[name].pattern,
          // The agent itself needs this one: a reference to an environment variable it might not resolve, and take an hour instead.
          ...(name !== 'timeoutSeconds' && { interpolationType: 'ENV_VAR' }),
        },
      ]),
    ),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: action,
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          timeoutSeconds: '{{ timeoutSeconds }}',
          runCommand: documentScript(action).split('\n'),
        },
      },
    ],
  };
}
