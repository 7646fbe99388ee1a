import * as z from 'zod';
import { environment as cancelCommands } from './cancel-commands/environment.ts';
import { environment as checkBlockBucket } from './check-block-bucket/environment.ts';
import { environment as describeFailure } from './describe-failure/environment.ts';
import { cluster } from './environment-parts.ts';
import { environment as planBackup } from './plan-backup/environment.ts';
import { environment as planRestore } from './plan-restore/environment.ts';
import { environment as planVerification } from './plan-verification/environment.ts';
import { environment as pruneBackups } from './prune-backups/environment.ts';
import { environment as sendCommand } from './send-command/environment.ts';
import { environment as startBackup } from './start-backup/environment.ts';
import { environment as surveyBlocks } from './survey-blocks/environment.ts';
import { environment as watchBackups } from './watch-backups/environment.ts';

/** The environment of each Lambda, by its folder: the handler parses it, and the stack must provide it. No bundle holds them all. */
export const environments = {
  'take-lease': cluster,
  'release-lease': cluster,
  'plan-backup': planBackup,
  'check-block-bucket': checkBlockBucket,
  'seal-backup': cluster,
  'prune-backups': pruneBackups,
  'survey-blocks': surveyBlocks,
  'plan-restore': planRestore,
  'rewind-block-bucket': surveyBlocks,
  'report-restore': cluster,
  'check-objects': cluster,
  'plan-verification': planVerification,
  'report-verification': cluster,
  'send-command': sendCommand,
  'read-command': z.object({}),
  'cancel-commands': cancelCommands,
  'describe-failure': describeFailure,
  'start-backup': startBackup,
  'start-verification': startBackup,
  'watch-backups': watchBackups,
} as const;

export type FunctionName = keyof typeof environments;
export type Environment<F extends FunctionName> = z.input<(typeof environments)[F]>;
