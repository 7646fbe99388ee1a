import type { ActionName } from '../../model/actions.ts';
import type { MachineName } from '../../state-machines/definitions.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import { assumed } from './assumptions.ts';
import type { Interval } from './intervals.ts';
import { arnOf, definitionOf, runnerFunctions } from './machines.ts';
import { createNodes, type Doing, type NodesOptions } from './nodes.ts';
import { never, virtualClock } from './virtual-clock.ts';

/** The product's machines and functions on a virtual clock, in front of simulated nodes, with the latencies that are assumed of AWS. */
export interface SimulatedWorld {
  readonly engine: Engine;
  /** The work of nodes and of Lambdas that decide, in the order in which it began. */
  readonly record: readonly Doing[];
  /** Requests of SendCommand and ReadCommand to SSM and Step Functions, and when each was under way. */
  readonly requests: readonly Interval[];
  /** Invocations of Lambda functions. */
  readonly invocations: { count: number };
}

/**
 * A world of instances, with these machines besides run-on-nodes and the values of their placeholders. `deciders`: what the Lambdas that decide answer, and the seconds that they take. `seconds`: how long an action
 * takes on an instance.
 */
export function createWorld(options: {
  readonly instances: NodesOptions['instances'];
  readonly machines: Partial<Record<MachineName, Readonly<Record<string, string>>>>;
  readonly deciders: Readonly<Record<string, { readonly seconds: number; readonly answer: unknown }>>;
  readonly seconds: (action: ActionName, instanceId: string) => number;
}): SimulatedWorld {
  const clock = virtualClock();
  const record: Doing[] = [];
  const requests: Interval[] = [];
  const invocations = { count: 0 };
  const pause = (ms: number) => clock.sleep(ms, never);
  const request = async (_operation: string, count: number) => {
    for (let done = 0; done < count; done++) {
      const from = clock.now();
      await pause(assumed.request);
      requests.push({ from, to: clock.now() });
    }
  };
  const nodes = createNodes({
    clock,
    instances: options.instances,
    record,
    request,
    course: (action, _, instanceId) => ({
      delayMs: assumed.delivery,
      durationMs: options.seconds(action, instanceId) * 1000,
      ending: 'success',
      reportMs: assumed.report,
    }),
  });
  const runner = runnerFunctions(nodes, clock, async () => {
    await request('isRunning', 1);
    return true;
  });

  async function decide(name: string): Promise<unknown> {
    const { seconds, answer } = options.deciders[name] ?? { seconds: 0, answer: undefined };
    const doing: Doing = { what: name, where: 'lambda', step: `${name} ${record.length}`, begun: clock.now(), ended: undefined };
    record.push(doing);
    await pause(seconds * 1000);
    doing.ended = clock.now();
    return answer;
  }

  const engine = createEngine({
    stateMachines: Object.entries({
      ...options.machines,
      'run-on-nodes': { TakeLease: 'lease', SendCommand: 'send', ReadCommand: 'read' },
    }).map(([machine, values]) => ({
      name: `hopsdr-x-${machine}`,
      arn: arnOf(`hopsdr-x-${machine}`),
      definition: definitionOf(machine as MachineName, { RunOnNodes: arnOf('hopsdr-x-run-on-nodes'), ...values }),
    })),
    async invokeFunction(name, payload) {
      invocations.count += 1;
      await pause(assumed.lambda);
      if (name === 'send') return await runner.send(payload);
      if (name !== 'read') return await decide(name);
      const state = await runner.read(payload);
      if (state.done) await pause(assumed.child);
      return state;
    },
    publishMessage: async () => 'message-id',
    clock,
  });
  return { engine, record, requests, invocations };
}

/** Ids of so many instances of one kind. */
export function instanceIds(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `i-${letter}${String(index).padStart(16, '0')}`);
}

/** From 0.8 to 1, evenly over the instances of a kind: the share that each takes of what the slowest does. */
export function shareOf(instanceId: string, count: number): number {
  return count < 2 ? 1 : 0.8 + (0.2 * Number(instanceId.slice(3))) / (count - 1);
}
