import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
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

/** Loads the AWS CLI once for all tests, which find it first on their PATH, beside the very python3 that a version manager would search for at each call. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const installedPath = process.env.PATH ?? '';
  provide('installedPath', installedPath);
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-aws-'));
  const loaded = await loadAwsCli(directory);
  await symlink(
    execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
    join(directory, 'python3'),
  );
  process.env.PATH = `${directory}${delimiter}${installedPath}`;
  return async () => {
    await loaded?.stop();
    await rm(directory, { recursive: true });
  };
}
