import { z } from 'zod';
import type { Visit } from './execution.ts';
import { StateFailure } from './failure.ts';

/** One message to the subscribers of an SNS topic. */
export interface Message {
  readonly topicArn: string;
  readonly subject?: string | undefined;
  readonly message: string;
}

/** Publishes a message and resolves with its id. Rejects with an Error whose name is the error code, e.g. `NotFound`. */
export type PublishMessage = (message: Message) => Promise<string>;

/** The types of the parameters; what is in them is for SNS to judge. */
export const publishParameters = z.object({ TopicArn: z.string().min(1), Subject: z.string().optional(), Message: z.string() });

/** What SNS takes: a subject becomes the subject of an e-mail. */
const SUBJECT = /^[!-~][ -~]{0,99}$/;
const MAX_MESSAGE_BYTES = 262_144;

/** Publishes as SNS does. Errors: `SNS.InvalidParameterException` and what the port rejects with, as Step Functions names it. */
export async function publish({ run }: Visit, { TopicArn, Subject, Message }: z.infer<typeof publishParameters>): Promise<unknown> {
  try {
    if (Subject !== undefined && !SUBJECT.test(Subject)) throw invalid('Subject: 1 to 100 printable ASCII characters, the first no space');
    if (Message === '') throw invalid('Empty message');
    if (Buffer.byteLength(Message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
    const id = await run.publishMessage({ topicArn: TopicArn, subject: Subject, message: Message });
    return { MessageId: id, SdkHttpMetadata: { HttpStatusCode: 200 }, SdkResponseMetadata: { RequestId: id } };
  } catch (error) {
    const { name, message } = error as Error;
    throw new StateFailure(`SNS.${name}Exception`, message);
  }
}

function invalid(what: string): Error {
  return Object.assign(new Error(`Invalid parameter: ${what}`), { name: 'InvalidParameter' });
}
