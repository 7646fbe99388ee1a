import * as z from 'zod';

/** An execution of one of a cluster's own state machines, as its ARN names it. */
export interface ExecutionId {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly machine: 'backup' | 'restore' | 'verify' | 'sweep' | 'clean-up';
  readonly name: string;
}

/** Takes the ARN of an execution apart; the names of the cluster's machines begin with the prefix, `hopsdr-<cluster>-`. */
export function executionArnSchema(prefix: string) {
  const pattern = new RegExp(
    `^arn:(?<partition>aws[a-z-]*):states:(?<region>[a-z0-9-]+):[0-9]{12}:execution:${prefix}(?<machine>backup|restore|verify|sweep|clean-up):(?<name>[^:/\\s]{1,80})$`,
  );
  return z
    .string()
    .regex(
      pattern,
      `expected the ARN of an execution of ${prefix}backup, ${prefix}restore, ${prefix}verify, ${prefix}sweep or ${prefix}clean-up`,
    )
    .transform((arn): ExecutionId => ({ arn, ...(pattern.exec(arn)?.groups as unknown as Omit<ExecutionId, 'arn'>) }));
}

/**
 * What EventBridge tells of an execution that did not succeed: the detail of "Step Functions Execution Status Change".
 * Dates in milliseconds since 1970; input is left out when it is very long, error and cause when there are none.
 */
export function stoppedExecutionSchema(prefix: string) {
  return z
    .object({
      executionArn: executionArnSchema(prefix),
      status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
      startDate: z.int().positive(),
      stopDate: z.int().positive().nullish(),
      input: z.string().nullish(),
      error: z.string().nullish(),
      cause: z.string().nullish(),
    })
    .transform(({ executionArn, ...detail }) => ({ execution: executionArn, ...detail }));
}

export type StoppedExecution = z.infer<ReturnType<typeof stoppedExecutionSchema>>;

/** The comment of every command that is sent for an execution, by which its commands are found again; SSM takes 100 characters. */
export function commentOf({ machine, name }: ExecutionId): string {
  return `${machine}:${name}`;
}

const CONSOLES: Readonly<Record<string, string>> = { 'aws-cn': 'console.amazonaws.cn', 'aws-us-gov': 'console.amazonaws-us-gov.com' };

/** Where the AWS console of an execution's partition and region is. */
export function consoleOf({ partition, region }: ExecutionId): string {
  return `https://${region}.${CONSOLES[partition] ?? 'console.aws.amazon.com'}`;
}
