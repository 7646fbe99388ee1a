import { createEvents, type Events } from '../../../local/events/events.ts';
import { createTopics, type Topics } from '../../../local/events/topics.ts';

export const MACHINE = 'arn:aws:states:eu-north-1:1:stateMachine:clean-up';
export const FUNCTION = 'arn:aws:lambda:eu-north-1:1:function:start-backup';
export const TOPIC = 'arn:aws:sns:eu-north-1:1:topic';

type Invoke = (arn: string, payload: unknown, signal: AbortSignal) => Promise<unknown>;

/** A bus whose targets write down what they receive. */
export function givenEvents(
  declared: { rules?: object[]; schedules?: object[] },
  ports: { start?: (arn: string, input: unknown) => unknown; invoke?: Invoke } = {},
): Events & { readonly received: unknown[]; readonly topics: Topics } {
  const received: unknown[] = [];
  const topics = createTopics([TOPIC]);
  const events = createEvents(
    {
      rules: (declared.rules ?? []).map((properties) => ({ name: 'failed', properties })),
      schedules: (declared.schedules ?? []).map((properties) => ({
        name: 'nightly',
        arn: 'arn:aws:scheduler:eu-north-1:1:schedule/a/nightly',
        properties,
      })),
    },
    {
      topics,
      machines: { arns: [MACHINE], start: ports.start ?? ((...call) => void received.push(call)) },
      functions: {
        arns: [FUNCTION],
        invoke: async (...call) => {
          received.push(call.slice(0, 2));
          return await ports.invoke?.(...call);
        },
      },
    },
  );
  return { ...events, received, topics };
}
