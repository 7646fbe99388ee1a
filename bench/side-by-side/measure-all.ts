import { join } from 'node:path';
import { putRequests } from '../sink/counts.ts';
import { backupFiles, equalFiles, GIBIBYTE, writeHoles, writeRandom } from './directories.ts';
import { fetchByAll } from './fetching.ts';
import type { Figures, RealSeries } from './figures.ts';
import { shareSentAgain } from './interrupted.ts';
import { measure } from './measure.ts';
import { isLarge, type Options } from './options.ts';
import { createPeers } from './peers.ts';
import { findPrograms } from './programs.ts';
import { putsFor } from './puts.ts';
import { takeBackup, timeRestores } from './real-backups.ts';
import { loadSealing } from './seal.ts';
import { sealInAllNetworks } from './seal-in-networks.ts';
import { HOST } from './shaped-network.ts';
import { ship, shipByAll } from './shipping.ts';
import { simulate } from './simulated.ts';
import { say } from './words.ts';
import { openWorkplace, type Workplace } from './workplace.ts';

/** The peer that compresses is given so much less: it takes more than a minute for a GiB. */
const COMPRESSED_SHARE = 1 / 16;
const HASH = 'import hashlib; digest = hashlib.sha256(); piece = bytes(2 ** 18); [digest.update(piece) for _ in range(2 ** 12)]';

/** Measures everything, one after another, and leaves nothing behind. */
export async function measureAll(options: Options): Promise<Figures> {
  const { rounds, sizes, quick } = options;
  const workplace = await openWorkplace([HOST]);
  try {
    const { endpoints, directory } = workplace;
    const programs = findPrograms(process.env);
    const peers = createPeers(workplace, programs);
    const [ours] = peers;
    const bytes = sizes[0] * GIBIBYTE;
    const [first, less] = [1, COMPRESSED_SHARE].map((share) => writeRandom(join(directory, `random-${share}`), backupFiles(bytes * share)));
    const directoryOf = ({ compresses }: { compresses?: boolean }) => `${compresses ? less : first}`;

    say('a real RonDB');
    const { real, restores } = await measureReal(
      workplace,
      peers.filter(({ named }) => named),
      options,
    );
    say('directories over TLS, then without');
    const shipped = {
      https: await shipByAll(workplace, peers, directoryOf, { rounds, endpoint: endpoints.https }),
      // What the goal without TLS names: rclone takes longest.
      http: await shipByAll(
        workplace,
        peers.filter(({ named, moves }) => named && !moves),
        directoryOf,
        { rounds, endpoint: endpoints.http },
      ),
    };
    const hashed = [];
    for (let round = 0; round < rounds; round++)
      hashed.push(await measure({ words: ['python3', '-I', '-c', HASH], environment: workplace.environment }));

    say('backups while they are written');
    const sealing = await loadSealing(endpoints.http);
    const { sealed, notShaped } = await sealInAllNetworks(workplace, sealing, peers, shipped.https, options);

    say('the largest directory, an interruption, memory');
    const route = { endpoint: endpoints.https };
    const sentAgain = [];
    const shippedAtOnce = sizes.filter((size) => !isLarge(size));
    for (const gibibytes of shippedAtOnce) {
      const made = writeHoles(join(directory, `interrupted-${gibibytes}`), backupFiles(gibibytes * GIBIBYTE));
      const shipment = { ...route, directory: made, bytes: gibibytes * GIBIBYTE, prefix: `interrupted-${gibibytes}` };
      sentAgain.push({ gibibytes, share: await shareSentAgain(workplace, ours, shipment) });
    }
    const gibibytes = Math.max(...shippedAtOnce);
    const largest = await ship(workplace, ours, join(directory, `interrupted-${gibibytes}`), route);
    const puts = { gibibytes, computed: putsFor(backupFiles(gibibytes * GIBIBYTE)), counted: putRequests(largest.counts) };
    const memory = [];
    for (const files of [3, 96]) {
      const made = writeHoles(join(directory, `files-${files}`), equalFiles(files, bytes));
      memory.push({ files, peakBytes: (await ship(workplace, ours, made, route)).peakBytes });
    }

    say('fetching');
    const fetched = await fetchByAll(workplace, ours, programs.aws2, {
      directory: join(directory, 'files-3'),
      endpoint: endpoints.https,
      rounds,
    });

    say('the state machines on a virtual clock');
    const simulated = await simulate(quick);
    return { options, programs, peers, shipped, hashed, sealed, notShaped, sentAgain, memory, puts, fetched, real, restores, simulated };
  } finally {
    await workplace.close();
  }
}

/** Nothing without RonDB's programs. */
async function measureReal(
  workplace: Workplace,
  peers: Parameters<typeof shipByAll>[1],
  { rondbHome, quick, rounds }: Options,
): Promise<Pick<Figures, 'real' | 'restores'>> {
  const real: RealSeries[] = [];
  let restores: Figures['restores'];
  if (rondbHome === undefined) return { real, restores };
  for (const compressed of quick ? [false] : [false, true]) {
    const wanted = { rondbHome, directory: workplace.directory, rows: quick ? 2_000 : 120_000, compressed };
    const { directories } = await takeBackup(wanted, async (cluster, backup) => {
      if (!compressed) restores = await timeRestores(cluster, rondbHome, backup, rounds);
    });
    // The files of the first data node: what one node ships.
    const series = await shipByAll(workplace, peers, () => `${directories[0]}`, { rounds, endpoint: workplace.endpoints.https });
    real.push({ compressed, bytes: [...series.values()][0]?.[0]?.bytes ?? 0, series });
  }
  return { real, restores };
}
