import { join } from 'node:path';
import { backupFiles, GIBIBYTE, writeHoles } from './directories.ts';
import type { Figures, SealedSeries } from './figures.ts';
import { isLarge, type Options, roundsOf } from './options.ts';
import type { Peer } from './peers.ts';
import type { Sealing } from './seal.ts';
import { type Sealed, shipWhileWritten } from './sealing.ts';
import { openShapedNetwork } from './shaped-network.ts';
import { type Route, type Series, type Shipped, ship } from './shipping.ts';
import { alternate, spread } from './statistics.ts';
import { say } from './words.ts';
import type { Workplace } from './workplace.ts';

const GIGABITS_PER_SECOND = 2.5;

/** Ships backups while they are written, over a network that is held to a rate, beside the fastest peer; over the loopback where none can be. */
export async function sealInAllNetworks(
  workplace: Workplace,
  sealing: Sealing,
  peers: readonly [Peer, ...Peer[]],
  series: Series,
  { rounds, sizes, writtenPerSecond }: Options,
): Promise<Pick<Figures, 'sealed' | 'notShaped'>> {
  const [ours, ...others] = peers;
  const peer = fastest(others, series) ?? ours;
  const sealed: SealedSeries[] = [];
  const inRounds = async (gibibytes: number, route: Route) => {
    const [ours, theirs]: [Sealed[], Shipped[]] = [[], []];
    say(`${gibibytes} GiB while they are written`);
    const finished = join(workplace.directory, `finished-${sealed.length}`);
    writeHoles(finished, backupFiles(gibibytes * GIBIBYTE));
    await alternate(roundsOf(gibibytes, rounds), isLarge(gibibytes) ? [0] : [0, 1], async (which) => {
      if (which === 0) ours.push(await shipWhileWritten(workplace, sealing, route, { gibibytes, bytesPerSecond: writtenPerSecond }));
      else theirs.push(await ship(workplace, peer, finished, route));
    });
    return { ours, theirs };
  };
  const measured = async (gibibytes: number, gigabitsPerSecond: number | undefined, route: Route) => {
    sealed.push({ gigabitsPerSecond, gibibytes, peer: peer.name, ...(await inRounds(gibibytes, route)) });
  };
  // The first run of all reads programs from disk, and compiles the Lambda.
  await shipWhileWritten(
    workplace,
    sealing,
    { endpoint: workplace.endpoints.https },
    { gibibytes: 1 / 8, bytesPerSecond: writtenPerSecond },
  );
  let notShaped: string | undefined;
  try {
    const network = openShapedNetwork(GIGABITS_PER_SECOND);
    try {
      const route = { endpoint: await workplace.listenAt(network.host), within: network.within };
      for (const gibibytes of sizes) await measured(gibibytes, network.gigabitsPerSecond, route);
    } finally {
      network.close();
    }
  } catch (error) {
    if (sealed.length > 0) throw error;
    notShaped = error instanceof Error ? error.message.trim() : String(error);
  }
  for (const gibibytes of notShaped ? sizes : []) await measured(gibibytes, undefined, { endpoint: workplace.endpoints.https });
  return { sealed, notShaped };
}

/** Of those whose work does not depend on the content. */
function fastest(peers: readonly Peer[], series: Series): Peer | undefined {
  const seconds = ({ name }: Peer) => spread((series.get(name) ?? []).map((shipped) => shipped.seconds)).median;
  const comparable = peers.filter(({ missing, compresses }) => missing === undefined && !compresses);
  return comparable.sort((one, other) => seconds(one) - seconds(other))[0];
}
