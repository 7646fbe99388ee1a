/** Where a stack is deployed; here it is made up, but the same every time. */
export interface Target {
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
}

/** What other resources can know of one: `Ref`, and the attributes that `Fn::GetAtt` reads. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource of a template, its properties not yet resolved. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

type Identify = (name: string | undefined, made: (longest: number) => string, arn: (service: string, path: string) => string) => Identity;

/** The property that names a resource of this type, and what follows from the name. */
const kinds: Readonly<Record<string, { readonly nameProperty: string; readonly identify: Identify }>> = {
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    identify: (name, made) => {
      const ref = name ?? made(63).toLowerCase();
      return { ref, attributes: { Arn: `arn:aws:s3:::${ref}` } };
    },
  },
  'AWS::Lambda::Function': {
    nameProperty: 'FunctionName',
    identify: (name, made, arn) => {
      const ref = name ?? made(64);
      return { ref, attributes: { Arn: arn('lambda', `function:${ref}`) } };
    },
  },
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    identify: (given, made, arn) => {
      const name = given ?? made(80);
      const ref = arn('states', `stateMachine:${name}`);
      return { ref, attributes: { Arn: ref, Name: name } };
    },
  },
  'AWS::SSM::Document': { nameProperty: 'Name', identify: (name, made) => ({ ref: name ?? made(128), attributes: {} }) },
  'AWS::Logs::LogGroup': {
    nameProperty: 'LogGroupName',
    identify: (name, made, arn) => {
      const ref = name ?? made(512);
      return { ref, attributes: { Arn: arn('logs', `log-group:${ref}:*`) } };
    },
  },
  'AWS::IAM::Role': {
    nameProperty: 'RoleName',
    identify: (name, made, arn) => {
      const ref = name ?? made(64);
      return { ref, attributes: { Arn: arn('iam', `role/${ref}`) } };
    },
  },
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    identify: (name, made, arn) => {
      const ref = arn('iam', `policy/${name ?? made(128)}`);
      return { ref, attributes: { PolicyArn: ref } };
    },
  },
};

/** The identity of a resource. Throws for a type whose names and ARNs are not known here. */
export function identify(logicalId: string, { Type, Properties }: Resource, target: Target): Identity {
  const kind = kinds[Type];
  if (!kind) throw new Error(`${logicalId} is a ${Type}, which is not supported`);
  const name = Properties[kind.nameProperty];
  if (name !== undefined && typeof name !== 'string') throw new Error(`${logicalId}: ${kind.nameProperty} must be a plain text`);
  // Its end tells resources apart: CDK puts a hash there.
  const made = (longest: number) => `${target.stackName}-${logicalId}`.slice(-longest).replace(/^-+/, '');
  const arn = (service: string, path: string) => `arn:aws:${service}:${service === 'iam' ? '' : target.region}:${target.account}:${path}`;
  return kind.identify(name, made, arn);
}
