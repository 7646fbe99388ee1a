import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadAwsCli } from './aws-cli/aws-cli.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PATH on which `aws` is the one that is installed. */
    readonly installedPath: string;
    /** A directory for stacks that are synthesized once for all tests. */
    readonly assemblies: string;
  }
}

/**
 * Makes for all tests, once, what takes long: loads the AWS CLI, which they find first on their PATH, beside the very python3 that a
 * version manager would search for at each call.
 */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'hopsdr-tests-'));
  const [programs, assemblies] = [join(directory, 'programs'), join(directory, 'assemblies')];
  const installedPath = process.env.PATH ?? '';
  provide('installedPath', installedPath);
  provide('assemblies', assemblies);
  await mkdir(assemblies);
  const loaded = await loadAwsCli(programs);
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  await mkdir(programs, { recursive: true });
  await symlink(python, join(programs, 'python3'));
  process.env.PATH = `${programs}${delimiter}${installedPath}`;
  return async () => {
    await loaded?.stop();
    await rm(directory, { recursive: true });
  };
}
