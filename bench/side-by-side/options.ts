/** How much is measured. */
export interface Options {
  /** Smoke test: everything once and small, so that no figure means anything. */
  readonly quick: boolean;
  readonly rounds: number;
  /** GiB of the directories that are shipped while they grow; all peers ship one of the first size. */
  readonly sizes: readonly [number, ...number[]];
  /** How fast the backups grow that are shipped meanwhile; by default five times RonDB's MaxDiskWriteSpeed: 8 GiB take 86 s, not 7 min. */
  readonly writtenPerSecond: number;
  /** What the reader has to know of the machine besides. */
  readonly remark: string;
  /** RonDB's programs, for the parts that need a real database. */
  readonly rondbHome: string | undefined;
}

/** Larger directories, in GiB, are shipped while they grow only, by us, in so many rounds: one of 32 GiB grows for 6 min. */
const LARGE = 8;
const LARGE_ROUNDS = 1;

export const isLarge = (gibibytes: number): boolean => gibibytes > LARGE;
export const roundsOf = (gibibytes: number, rounds: number): number => (isLarge(gibibytes) ? Math.min(LARGE_ROUNDS, rounds) : rounds);

/** From BENCH=quick, ROUNDS, BENCH_SIZES=1,8,32, BENCH_WRITE=100 (MB/s), BENCH_REMARK and RONDB_HOME. */
export function readOptions({
  BENCH,
  ROUNDS,
  BENCH_SIZES,
  BENCH_WRITE = '100',
  BENCH_REMARK = '',
  RONDB_HOME,
}: NodeJS.ProcessEnv): Options {
  const quick = BENCH === 'quick';
  const [first = Number.NaN, ...others] = (BENCH_SIZES ?? (quick ? '0.125,0.25' : '1,8')).split(',').map(Number);
  const rounds = Number(ROUNDS ?? (quick ? 1 : 5));
  if (![first, ...others].every((size) => size > 0)) throw new Error(`BENCH_SIZES is ${BENCH_SIZES}: expected GiB, as in 1,8,32`);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`ROUNDS is ${ROUNDS}: expected 1 or more`);
  const writtenPerSecond = Number(BENCH_WRITE) * 1e6;
  if (!(writtenPerSecond > 0)) throw new Error(`BENCH_WRITE is ${BENCH_WRITE}: expected MB/s`);
  return { quick, rounds, sizes: [first, ...others], writtenPerSecond, remark: BENCH_REMARK, rondbHome: RONDB_HOME };
}
