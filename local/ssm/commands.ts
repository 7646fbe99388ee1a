import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { runScript, type ScriptResult } from './agent.ts';
import { FIRST_AGENT_WITH_VARIABLES, type Rendered } from './documents.ts';
import type { SendCommandRequest } from './requests.ts';

/** A machine that SSM manages: here a directory with its own environment. */
export interface Node {
  readonly instanceId: string;
  readonly name: string;
  readonly directory: string;
  /** Everything that its scripts see, besides what the agent adds. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly ipAddress?: string;
  /** Of its SSM agent, `3.3.2746.0` unless it says otherwise; one older than that gives scripts no variables. */
  readonly agentVersion?: string;
  /** `ConnectionLost`: nothing reaches it or comes from it. `Inactive`: terminated. */
  pingStatus?: PingStatus;
}

export type PingStatus = 'Online' | 'ConnectionLost' | 'Inactive';

/** One document that was sent. */
export interface Command {
  readonly id: string;
  readonly requestedAt: Date;
  readonly request: SendCommandRequest;
  readonly rendered: Rendered;
  readonly invocations: readonly Invocation[];
}

/** One document on one node. `exitCode` is -1 until the script has ended. */
export interface Invocation {
  readonly node: Node;
  /** Holds the script and its complete output. */
  readonly directory: string;
  status: 'Pending' | 'InProgress' | 'Cancelling' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  statusDetails: string;
  exitCode: number;
  stdout: string;
  stderr: string;
  startedAt?: Date;
  endedAt?: Date;
  /** Ends it early, with one of the {@link endings} as reason. */
  readonly abort: AbortController;
}

/** How an invocation can end without the script's own doing, as Status and StatusDetails. */
const endings = {
  Cancelled: ['Cancelled', 'Cancelled'],
  Terminated: ['Cancelled', 'Terminated'],
  DeliveryTimedOut: ['TimedOut', 'DeliveryTimedOut'],
  Undeliverable: ['Failed', 'Undeliverable'],
} as const;
type Ending = keyof typeof endings;

/** Longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const AGENT_PLATFORM = { AWS_SSM_PLATFORM_NAME: 'local', AWS_SSM_PLATFORM_VERSION: '1' };

/** Carries commands to nodes; `changed` hears of every new status. */
export function createDispatcher(region: string, changed: (command: Command, invocation: Invocation) => void) {
  const pings = new EventEmitter().setMaxListeners(0);
  const unfinished = new Map<Invocation, Command>();
  const running = new Set<Promise<void>>();

  const update = (command: Command, invocation: Invocation, change: Partial<Invocation>) => {
    Object.assign(invocation, change);
    changed(command, invocation);
  };

  async function online(node: Node, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while ((node.pingStatus ?? 'Online') !== 'Online') await once(pings, node.instanceId, { signal });
  }

  async function carryOut(command: Command, invocation: Invocation): Promise<void> {
    const { node, abort } = invocation;
    let output: Omit<ScriptResult, 'outcome'> | undefined;
    const end = (change: Partial<Invocation>) => update(command, invocation, { endedAt: new Date(), ...output, ...change });
    try {
      if (node.pingStatus === 'Inactive') abort.abort('Undeliverable');
      await online(node, abort.signal);
      update(command, invocation, { status: 'InProgress', statusDetails: 'InProgress', startedAt: new Date() });
      const { script, environment } = command.rendered.forAgent(agentVersion(node));
      const { outcome, ...rest } = await runScript({
        directory: invocation.directory,
        workingDirectory: node.directory,
        script,
        environment: { ...node.environment, ...environment, ...agentVariables(command, node, region) },
        timeoutSeconds: command.rendered.timeoutSeconds,
        signal: abort.signal,
      });
      output = rest;
      await online(node, abort.signal); // What happened there is known only when the agent can say it.
      end({ status: outcome, statusDetails: outcome === 'TimedOut' ? 'ExecutionTimedOut' : outcome });
    } catch (error) {
      if (!abort.signal.aborted) {
        end({ status: 'Failed', statusDetails: 'Failed', exitCode: 1, stderr: `failed to run commands: ${String(error)}` });
        return;
      }
      const [status, statusDetails] = endings[abort.signal.reason as Ending];
      end({ status, statusDetails });
    } finally {
      unfinished.delete(invocation);
    }
  }

  async function dispatch(command: Command): Promise<void> {
    const { MaxConcurrency, TimeoutSeconds } = command.request;
    const total = command.invocations.length;
    const expire = () => {
      for (const { abort } of command.invocations) abort.abort('DeliveryTimedOut');
    };
    const expiry = setTimeout(expire, Math.min((TimeoutSeconds + command.rendered.timeoutSeconds) * 1000, LONGEST_TIMER_MS));
    const queue = command.invocations.values();
    let errors = 0;
    const worker = async () => {
      for (const invocation of queue) {
        if (errors > errorsAllowed(command)) invocation.abort.abort('Terminated');
        await carryOut(command, invocation);
        if (['Failed', 'ExecutionTimedOut'].includes(invocation.statusDetails)) errors += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, share(MaxConcurrency, total)) }, worker));
    clearTimeout(expiry);
  }

  return {
    send(command: Command): void {
      for (const invocation of command.invocations) unfinished.set(invocation, command);
      const done = dispatch(command).finally(() => running.delete(done));
      running.add(done);
    },
    cancel(invocation: Invocation): void {
      const command = unfinished.get(invocation);
      if (!command) return;
      if (invocation.status === 'InProgress') update(command, invocation, { status: 'Cancelling', statusDetails: 'Cancelling' });
      invocation.abort.abort('Cancelled');
    },
    /** A terminated node's unfinished invocations become Undeliverable. */
    ping(node: Node, status: PingStatus): void {
      node.pingStatus = status;
      for (const invocation of unfinished.keys()) {
        if (invocation.node === node && status === 'Inactive') invocation.abort.abort('Undeliverable');
      }
      pings.emit(node.instanceId);
    },
    /** Kills every running script group at once; resolves when all have ended. */
    async stop(): Promise<void> {
      for (const { abort } of unfinished.keys()) abort.abort('Cancelled');
      await Promise.all(running);
    },
  };
}

/** More invocations than this that fail or exceed their time fail the command, and no further one is begun. */
export function errorsAllowed({ request, invocations }: Command): number {
  return share(request.MaxErrors, invocations.length);
}

/** A new invocation, not sent yet. Its directory is `ssm/<document>/<command id>/` in the node's own. */
export function createInvocation(node: Node, documentName: string, commandId: string): Invocation {
  const directory = join(node.directory, 'ssm', documentName, commandId);
  return {
    node,
    directory,
    status: 'Pending',
    statusDetails: 'Pending',
    exitCode: -1,
    stdout: '',
    stderr: '',
    abort: new AbortController(),
  };
}

/** The version of a node's SSM agent. */
export function agentVersion(node: Node): string {
  return node.agentVersion ?? FIRST_AGENT_WITH_VARIABLES;
}

function agentVariables({ id }: Command, { instanceId }: Node, region: string): Record<string, string> {
  return { ...AGENT_PLATFORM, AWS_SSM_INSTANCE_ID: instanceId, AWS_SSM_REGION_NAME: region, SSM_COMMAND_ID: id };
}

/** `10` is ten nodes, `10%` a tenth of them. */
function share(rate: string, total: number): number {
  return rate.endsWith('%') ? Math.floor((total * Number.parseInt(rate, 10)) / 100) : Number(rate);
}
