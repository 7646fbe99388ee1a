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

type Arn = (service: string, path: string) => string;

interface Kind {
  /** The property that names a resource of this type. */
  readonly nameProperty: string;
  /** Of a name that CloudFormation makes up. */
  readonly longest: number;
  identify(name: string, arn: Arn, target: Target): Identity;
}

/** Most types: the reference is the name. `path` gives what the ARN ends with. */
function named(nameProperty: string, longest: number, service: string, path: (name: string) => string): Kind {
  return { nameProperty, longest, identify: (name, arn) => ({ ref: name, attributes: { Arn: arn(service, path(name)) } }) };
}

const kinds: Readonly<Record<string, Kind>> = {
  'AWS::S3::Bucket': {
    nameProperty: 'BucketName',
    longest: 63,
    identify: (name) => ({ ref: name.toLowerCase(), attributes: { Arn: `arn:aws:s3:::${name.toLowerCase()}` } }),
  },
  'AWS::Lambda::Function': named('FunctionName', 64, 'lambda', (name) => `function:${name}`),
  'AWS::StepFunctions::StateMachine': {
    nameProperty: 'StateMachineName',
    longest: 80,
    identify(name, arn) {
      const ref = arn('states', `stateMachine:${name}`);
      return { ref, attributes: { Arn: ref, Name: name } };
    },
  },
  'AWS::SSM::Document': { nameProperty: 'Name', longest: 128, identify: (ref) => ({ ref, attributes: {} }) },
  'AWS::Logs::LogGroup': named('LogGroupName', 512, 'logs', (name) => `log-group:${name}:*`),
  'AWS::IAM::Role': named('RoleName', 64, 'iam', (name) => `role/${name}`),
  'AWS::IAM::ManagedPolicy': {
    nameProperty: 'ManagedPolicyName',
    longest: 128,
    identify(name, arn) {
      const ref = arn('iam', `policy/${name}`);
      return { ref, attributes: { PolicyArn: ref } };
    },
  },
  // Nobody names a key: CloudFormation makes its id up.
  'AWS::KMS::Key': {
    nameProperty: 'KeyId',
    longest: 36,
    identify: (id, arn) => ({ ref: id, attributes: { Arn: arn('kms', `key/${id}`), KeyId: id } }),
  },
  'AWS::KMS::Alias': { nameProperty: 'AliasName', longest: 256, identify: (ref) => ({ ref, attributes: {} }) },
  'AWS::SNS::Topic': {
    nameProperty: 'TopicName',
    longest: 256,
    identify(name, arn) {
      const ref = arn('sns', name);
      return { ref, attributes: { TopicArn: ref, TopicName: name } };
    },
  },
  'AWS::SQS::Queue': {
    nameProperty: 'QueueName',
    longest: 80,
    identify(name, arn, { region, account }) {
      const ref = `https://sqs.${region}.amazonaws.com/${account}/${name}`;
      return { ref, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: ref } };
    },
  },
  'AWS::Events::Rule': named('Name', 64, 'events', (name) => `rule/${name}`),
  'AWS::Scheduler::ScheduleGroup': named('Name', 64, 'scheduler', (name) => `schedule-group/${name}`),
  'AWS::Scheduler::Schedule': { nameProperty: 'Name', longest: 64, identify: (ref) => ({ ref, attributes: {} }) },
  'AWS::CloudWatch::Alarm': named('AlarmName', 255, 'cloudwatch', (name) => `alarm:${name}`),
  'AWS::CloudWatch::Dashboard': { nameProperty: 'DashboardName', longest: 255, identify: (ref) => ({ ref, attributes: {} }) },
};

/** The identity of a resource. Throws for a type whose names and ARNs are not known here. */
export function identify(logicalId: string, { Type, Properties }: Resource, target: Target): Identity {
  const kind = kinds[Type];
  if (!kind) throw new Error(`${logicalId} is a ${Type}, which is not supported`);
  const given = Properties[kind.nameProperty];
  if (given !== undefined && typeof given !== 'string') throw new Error(`${logicalId}: ${kind.nameProperty} must be a plain text`);
  // Its end tells resources apart: CDK puts a hash there.
  const name = given ?? `${target.stackName}-${logicalId}`.slice(-kind.longest).replace(/^-+/, '');
  const arn: Arn = (service, path) => `arn:aws:${service}:${service === 'iam' ? '' : target.region}:${target.account}:${path}`;
  return kind.identify(name, arn, target);
}
