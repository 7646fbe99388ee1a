/** A stretch of time, in milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** How long at least one of the intervals lasts. */
export function coveredMs(intervals: readonly Interval[]): number {
  let covered = 0;
  let reached = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...intervals].sort((a, b) => a.from - b.from)) {
    covered += Math.max(0, to - Math.max(from, reached));
    reached = Math.max(reached, to);
  }
  return covered;
}
