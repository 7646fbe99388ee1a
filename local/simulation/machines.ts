import { readCommand } from '../../lambdas/read-command/read-command.ts';
import { sendCommand } from '../../lambdas/send-command/send-command.ts';
import { type MachineName, readDefinition } from '../../state-machines/definitions.ts';
import type { Clock } from '../engine/clock.ts';
import { type createNodes, tags } from './nodes.ts';
import { never } from './virtual-clock.ts';

/** The ARN of a simulated machine. */
export function arnOf(name: string): string {
  return `arn:aws:states:eu-north-1:123456789012:stateMachine:${name}`;
}

/** A machine of the product with these values for its placeholders; those that are left out are empty. */
export function definitionOf(machine: MachineName, values: Readonly<Record<string, string>>): object {
  return JSON.parse(JSON.stringify(readDefinition(machine)).replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '')) as object;
}

/** What run-on-nodes calls: the product's own functions, in front of simulated nodes. */
export function runnerFunctions(
  nodes: ReturnType<typeof createNodes>,
  clock: Clock,
  isRunning: (executionArn: string) => Promise<boolean> = async () => true,
) {
  const waiting = { now: clock.now, sleep: (ms: number) => clock.sleep(ms, never) };
  return {
    send: (payload: unknown) => sendCommand(payload, { ...nodes, isRunning, tags, documentPrefix: 'hopsdr-x-', logGroup: 'logs' }),
    read: (payload: unknown) => readCommand(payload, nodes, waiting),
  };
}
