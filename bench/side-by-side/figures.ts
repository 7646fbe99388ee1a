import type { Taken } from './measure.ts';
import type { Options } from './options.ts';
import type { Peer } from './peers.ts';
import type { Programs } from './programs.ts';
import type { RestoreTimes } from './real-backups.ts';
import type { Sealed } from './sealing.ts';
import type { Series, Shipped } from './shipping.ts';
import type { Transport } from './workplace.ts';

/** Ours while the backup is written, and the fastest peer when the same files are finished; round by round. */
export interface SealedSeries {
  /** Undefined: the loopback, as fast as it is. */
  readonly gigabitsPerSecond: number | undefined;
  readonly gibibytes: number;
  readonly ours: readonly Sealed[];
  readonly peer: string;
  /** Empty for a large directory. */
  readonly theirs: readonly Shipped[];
}

/** Native backups of a real cluster, with or without RonDB's own compression. */
export interface RealSeries {
  readonly compressed: boolean;
  readonly bytes: number;
  readonly series: Series;
}

/** Everything that one run has measured. */
export interface Figures {
  readonly options: Options;
  readonly programs: Programs;
  readonly peers: readonly Peer[];
  /** A directory of the first size. */
  readonly shipped: Readonly<Record<Transport, Series>>;
  /** SHA-256 alone, of a GiB. */
  readonly hashed: readonly Taken[];
  readonly sealed: readonly SealedSeries[];
  /** Why no network was shaped. */
  readonly notShaped: string | undefined;
  readonly sentAgain: readonly { readonly gibibytes: number; readonly share: number }[];
  readonly memory: readonly { readonly files: number; readonly peakBytes: number }[];
  /** Of the largest directory: requests by the cutting rule, and as the sink counted them. */
  readonly puts: { readonly gibibytes: number; readonly computed: number; readonly counted: number };
  readonly fetched: ReadonlyMap<string, readonly Taken[]>;
  readonly real: readonly RealSeries[];
  readonly restores: RestoreTimes | undefined;
  readonly simulated: Simulated;
}

/** What the state machines cost, on a virtual clock. */
export interface Simulated {
  /** Tables, as bench/orchestration.ts prints them. */
  readonly tables: string;
  readonly events: readonly { readonly dataNodes: number; readonly topLevel: number; readonly longestStep: number }[];
  /** Share of states and polling in a backup of 10 minutes, from 0 to 1, the larger of the events' node counts. */
  readonly overhead: number;
  readonly restoreRatio: number;
}
