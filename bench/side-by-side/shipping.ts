import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Counts } from '../sink/counts.ts';
import { type Command, measure, type Taken } from './measure.ts';
import { BUCKET, filesOf, type Peer } from './peers.ts';
import { alternate } from './statistics.ts';
import type { Workplace } from './workplace.ts';

/** What it took a peer to ship a directory of so many bytes, and what the sink saw of it. */
export interface Shipped extends Taken {
  readonly bytes: number;
  readonly counts: Counts;
}

/** How a client reaches the sink. */
export interface Route {
  readonly endpoint: string;
  readonly within?: (command: Command) => Command;
}

/** By the name of the peer, one entry for each round. */
export type Series = ReadonlyMap<string, readonly Shipped[]>;

/** Ships a directory by each peer that is there, in rounds; `directoryOf` may give a peer another one. */
export async function shipByAll(
  workplace: Workplace,
  peers: readonly Peer[],
  directoryOf: (peer: Peer) => string,
  { rounds, endpoint }: { rounds: number; endpoint: string },
): Promise<Series> {
  const present = peers.filter(({ missing }) => missing === undefined);
  const series = new Map<string, Shipped[]>(present.map(({ name }) => [name, []]));
  await alternate(rounds, present, async (peer) => {
    series.get(peer.name)?.push(await ship(workplace, peer, directoryOf(peer), { endpoint }));
  });
  return series;
}

let shipments = 0;

/** Ships a directory once, from the page cache, to a sink that knows of nothing. */
export async function ship(
  { sink, directory: here }: Workplace,
  peer: Peer,
  directory: string,
  { endpoint, within = (command) => command }: Route,
): Promise<Shipped> {
  shipments += 1;
  const copy = join(here, 'to-move');
  // Names only: the files themselves stay where they are.
  if (peer.moves) execFileSync('cp', ['-al', directory, copy]);
  const bytes = warm(directory);
  await sink.clear();
  try {
    const command = peer.command({ directory: peer.moves ? copy : directory, prefix: `shipment-${shipments}`, endpoint });
    const { seconds, cpuSeconds, peakBytes } = await measure(within(command));
    const counts = await sink.counts();
    if (!peer.compresses && counts.receivedBytes < bytes)
      throw new Error(`${peer.name} has sent ${counts.receivedBytes} of ${bytes} bytes to ${BUCKET}`);
    return { seconds, cpuSeconds, peakBytes, bytes, counts };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Reads a directory; resolves with its bytes. */
function warm(directory: string): number {
  const files = filesOf(directory).map((file) => join(directory, file));
  return Number(execFileSync('bash', ['-c', 'cat "$@" | wc -c', 'warm', ...files], { encoding: 'utf8' }));
}
