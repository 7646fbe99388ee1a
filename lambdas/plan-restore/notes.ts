import type { Refuse } from '../obstacles.ts';

/** Where the parts of a plan say what is in the way, and what an operator should know. */
export interface Notes {
  readonly refuse: Refuse;
  readonly warn: (sentence: string) => void;
}
