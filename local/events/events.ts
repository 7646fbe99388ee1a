import { createEventBus, type EventBus } from './bus.ts';
import { type EventRule, loadRule } from './rules.ts';
import { type DeclaredSchedule, loadSchedule, payloadOf } from './schedules.ts';
import type { Topics } from './topics.ts';

/** EventBridge: its bus, and its Scheduler without a clock. */
export interface Events extends EventBus {
  /** Lets a schedule start its function as if it were this time; resolves with the function's answer. */
  deliverSchedule(name: string, scheduledTime: Date): Promise<unknown>;
}

/** What rules and schedules can start. */
export interface Startable {
  readonly topics: Topics;
  readonly machines: { readonly arns: readonly string[]; start(arn: string, input: unknown): unknown };
  readonly functions: { readonly arns: readonly string[]; invoke(arn: string, payload: unknown, signal: AbortSignal): Promise<unknown> };
}

/** Throws when a rule or a schedule is not supported in every detail, or its target does not exist. */
export function createEvents(
  declared: { readonly rules: readonly EventRule[]; readonly schedules: readonly DeclaredSchedule[] },
  { topics, machines, functions }: Startable,
): Events {
  const targets = new Set([...machines.arns, ...functions.arns, ...topics.arns]);
  const rules = declared.rules.map((rule) => loadRule(rule, targets));
  const schedules = declared.schedules.map((schedule) => loadSchedule(schedule, new Set(functions.arns)));
  const stopping = new AbortController();
  const bus = createEventBus(rules, async (arn, input, signal) => {
    if (machines.arns.includes(arn)) return machines.start(arn, input);
    if (functions.arns.includes(arn)) return await functions.invoke(arn, input, signal);
    return await topics.publish({ topicArn: arn, message: JSON.stringify(input) });
  });
  return {
    put: bus.put,
    async deliverSchedule(name, scheduledTime) {
      const schedule = schedules.find((each) => each.name === name);
      if (!schedule) throw new Error(`There is no schedule ${name}, only ${schedules.map((each) => each.name).join(', ') || 'none'}`);
      return await functions.invoke(schedule.functionArn, payloadOf(schedule, scheduledTime), stopping.signal);
    },
    async stop() {
      stopping.abort(new Error('The events were stopped.'));
      await bus.stop();
    },
  };
}
