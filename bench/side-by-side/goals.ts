import type { Counts } from '../sink/counts.ts';
import { GIBIBYTE } from './directories.ts';
import type { Figures, SealedSeries } from './figures.ts';
import { CLASSIC, CRT, OURS, RCLONE } from './peers.ts';
import { putsPerTebibyte } from './puts.ts';
import type { Series } from './shipping.ts';
import { ratios, type Spread, spread } from './statistics.ts';
import { figure, mebibytes, percent, withSpread } from './words.ts';

/** One line of the goals; `reached` is undefined where nothing was measured, and `why` says why it is not. */
export interface Goal {
  readonly name: string;
  readonly goal: string;
  readonly measured: string;
  readonly reached: boolean | undefined;
  readonly why?: string;
}

type Costly = { readonly cpuSeconds: number; readonly bytes: number; readonly counts: Counts };

export const cpuPerGibibyte = ({ cpuSeconds, bytes }: Costly): number => (cpuSeconds * GIBIBYTE) / bytes;

/** The goals, in the order in which they were set. */
export function judge(figures: Figures): Goal[] {
  const { sentAgain, memory, puts, restores, simulated } = figures;
  const [fewest, most] = simulated.events;
  const peak = Math.max(...memory.map(({ peakBytes }) => peakBytes));
  return [
    ...judgeSealing(figures),
    cpuGoal(figures, 'https', CLASSIC, 1 / 4),
    cpuGoal(figures, 'http', CLASSIC, 1 / 4),
    cpuGoal(figures, 'https', RCLONE, 1 / 2),
    cpuGoal(figures, 'https', CRT, 1),
    ...[1024, 8].map((gibibytes) => ({
      name: `PUT requests per TiB, beginnings and ends of uploads counted, ${gibibytes} GiB on a node`,
      goal: '≤ 16,400',
      measured: `${putsPerTebibyte(gibibytes)} by the cutting rule; it says ${puts.computed} for the largest directory here, ${puts.counted} arrived`,
      reached: puts.computed === puts.counted && putsPerTebibyte(gibibytes) <= 16_400,
      why: 'each file adds a beginning, an end and a part that is not full; larger parts would be left to ship when RonDB has completed',
    })),
    ...sentAgain.map(({ gibibytes, share }) => ({
      name: `bytes sent again after kill -9 at 90 % of ${gibibytes} GiB`,
      goal: '≤ 5 %',
      measured: percent(share),
      reached: share <= 0.05,
      why: 'the parts in flight, up to 4 of 64 MiB, are sent again; they are more than 5 % of a small backup',
    })),
    {
      name: 'resident memory of shipping',
      goal: '≤ 256 MiB',
      measured: memory.map(({ files, peakBytes }) => `${mebibytes(peakBytes)} with ${files} files`).join(', '),
      reached: peak <= 256 * 1024 ** 2,
    },
    {
      name: 'history events of a backup, 2 → 144 nodes',
      goal: 'top level ≤ 120, per step flat',
      measured: simulated.events.map(({ dataNodes, topLevel, longestStep }) => `${dataNodes}: ${topLevel} and ${longestStep}`).join('; '),
      reached: fewest && most && most.topLevel <= 120 && most.longestStep === fewest.longestStep,
    },
    {
      name: 'restore, 144 simulated nodes against one by one',
      goal: '≥ 50×',
      measured: `${figure(simulated.restoreRatio)}×`,
      reached: simulated.restoreRatio >= 50,
    },
    restores
      ? times('restore of the rows, real cluster, 2 nodes against one by one', 1.2, ratios(restores.oneByOne, restores.together))
      : unmeasured('restore of the rows, real cluster, 2 nodes against one by one', '≥ 1.2×', 'RONDB_HOME is not set'),
    {
      name: 'states and polling in a backup of 10 min',
      goal: '≤ 2 %',
      measured: percent(simulated.overhead),
      reached: simulated.overhead <= 0.02,
    },
  ];
}

function judgeSealing({ sealed }: Figures): Goal[] {
  const [first, compared, last] = [sealed[0], sealed.findLast(({ theirs }) => theirs.length > 0), sealed.at(-1)];
  if (!first || !compared || !last) throw new Error('no backup was sealed');
  const ratio = ratios(
    compared.ours.map(({ seconds }) => seconds),
    compared.theirs.map(({ seconds }) => seconds),
  );
  // A large directory has fewer rounds than the first.
  const growth = ratios(
    last.ours.map(({ seconds }) => seconds),
    first.ours.map(({ seconds }) => seconds),
  );
  return [
    {
      name: `from "completed" to the manifest, ${compared.gibibytes} GiB on a node, ${network(compared)}, against ${compared.peer}`,
      goal: '≤ 1/20',
      measured: `${withSpread(ratio)}: ${figure(spread(compared.ours.map(({ seconds }) => seconds)).median)} s against ${figure(spread(compared.theirs.map(({ seconds }) => seconds)).median)} s`,
      reached: ratio.median <= 1 / 20,
      why: 'see the shares of that time below: what the follower was behind, a pause until nothing grows any more, two scripts that begin, and the unfinished part of each file on its way',
    },
    {
      name: `its growth from ${first.gibibytes} to ${last.gibibytes} GiB`,
      goal: '≤ 10 %',
      measured: withSpread({ median: growth.median - 1, least: growth.least - 1, most: growth.most - 1 }, percent),
      reached: growth.median <= 1.1,
      why: 'what is left to ship when RonDB has completed differs between the sizes, see below',
    },
  ];
}

export const network = ({ gigabitsPerSecond }: Pick<SealedSeries, 'gigabitsPerSecond'>): string =>
  gigabitsPerSecond === undefined ? 'loopback' : `${gigabitsPerSecond} Gbit/s`;

function cpuGoal({ shipped, hashed, peers }: Figures, transport: 'https' | 'http', name: string, limit: number): Goal {
  const series: Series = shipped[transport];
  const title = `CPU of shipping, ${transport === 'https' ? 'with' : 'without'} TLS, against ${name}`;
  const goal = `≤ ${limit}`;
  const peer = peers.find((found) => found.name.startsWith(`${name},`));
  const [ours, theirs] = [series.get(OURS), peer && series.get(peer.name)];
  if (!ours || !theirs) return unmeasured(title, goal, peer?.missing ?? 'not measured');
  const [own, other] = [ours.map(cpuPerGibibyte), theirs.map(cpuPerGibibyte)];
  const ratio = ratios(own, other);
  const hash = spread(hashed.map(({ cpuSeconds }) => cpuSeconds)).median;
  return {
    name: title,
    goal,
    measured: `${withSpread(ratio)}: ${figure(spread(own).median)} s/GiB against ${figure(spread(other).median)} s/GiB`,
    reached: ratio.median <= limit,
    why: `SHA-256 alone takes ${figure(hash)} s/GiB here, ${percent(hash / spread(other).median)} of what the peer takes for everything`,
  };
}

function times(name: string, limit: number, ratio: Spread): Goal {
  return {
    name,
    goal: `≥ ${limit}×`,
    measured: `${withSpread(ratio)}×`,
    reached: ratio.median >= limit,
    why: 'the cores of one machine are all busy already',
  };
}

const unmeasured = (name: string, goal: string, why: string): Goal => ({
  name,
  goal,
  measured: `not measured: ${why}`,
  reached: undefined,
});
