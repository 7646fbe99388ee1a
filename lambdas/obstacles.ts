import type { DrError } from '../model/errors.ts';

/** What becomes of a reason why a run cannot work: thrown at once, or noted so that all are found. */
export type Refuse = (obstacle: DrError) => void;

export const refuseAtOnce: Refuse = (obstacle) => {
  throw obstacle;
};

/** Things are named for so many; the others are counted. */
const NAMED = 10;

/** The first ten of the texts and how many more there are, of `count` in all. */
export function nameSome(texts: readonly string[], count = texts.length): string {
  const more = count - Math.min(NAMED, texts.length);
  return `${texts.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
