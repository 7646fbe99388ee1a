import { z } from 'zod';
import { apiError } from '../json-api.ts';

const commandId = z.uuid();
const instanceId = z.string().min(1);
const rate = z.string().regex(/^(\d{1,7}|\d{1,2}%|100%)$/);
const page = (smallest: number) => ({ MaxResults: z.int().min(smallest).max(50).optional(), NextToken: z.string().optional() });

const sendCommand = z.strictObject({
  DocumentName: z.string().min(3),
  DocumentVersion: z.string().optional(),
  InstanceIds: z.array(instanceId).min(1).max(50),
  Parameters: z.record(z.string(), z.array(z.string())).default({}),
  TimeoutSeconds: z.int().min(30).max(2_592_000).default(3600),
  MaxConcurrency: rate.default('50'),
  MaxErrors: rate.default('0'),
  Comment: z.string().max(100).default(''),
  /** Accepted: the complete output is always kept, in the node's directory. */
  CloudWatchOutputConfig: z
    .strictObject({ CloudWatchOutputEnabled: z.boolean().optional(), CloudWatchLogGroupName: z.string().optional() })
    .optional(),
});

/** The request of each operation. A field that is not listed is refused, never ignored. */
export const requests = {
  SendCommand: sendCommand,
  ListCommands: z.strictObject({
    CommandId: commandId.optional(),
    Filters: z
      .array(
        z.discriminatedUnion('key', [
          z.strictObject({ key: z.literal('ExecutionStage'), value: z.enum(['Executing', 'Complete']) }),
          z.strictObject({ key: z.literal('DocumentName'), value: z.string().min(1) }),
          z.strictObject({ key: z.literal('InvokedAfter'), value: z.iso.datetime() }),
        ]),
      )
      .max(5)
      .default([]),
    ...page(1),
  }),
  ListCommandInvocations: z.strictObject({
    CommandId: commandId,
    InstanceId: instanceId.optional(),
    Details: z.boolean().default(false),
    ...page(1),
  }),
  GetCommandInvocation: z.strictObject({ CommandId: commandId, InstanceId: instanceId, PluginName: z.string().optional() }),
  CancelCommand: z.strictObject({ CommandId: commandId, InstanceIds: z.array(instanceId).max(50).default([]) }),
  DescribeInstanceInformation: z.strictObject({
    Filters: z.array(z.strictObject({ Key: z.string().min(1), Values: z.array(z.string()).min(1) })).default([]),
    ...page(5),
  }),
};

export type Operation = keyof typeof requests;
export type SendCommandRequest = z.infer<typeof sendCommand>;
export type CommandFilter = z.infer<(typeof requests)['ListCommands']>['Filters'][number];

/** Parses the body of an operation. Errors: `ValidationException`. */
export function parseRequest<O extends Operation>(operation: O, body: unknown): z.infer<(typeof requests)[O]> {
  const parsed = requests[operation].safeParse(body);
  if (!parsed.success) throw apiError('ValidationException', `${operation}: ${z.prettifyError(parsed.error)}`);
  return parsed.data as z.infer<(typeof requests)[O]>;
}

/** One page of a list; the token is the offset. Errors: `InvalidNextToken`. */
export function paginate<T>(
  items: readonly T[],
  { MaxResults = 50, NextToken = '0' }: { MaxResults?: number | undefined; NextToken?: string | undefined },
) {
  const start = Number(NextToken);
  if (!/^\d+$/.test(NextToken) || start > items.length)
    throw apiError('InvalidNextToken', `NextToken ${NextToken} is not one that was handed out`);
  const end = start + MaxResults;
  return { items: items.slice(start, end), ...(end < items.length && { NextToken: String(end) }) };
}
