import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** One script to run on a node. Aborting `signal` kills it. */
export interface ScriptRun {
  /** Receives `_script.sh` and the complete `stdout` and `stderr`. */
  readonly directory: string;
  readonly workingDirectory: string;
  readonly script: string;
  /** The whole environment: nothing of this process's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** How a script ended; the texts are cut as SSM cuts them: 24,000 bytes of stdout, 8,000 of stderr. */
export interface ScriptResult {
  readonly outcome: 'Success' | 'Failed' | 'TimedOut' | 'Cancelled';
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Exit code of a script that the agent killed. It reads the same code from a script as a timeout. */
const KILLED = 137;
/** Exit codes that mean something else to the agent than failure. */
const reserved: Readonly<Record<number, string>> = {
  168: 'ending the document with success (exit code 168) is not supported',
  169: 'ending the document with failure (exit code 169) is not supported',
  194: 'reboot requested (exit code 194) is not supported',
};
/** A process that left the group can hold the pipes open; a killed script is not waited for longer than this. */
const DRAIN_MS = 1000;

/**
 * Runs a script as the SSM agent does: written to `_script.sh`, started through `sh` so that its shebang counts, in a process
 * group of its own, no stdin. It has ended when all its output is closed; on timeout and cancel the group gets SIGKILL at once.
 */
export async function runScript(run: ScriptRun): Promise<ScriptResult> {
  const script = join(run.directory, '_script.sh');
  mkdirSync(run.directory, { recursive: true });
  // Synchronous: a descriptor open for writing, inherited by another spawn, would make this script "busy" (ETXTBSY).
  writeFileSync(script, run.script, { mode: 0o700 });
  const ended = await execute(run, script);
  const failure = describe(ended);
  if (failure) await appendFile(join(run.directory, 'stderr'), failure);
  return {
    ...ended,
    stdout: await head(join(run.directory, 'stdout'), 24_000),
    stderr: await head(join(run.directory, 'stderr'), 8_000),
  };
}

async function execute(run: ScriptRun, script: string): Promise<Pick<ScriptResult, 'outcome' | 'exitCode'>> {
  // exec: where sh is bash it replaces itself, where it is dash it would stay and turn a killed script into exit code 137.
  const child = spawn('/bin/sh', ['-c', 'exec "$0"', script], {
    cwd: run.workingDirectory,
    env: { ...run.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let killedBy: 'TimedOut' | 'Cancelled' | undefined;
  let drain: NodeJS.Timeout | undefined;
  const kill = (reason: 'TimedOut' | 'Cancelled') => {
    if (killedBy || child.pid === undefined) return;
    killedBy = reason;
    killGroup(child.pid);
    drain = setTimeout(() => [child.stdout, child.stderr].map((stream) => stream.destroy()), DRAIN_MS);
  };
  const record = (stream: Readable, name: string) =>
    pipeline(stream, createWriteStream(join(run.directory, name))).catch((error: unknown) => {
      if (!killedBy) throw error; // What a killed script still wanted to say is lost, as with the agent.
    });

  const timeout = setTimeout(kill, run.timeoutSeconds * 1000, 'TimedOut');
  const cancel = () => kill('Cancelled');
  run.signal.addEventListener('abort', cancel);
  if (run.signal.aborted) cancel();
  try {
    const [[code]] = await Promise.all([once(child, 'close'), record(child.stdout, 'stdout'), record(child.stderr, 'stderr')]);
    if (killedBy) return { outcome: killedBy, exitCode: KILLED };
    return { outcome: outcomeOf(code), exitCode: code ?? -1 };
  } catch (error) {
    if (child.pid !== undefined) killGroup(child.pid); // Its output cannot be recorded any more.
    throw error;
  } finally {
    clearTimeout(timeout);
    clearTimeout(drain);
    run.signal.removeEventListener('abort', cancel);
  }
}

function outcomeOf(code: number | null): ScriptResult['outcome'] {
  if (code === 0) return 'Success';
  return code === KILLED ? 'TimedOut' : 'Failed';
}

/** The sentence that the agent adds to stderr, behind the script's own last line. */
function describe({ outcome, exitCode }: Pick<ScriptResult, 'outcome' | 'exitCode'>): string | undefined {
  if (outcome !== 'Failed') return undefined;
  return `failed to run commands: ${reserved[exitCode] ?? (exitCode === -1 ? 'signal: killed' : `exit status ${exitCode}`)}`;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // The group has just ended by itself.
  }
}

async function head(path: string, bytes: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
