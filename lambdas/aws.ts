import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import {
  type CommandInvocation,
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';

/** A step of 46 hours must not fail because SSM throttles for a moment. */
const MAX_ATTEMPTS = 8;

/** What the bucket reports of an object: its size in bytes and its SHA-256 checksum (composite for multipart uploads). */
export interface StoredObject {
  readonly bytes: number;
  readonly checksum: string | undefined;
}

/** The backup bucket, as the Lambdas use it. `undefined` means that the object does not exist; anything else unexpected throws. */
export function openBucket(Bucket: string) {
  const s3 = new S3Client({ maxAttempts: MAX_ATTEMPTS });
  const put = (Key: string, Body: string, IfNoneMatch?: '*') =>
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body,
        ContentType: 'application/json',
        ChecksumAlgorithm: 'SHA256',
        ...(IfNoneMatch && { IfNoneMatch }),
      }),
    );
  return {
    put: async (key: string, body: string): Promise<void> => void (await put(key, body)),
    /** False when the key exists already; then nothing was written. */
    putIfAbsent: (key: string, body: string): Promise<boolean> =>
      put(key, body, '*').then(
        () => true,
        (error: unknown) => {
          if (error instanceof S3ServiceException && error.name === 'PreconditionFailed') return false;
          throw error;
        },
      ),
    read: (Key: string): Promise<string | undefined> =>
      s3.send(new GetObjectCommand({ Bucket, Key })).then(({ Body }) => Body?.transformToString(), absent),
    head: (Key: string): Promise<StoredObject | undefined> =>
      s3
        .send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }))
        .then(({ ContentLength = 0, ChecksumSHA256 }) => ({ bytes: ContentLength, checksum: ChecksumSHA256 }), absent),
    /** The names directly below a prefix that ends in a slash. */
    async listFolders(Prefix: string): Promise<string[]> {
      const names: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/', ...(ContinuationToken && { ContinuationToken }) }),
        );
        names.push(...(page.CommonPrefixes ?? []).map(({ Prefix: folder = '' }) => folder.slice(Prefix.length, -1)));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return names;
    },
  };
}

export type Bucket = ReturnType<typeof openBucket>;

/** An instance as SSM knows it. */
export interface ManagedInstance {
  readonly instanceId: string;
  readonly online: boolean;
}

/** One document sent to at most 50 instances. */
export interface Command {
  readonly documentName: string;
  readonly instanceIds: readonly string[];
  readonly parameters: Readonly<Record<string, string>>;
  readonly logGroup: string;
}

/** SSM Run Command, as the Lambdas use it. */
export function openRunCommand() {
  const ssm = new SSMClient({ maxAttempts: MAX_ATTEMPTS });
  return {
    /** The instances that match every filter, e.g. `{ Key: 'tag:hopsworks:role', Values: ['rondb'] }`. */
    async findInstances(filters: { Key: string; Values: string[] }[]): Promise<ManagedInstance[]> {
      const found: ManagedInstance[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ssm.send(new DescribeInstanceInformationCommand({ Filters: filters, ...(NextToken && { NextToken }) }));
        for (const { InstanceId = '', PingStatus } of page.InstanceInformationList ?? []) {
          found.push({ instanceId: InstanceId, online: PingStatus === 'Online' });
        }
        NextToken = page.NextToken;
      } while (NextToken);
      return found;
    },
    async send({ documentName, instanceIds, parameters, logGroup }: Command): Promise<string> {
      const { Command: command } = await ssm.send(
        new SendCommandCommand({
          DocumentName: documentName,
          InstanceIds: [...instanceIds],
          Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
          MaxConcurrency: '100%',
          MaxErrors: '0',
          TimeoutSeconds: 600,
          CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: logGroup },
        }),
      );
      if (!command?.CommandId) throw new Error('SendCommand answered without a command id');
      return command.CommandId;
    },
    async listInvocations(commandId: string): Promise<CommandInvocation[]> {
      const invocations: CommandInvocation[] = [];
      let NextToken: string | undefined;
      do {
        const page = await ssm.send(new ListCommandInvocationsCommand({ CommandId: commandId, ...(NextToken && { NextToken }) }));
        invocations.push(...(page.CommandInvocations ?? []));
        NextToken = page.NextToken;
      } while (NextToken);
      return invocations;
    },
    async readOutput(commandId: string, instanceId: string) {
      const output = await ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
      return {
        exitCode: output.ResponseCode ?? -1,
        stdout: output.StandardOutputContent ?? '',
        stderr: output.StandardErrorContent ?? '',
      };
    },
  };
}

export type RunCommand = ReturnType<typeof openRunCommand>;

function absent(error: unknown): undefined {
  if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
  throw error;
}
