import type { ErrorName } from '../../model/errors.ts';
import type { Item } from './items.ts';

/** What Step Functions, Lambda and S3 call a failure that reaches an execution by their name: it has a heading in the runbook, too. */
export const namesOfAws = ['States.Timeout', 'Sandbox.Timedout', 'AccessDenied', 'SlowDown'] as const;

/** How a run ended in which something went wrong: as it was measured, or as it is declared. */
export interface Outcome {
  /** A name of the catalogue, or AWS's own; `survives` when the run ended well in spite of the fault. */
  readonly error: ErrorName | 'survives' | (typeof namesOfAws)[number];
  /** The step that the failure names, and the nodes; `-` for none. */
  readonly step: string;
  readonly node: string;
  /** What is there afterwards, of all that the stage looks for: what was left, and, of a run that survived, what it brought. */
  readonly remains: string;
}

/** What a stage measures: an outcome, and how many seconds the run took by the clock of the stage. */
export interface Measured extends Outcome {
  readonly seconds: number;
}

/** One row of the matrix: a fault, how it must end, and how it is injected. */
export interface Fault {
  /** Never given to another fault. */
  readonly id: string;
  readonly item: Item;
  /** Where it happens: machine, step, node. */
  readonly where: string;
  readonly injected: string;
  readonly expected: Outcome;
  /** The run ends within so many seconds of the stage's clock. */
  readonly limit: number;
  /** Whether only a real RonDB can have it. */
  readonly needsRondb?: boolean;
  play(): Promise<Measured>;
}

/** What a test of a row hands to the table. */
export interface Played {
  readonly id: string;
  readonly measured?: Measured;
}

declare module 'vitest' {
  interface TaskMeta {
    fault?: Played;
  }
}
