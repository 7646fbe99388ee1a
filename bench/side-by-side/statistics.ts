/** The median of some figures, and the smallest and largest of them. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Throws for no figures. */
export function spread(figures: readonly number[]): Spread {
  const sorted = [...figures].sort((one, other) => one - other);
  const at = (index: number) => {
    const figure = sorted[index];
    if (figure === undefined) throw new Error('nothing was measured');
    return figure;
  };
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}

/** The ratios of two series that were measured in the same rounds, round by round. */
export function ratios(ours: readonly number[], theirs: readonly number[]): Spread {
  return spread(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN)));
}

/** Does the work for every item, in as many rounds; each round begins with another item. */
export async function alternate<T>(rounds: number, items: readonly T[], work: (item: T, round: number) => Promise<void>): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < items.length; index++) await work(items[(round + index) % items.length] as T, round);
  }
}
