import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';
import type { FunctionName } from '../lambdas/environments.ts';

/** Lambdas that use the same AWS client share a bundle, as long as it stays small, so that its SDK is deployed once for all of them. */
export const bundles: readonly (readonly FunctionName[])[] = [
  ['plan-backup', 'seal-backup', 'prune-backups', 'describe-failure'],
  ['plan-restore', 'check-block-bucket', 'survey-blocks', 'rewind-block-bucket'],
  // They ask Step Functions, too.
  ['report-restore', 'take-lease', 'release-lease'],
  // The first of them brings the library that knows when schedules run, too.
  ['watch-backups', 'check-objects', 'plan-verification', 'report-verification'],
  ['send-command', 'read-command', 'cancel-commands', 'start-backup', 'start-verification'],
];

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const built = new Map<readonly FunctionName[], string>();

/** The code of a Lambda: the bundle that holds its `<name>.mjs`. */
export function codeOf(name: FunctionName): Code {
  return Code.fromAsset(bundleOf(name));
}

/** The folder of the bundle that holds `<name>.mjs`; each is built once for all stacks of the app. */
export function bundleOf(name: FunctionName): string {
  const names = bundles.find((bundle) => bundle.includes(name));
  if (!names) throw new Error(`No bundle holds the Lambda ${name}.`);
  const directory = built.get(names) ?? build(names);
  built.set(names, directory);
  return directory;
}

/** Removes the bundles' folders: the stacks of an app have their own copies. */
export function removeBundles(): void {
  for (const directory of built.values()) rmSync(directory, { recursive: true, force: true });
  built.clear();
}
process.once('exit', removeBundles);

function build(names: readonly FunctionName[]): string {
  const outdir = mkdtempSync(join(tmpdir(), 'hopsdr-bundle-'));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(names.map((name) => [name, `lambdas/${name}/handler.ts`])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The packages' ES modules, of which only what is used is bundled.
    mainFields: ['module', 'main'],
    // Lambda hands over its credentials as environment variables: no other provider is ever asked.
    alias: {
      '@aws-sdk/credential-provider-node': './lambdas/aws/credentials.ts',
      '@smithy/core/event-streams': './lambdas/aws/event-streams.ts',
      '@smithy/core/checksum': './lambdas/aws/hashes.ts',
      '@aws-sdk/checksums/sha': './lambdas/aws/hashes.ts',
      '@aws-sdk/signature-v4-multi-region': './lambdas/aws/signers.ts',
    },
    // The SDK's parser of browsers' names: nothing in a bundle refers to it, and esbuild would still copy it there.
    external: ['bowser'],
    logLevel: 'error',
  });
  return outdir;
}
