import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { describeFailure } from '../model/failure.ts';
import type { RoleTags } from '../model/names.ts';
import type { MachineName } from '../state-machines/definitions.ts';
import { readAssembly } from './assembly/assembly.ts';
import type { PracticeNode } from './cluster/cluster.ts';
import { startEndpoint } from './endpoint.ts';
import { stepFunctionsApi } from './engine/api.ts';
import { createEngine, type Engine, type Message } from './engine/engine.ts';
import { createEvents } from './events/events.ts';
import { createTopics } from './events/topics.ts';
import { createLambdaRunner } from './lambda/runner.ts';
import { S3Error } from './s3/errors.ts';
import { createS3 } from './s3/server.ts';
import { verifySignature } from './sigv4.ts';
import { createSsm, type Node, type Ssm } from './ssm/ssm.ts';

/** A state machine of the stack: `hopsdr-<cluster>-<this>`. */
type DeployedMachine = Exclude<MachineName, 'run-on-nodes'> | `${'backup' | 'restore'}-run-on-nodes`;

/** What `cdk deploy` would bring to AWS, running on this machine from the synthesized assembly. */
export interface Pipeline {
  /** The value for AWS_ENDPOINT_URL, with the credentials and the region that go with it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly engine: Engine;
  readonly ssm: Ssm;
  readonly bucket: string;
  /** The directory in which the local S3 keeps its buckets. */
  readonly s3Root: string;
  /** What was published to the stack's topic, in order. */
  readonly messages: readonly Message[];
  stateMachineArn(machine: DeployedMachine): string;
  /** Starts an execution as an operator would; resolves with its ARN. */
  start(machine: DeployedMachine, input: unknown, name?: string): Promise<string>;
  /** Waits for the end; resolves with the output, rejects with an {@link ExecutionFailure}. */
  finish(executionArn: string): Promise<unknown>;
  /** Calls a Lambda function by the name of its folder, e.g. `watch-backups`. */
  invoke(functionName: string, payload: unknown): Promise<unknown>;
  /** What that function has printed so far: its metrics, a JSON line each, among it. */
  lambdaLog(functionName: string): Promise<string>;
  /** Lets a schedule of the stack start its function as if it were this time; resolves with the function's answer. */
  deliverSchedule(name: string, scheduledTime: Date): Promise<unknown>;
  /** Ends everything. Rejects, after that, when a rule's target could not be started. */
  stop(): Promise<void>;
}

/**
 * Stands between the state machines and their Lambda functions, as faults do: hears which one is to be called, by its folder, with what,
 * and gives what becomes of it; `call` calls it.
 */
export type Interference = (functionName: string, payload: unknown, call: () => Promise<unknown>) => Promise<unknown>;

/** An execution that did not succeed; `name` is from the error catalogue wherever the product could name it. */
class ExecutionFailure extends Error {
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

const REGION = 'eu-central-1';

/**
 * Starts the local AWS with the cluster's nodes behind it. `directory` takes the buckets and all logs. `blockBucket`: the one in which
 * HopsFS keeps its blocks, which the stack expects to be there.
 */
export async function startPipeline(options: {
  assembly: string;
  blockBucket?: string | undefined;
  nodes: readonly (PracticeNode & Pick<Node, 'agentVersion'>)[];
  tags: RoleTags;
  directory: string;
  interfere?: Interference | undefined;
}): Promise<Pipeline> {
  const { directory, tags, interfere = (_name, _payload, call) => call() } = options;
  const stack = readAssembly(options.assembly, { region: REGION });
  const credentials = {
    accessKeyId: `AKIA${randomBytes(8).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64'),
  };
  const s3Root = join(directory, 's3');
  await mkdir(s3Root, { recursive: true });

  const s3 = createS3({ root: s3Root, credentials, region: REGION });
  const [bucket, ...others] = stack.bucketNames;
  if (!bucket || others.length > 0) throw new Error(`The stack has ${stack.bucketNames.length} buckets; one was expected.`);
  for (const name of [bucket, options.blockBucket ?? []].flat()) {
    // A pipeline that was killed may be started again over what it left.
    await s3.createBucket(name, { versioning: true }).catch((error: unknown) => {
      if (!(error instanceof S3Error && error.code === 'BucketAlreadyOwnedByYou')) throw error;
    });
  }

  const endpoint = await startEndpoint({
    ssm: (operation, body) => ssm.api(operation, body),
    states: (operation, body) => states(operation, body),
    s3: s3.handle,
    verify: (request, body, service) => void verifySignature(request, credentials, { service, region: REGION, body }),
  });
  const environment = {
    AWS_ENDPOINT_URL: endpoint.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const ssm = createSsm({
    nodes: options.nodes.map((node) => ({
      ...node,
      // What imitates Hopsworks on a node comes before what this machine has under the same name.
      environment: { PATH: `${join(node.directory, 'bin')}:${process.env.PATH}`, ...environment, ...node.environment },
      tags: tagsOf(node, tags),
    })),
    documents: stack.documents,
    region: REGION,
    patienceMs: 2000,
  });
  const lambda = createLambdaRunner({ functions: stack.functions, environment, logDirectory: join(directory, 'lambda-logs') });
  const topics = createTopics(stack.topicArns);
  const engine = createEngine({
    stateMachines: stack.stateMachines,
    invokeFunction(arn, payload, signal) {
      const folder = stack.functions.find((declared) => declared.arn === arn)?.handler.replace(/\.handler$/, '') ?? arn;
      return interfere(folder, payload, () => lambda.invoke(arn, payload, signal));
    },
    publishMessage: topics.publish,
  });
  const events = createEvents(stack, {
    topics,
    machines: {
      arns: stack.stateMachines.map(({ arn }) => arn),
      start: (stateMachineArn, input) => engine.startExecution({ stateMachineArn, input }),
    },
    functions: { arns: stack.functions.map(({ arn }) => arn), invoke: lambda.invoke },
  });
  engine.onStatusChange(events.put);
  const states = stepFunctionsApi(engine);
  const client = new SFNClient({ endpoint: endpoint.url, region: REGION, credentials });

  const stateMachineArn = (machine: DeployedMachine): string => {
    // The stack of the cluster x is hopsworks-dr-x.
    const wanted = `${stack.name.replace(/^hopsworks-dr-/, 'hopsdr-')}-${machine}`;
    const found = stack.stateMachines.find(({ name }) => name === wanted);
    if (!found) throw new Error(`The stack has no state machine ${wanted}.`);
    return found.arn;
  };
  const functionArn = (functionName: string): string => {
    const [found, ...others] = stack.functions.filter(({ handler }) => handler === `${functionName}.handler`);
    if (!found || others.length > 0) throw new Error(`The stack has ${found ? others.length + 1 : 'no'} functions ${functionName}.`);
    return found.arn;
  };
  return {
    environment,
    engine,
    ssm,
    bucket,
    s3Root,
    messages: topics.messages,
    stateMachineArn,
    async start(machine, input, name) {
      const { executionArn = '' } = await client.send(
        new StartExecutionCommand({ stateMachineArn: stateMachineArn(machine), input: JSON.stringify(input), ...(name && { name }) }),
      );
      return executionArn;
    },
    async finish(executionArn) {
      await engine.settled(executionArn);
      const { status, output, error = '', cause = '' } = await client.send(new DescribeExecutionCommand({ executionArn }));
      if (status === 'SUCCEEDED') return JSON.parse(output ?? 'null') as unknown;
      const failure = describeFailure(error || String(status), cause);
      throw new ExecutionFailure(failure.error, failure.message);
    },
    invoke: async (functionName, payload) => await lambda.invoke(functionArn(functionName), payload, new AbortController().signal),
    lambdaLog: async (functionName) => await lambda.log(functionArn(functionName)),
    deliverSchedule: events.deliverSchedule,
    async stop() {
      // First: what is stopped from here on is not for the stack's rules to clean up.
      const [delivered] = await Promise.allSettled([events.stop()]);
      await engine.stopAll();
      // The nodes last: a Lambda outlives its execution, and one that is about to send them a command must not find them idle again.
      await lambda.stop();
      client.destroy();
      await endpoint.close();
      await ssm.stop();
      if (delivered.status === 'rejected') throw delivered.reason;
    },
  };
}

function tagsOf(node: PracticeNode, tags: RoleTags): Record<string, string> {
  return Object.fromEntries([tags.cluster, ...node.roles.map((role) => tags[role])].map(({ key, value }) => [key, value]));
}
