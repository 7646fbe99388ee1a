import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** A program of a peer, or why there is none. */
export type Program = { readonly path: string; readonly version: string } | { readonly missing: string };

export interface Programs {
  readonly aws2: Program;
  readonly aws1: Program;
  readonly rclone: Program;
  readonly rsync: Program;
}

/** What is installed here; AWS_V1 and AWS_V2 name the two AWS CLIs where the first of them on PATH are not the ones to measure. */
export function findPrograms({ AWS_V1, AWS_V2 }: NodeJS.ProcessEnv): Programs {
  return {
    aws2: find('the AWS CLI, version 2,', AWS_V2 ? [AWS_V2] : onPath('aws'), /aws-cli\/(2\.\S+)/),
    aws1: find('the AWS CLI, version 1,', AWS_V1 ? [AWS_V1] : onPath('aws'), /aws-cli\/(1\.\S+)/),
    rclone: find('rclone', onPath('rclone'), /rclone v(\S+)/),
    rsync: find('rsync', onPath('rsync'), /rsync +version (\S+)/),
  };
}

function onPath(name: string): string[] {
  const directories = (process.env.PATH ?? '').split(':').filter((directory) => directory.startsWith('/'));
  return directories.map((directory) => join(directory, name)).filter(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function find(name: string, paths: readonly string[], pattern: RegExp): Program {
  for (const path of paths) {
    const version = pattern.exec(versionOf(path))?.[1];
    if (version) return { path, version };
  }
  return { missing: `${name} is not installed` };
}

function versionOf(path: string): string {
  try {
    return execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
