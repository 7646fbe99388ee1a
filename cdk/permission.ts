import { Stack, Validations } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, type PolicyStatementProps } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

interface Permission extends Pick<PolicyStatementProps, 'conditions'> {
  readonly actions: string[];
  readonly resources: string[];
  /** Why a resource is named by a wildcard; without it cdk-nag refuses one. */
  readonly wildcard?: string;
}

/** Somebody to whom the stack gives permissions. */
export type Grantee = IGrantable & IConstruct;

/** Lets somebody make these calls: what CDK does not grant by itself is granted here. */
export function allow(grantee: Grantee, { wildcard, ...statement }: Permission): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new PolicyStatement(statement));
  if (wildcard) acceptWildcards(grantee, statement.resources, wildcard);
}

/** Tells cdk-nag why these resources of somebody's permissions are wildcards; every other one it goes on to refuse. */
export function acceptWildcards(grantee: Grantee, resources: readonly string[], reason: string): void {
  // The role of a Lambda or a machine holds its policy; a managed policy is not a role.
  const holder = Construct.isConstruct(grantee.grantPrincipal) ? grantee.grantPrincipal : grantee;
  for (const resource of resources.map((arn) => flatten(Stack.of(holder).resolve(arn))).filter((arn) => arn.includes('*'))) {
    Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
  }
}

/** An ARN as cdk-nag writes it: references in angle brackets. */
function flatten(value: unknown): string {
  if (typeof value === 'string') return value;
  const reference = value as { Ref?: string; 'Fn::GetAtt'?: string[]; 'Fn::Join'?: [string, unknown[]] };
  const [separator, parts] = reference['Fn::Join'] ?? [];
  if (parts) return parts.map(flatten).join(separator);
  return `<${reference['Fn::GetAtt']?.join('.') ?? reference.Ref}>`;
}
