import type { ActionName } from './actions.ts';

/** The actions that change nothing: they need no lease. Apart from the others, because a bundle that asks for these needs no patterns. */
export const lookingActions: ReadonlySet<string> = new Set([
  'InspectCluster',
  'InspectHopsfs',
  'VerifyRondbBackup',
  'VerifyBlocks',
] satisfies ActionName[]);
