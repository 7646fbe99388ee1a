/** Numbers that look random and are the same for the same seed. */
export function createChance(seed: number) {
  let state = seed;
  /** From 0 up to 1: mulberry32. */
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    /** An integer from `least` to `most`. */
    between: (least: number, most: number) => least + Math.floor(next() * (most - least + 1)),
    oneOf: <T>(values: readonly [T, ...T[]] | readonly T[]): T => values[Math.floor(next() * values.length)] as T,
    isTrue: (probability: number) => next() < probability,
    /** From 0 to half a minute, most of them short: so that some nodes lag far behind. */
    milliseconds: () => Math.floor(30_000 * next() ** 4),
  };
}

export type Chance = ReturnType<typeof createChance>;
