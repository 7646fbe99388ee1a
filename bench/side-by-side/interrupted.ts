import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { run } from './measure.ts';
import type { Peer } from './peers.ts';
import type { Workplace } from './workplace.ts';

const KILLED_AT = 0.9;

/** Ships a directory of so many bytes, kills the sender after 90 % of them, ships it again; resolves with the share sent twice. */
export async function shareSentAgain(
  { sink }: Workplace,
  peer: Peer,
  shipment: { directory: string; bytes: number; endpoint: string; prefix: string },
): Promise<number> {
  await sink.clear();
  const command = peer.command(shipment);
  const [program, ...words] = command.words;
  const child = spawn(program, words, { env: command.environment, stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = once(child, 'close');
  child.stdin?.end(command.input);
  while ((await sink.counts()).receivedBytes < KILLED_AT * shipment.bytes) {
    if (child.exitCode !== null) throw new Error(`the sender ended with ${child.exitCode} before it could be killed`);
    await delay(10);
  }
  child.kill('SIGKILL');
  await ended;
  await run(command);
  return (await sink.counts()).receivedBytes / shipment.bytes - 1;
}
