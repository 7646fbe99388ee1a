import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The installed AWS CLI, kept loaded, so that a call costs a tenth of a second instead of one. */
export interface LoadedAwsCli {
  /** Holds `aws`; to be put in front of PATH. */
  readonly directory: string;
  /** Ends it; may be called more than once. */
  stop(): Promise<void>;
}

/**
 * Loads the AWS CLI; `directory` takes its socket and must be short. Undefined where the CLI cannot be loaded, because it is no Python
 * package, as one from the vendor's installer: then `aws` itself does the same, more slowly.
 */
export async function loadAwsCli(directory: string): Promise<LoadedAwsCli | undefined> {
  const python = await interpreter();
  if (python === undefined) return undefined;
  const program = fileURLToPath(new URL('loaded.py', import.meta.url));
  const socket = join(directory, 'aws.sock');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'aws'), `#!/bin/sh\nexec '${python}' -I -S '${program}' call '${socket}' "$@"\n`);
  await chmod(join(directory, 'aws'), 0o755);

  const server = spawn(python, [program, 'serve', socket], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(server, 'close');
  // The server ends with its stdin, also when this process is killed.
  const stop = async () => {
    server.stdin.end();
    await ended;
  };
  const ready = await Promise.race([once(server.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error(`the AWS CLI could not be loaded: ${python} ${program} ended with exit code ${server.exitCode}`);
  return { directory, stop };
}

/** The Python that has the very CLI that `aws` is. */
async function interpreter(): Promise<string | undefined> {
  const [version] = (await print('aws', '--version')).split(' ');
  const script = (await print('sh', '-c', 'command -v aws')).trim();
  const [, named] = /^#!(\S*python\S*)/.exec(script && (await readFile(script, 'latin1')).slice(0, 200)) ?? [];
  const asked = "import sys, socket, os, awscli; socket.send_fds, os.pidfd_open; print(sys.executable, 'aws-cli/' + awscli.__version__)";
  for (const python of [named, 'python3']) {
    const [executable, loaded] = python ? (await print(python, '-c', asked)).trim().split(' ') : [];
    if (executable && loaded === version) return executable;
  }
  return undefined;
}

/** What a program prints; nothing where it is missing or fails. */
async function print(program: string, ...args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args)).stdout;
  } catch {
    return '';
  }
}
