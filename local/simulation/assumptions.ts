import type { ActionName } from '../../model/actions.ts';

/** What is assumed of AWS, in milliseconds. */
export const assumed = {
  /** Invoking a Lambda function, and the transitions of the states around it. */
  lambda: 200,
  /** One request to SSM or to Step Functions. */
  request: 100,
  /** From SendCommand until the agent begins. */
  delivery: 1000,
  /** From the end of a script until SSM lists it. */
  report: 500,
  /** From the end of a child execution until its parent goes on. */
  child: 200,
} as const;

/** What is assumed of the work itself: seconds that the slowest node takes. The native backup takes as long as the simulation says. */
export const workSeconds: { readonly [A in ActionName]?: number } = {
  InspectCluster: 3,
  InspectHopsfs: 3,
  CheckNodes: 4,
  DumpMetadata: 8,
  SnapshotBlocks: 5,
  UploadRondbBackup: 10,
  UploadBlocks: 60,
  RemoveLocalBackup: 2,
  DownloadRondbBackup: 300,
  RestoreRondbData: 900,
};

/** Seconds of the Lambdas that decide. */
export const lambdaSeconds = { lease: 0.3, plan: 1, check: 0.3, seal: 2, prune: 1 } as const;
