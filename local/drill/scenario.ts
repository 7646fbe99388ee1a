import type { Rehearsal } from './drill.ts';
import type { Stage } from './stage.ts';

/** A case that can be rehearsed by its name. It ended as declared when `play` resolves. */
export interface Scenario extends Pick<Rehearsal, 'heads' | 'hopsworks' | 'cluster'> {
  readonly name: string;
  /** What happens, and what that proves: a sentence each, as the list and docs/scenarios.md have them. */
  readonly happens: string;
  readonly proves: string;
  /** RonDB data nodes; 2 when left out. */
  readonly nodes?: 2 | 4;
  play(stage: Stage): Promise<void>;
}
