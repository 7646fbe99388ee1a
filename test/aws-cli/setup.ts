import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadAwsCli } from './aws-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PATH on which `aws` is the one that is installed. */
    readonly installedPath: string;
  }
}

/** Loads the AWS CLI once for all tests, which find it first on their PATH. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const installedPath = process.env.PATH ?? '';
  provide('installedPath', installedPath);
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-aws-'));
  const loaded = await loadAwsCli(directory);
  if (loaded) process.env.PATH = `${loaded.directory}${delimiter}${installedPath}`;
  return async () => {
    await loaded?.stop();
    await rm(directory, { recursive: true });
  };
}
