import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

/** The programs of one cluster: what it started, and nothing else, is ended by it. */
export interface Processes {
  /** Starts a server, with its output appended to the file `log`. */
  serve(name: string, log: string, command: string, args: string[]): void;
  /** Waits for `work`, but rejects as soon as a server has ended, with how it ended and its last lines. */
  whileServing<T>(work: Promise<T>): Promise<T>;
  /** Runs a program to its end and resolves to its stdout; rejects unless it exits with 0. */
  run(name: string, command: string, args: string[], input?: string): Promise<string>;
  /** Ends all that still runs and waits for it: SIGTERM, and SIGKILL for what is still there ten seconds later. */
  end(): Promise<void>;
  /** Ends all that still runs at once, as a disaster does. */
  kill(): Promise<void>;
  /** From now on nothing starts any more. */
  close(): void;
}

const PATIENCE_MS = 10_000;

export function createProcesses(): Processes {
  const alive = new Map<ChildProcess, Promise<string>>();
  /** How each server ended, once it has. */
  let servers: Promise<string>[] = [];
  let closed = false;

  const killAll = () => {
    for (const child of alive.keys()) child.kill('SIGKILL');
  };

  // Detached: Ctrl-C must reach the drill only, which then ends its servers in order. If it dies without doing so, killAll does.
  function launch(name: string, command: string, args: string[], stdio: StdioOptions, output: () => string) {
    if (closed) throw new Error(`${name} was not started: the practice cluster has been stopped`);
    if (alive.size === 0) process.once('exit', killAll);
    const child = spawn(command, args, { stdio, detached: true });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`${name} could not be started: ${error.message}`));
      child.once('close', (code, signal) => resolve(`${name} ended ${signal ? `by ${signal}` : `with exit code ${code}`}: ${output()}`));
    }).finally(() => {
      alive.delete(child);
      if (alive.size === 0) process.off('exit', killAll);
    });
    alive.set(child, ended);
    return { child, ended };
  }

  async function allEnded() {
    await Promise.all(alive.values());
    servers = [];
  }

  return {
    serve(name, log, command, args) {
      const output = openSync(log, 'a');
      const { ended } = launch(name, command, args, ['ignore', output, output], () => `${lastLines(readFileSync(log, 'utf8'))}\n(${log})`);
      closeSync(output);
      servers.push(ended);
    },

    whileServing(work) {
      const losses = servers.map(async (ended) => {
        throw new Error(await ended);
      });
      return Promise.race([...losses, work]);
    },

    async run(name, command, args, input = '') {
      let [stdout, stderr] = ['', ''];
      const { child, ended } = launch(name, command, args, 'pipe', () => lastLines(stderr || stdout));
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      // EPIPE when the program ends before it has read everything: its exit code, checked below, tells why.
      child.stdin?.on('error', () => undefined).end(input);
      const ending = await ended;
      if (child.exitCode !== 0) throw new Error(ending);
      return stdout;
    },

    async end() {
      for (const child of alive.keys()) child.kill('SIGTERM');
      const lastResort = setTimeout(killAll, PATIENCE_MS);
      await allEnded();
      clearTimeout(lastResort);
    },

    async kill() {
      killAll();
      await allEnded();
    },

    close() {
      closed = true;
    },
  };
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-8).join('\n');
}
