import type { LoadedRule } from './rules.ts';

/** Hands an input to whatever has this ARN; rejects with the signal's reason when that is aborted. */
export type Deliver = (arn: string, input: unknown, signal: AbortSignal) => Promise<unknown>;

/** The event bus that AWS services write to. */
export interface EventBus {
  /** Starts the targets of every rule that matches, and does not wait for them. */
  put(event: object): void;
  /** Gives up what is being delivered, and takes no more events. Rejects when something could not be delivered before. */
  stop(): Promise<void>;
}

/** A bus with these rules. */
export function createEventBus(rules: readonly LoadedRule[], deliver: Deliver): EventBus {
  const stopping = new AbortController();
  const deliveries = new Set<Promise<void>>();
  const failures: Error[] = [];

  async function send({ name, arn, input }: { name: string; arn: string; input: unknown }): Promise<void> {
    try {
      await deliver(arn, input, stopping.signal);
    } catch (error) {
      if (error !== stopping.signal.reason) failures.push(new Error(`The rule ${name} could not start ${arn}: ${error}`, { cause: error }));
    }
  }

  return {
    put(event) {
      if (stopping.signal.aborted) return;
      for (const { name, targets } of rules.filter((rule) => rule.matches(event))) {
        for (const { arn, select } of targets) {
          const delivery = send({ name, arn, input: select(event) }).finally(() => deliveries.delete(delivery));
          deliveries.add(delivery);
        }
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(deliveries);
      if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
    },
  };
}
