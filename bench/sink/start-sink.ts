import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Counts } from './counts.ts';
import type { Address, Order } from './main.ts';

/** A running sink. */
export interface Sink {
  /** Listens there, too; resolves with the endpoint, and rejects when it cannot. */
  listen(address: Address): Promise<string>;
  counts(): Promise<Counts>;
  /** Forgets objects, uploads and counts. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the sink as a process of its own: its CPU is nobody else's. */
export function startSink(): Sink {
  const child = fork(new URL('main.ts', import.meta.url), { execArgv: ['--import', 'tsx'] });
  let queue: Promise<unknown> = Promise.resolve();
  // One order at a time: the sink answers in order, without saying what.
  const order = (text: Order): Promise<unknown> => {
    const answered = queue.then(() => ask(child, text));
    queue = answered.catch(() => undefined);
    return answered;
  };
  return {
    async listen(address) {
      const found = (await order({ listen: address })) as AddressInfo | { error: string };
      if ('error' in found) throw new Error(found.error);
      return `${address.tls ? 'https' : 'http'}://${address.host}:${found.port}`;
    },
    counts: () => order('counts') as Promise<Counts>,
    clear: async () => void (await order('clear')),
    async stop() {
      if (!child.connected) return;
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

async function ask(child: ChildProcess, order: Order): Promise<unknown> {
  const ended = new AbortController();
  const answer = once(child, 'message', { signal: ended.signal });
  const gone = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`the sink ended with exit code ${code}`);
  });
  child.send(order);
  try {
    const [found] = (await Promise.race([answer, gone])) as [unknown];
    return found;
  } finally {
    ended.abort();
    await Promise.allSettled([answer, gone]);
  }
}
