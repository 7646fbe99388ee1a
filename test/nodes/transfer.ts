import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const program = ['s3', 'transfer', 'ship', 'receive']
  .map((part) => readFileSync(new URL(`../../nodes/${part}.py`, import.meta.url), 'utf8'))
  .join('');

export interface Transferred {
  readonly code: number | null;
  /** Of stdout. */
  readonly lines: string[];
  /** "<name of the catalogue> <sentence>", empty after success. */
  readonly failure: string;
  readonly stderr: string;
}

/** A directory, and transfer.py in it as node scripts run it. */
export function givenTransfer(environment: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-transfer-'));
  const path = (...parts: string[]) => join(directory, ...parts);
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));

  /** `patch`: statements of Python that run before the command does, for what a test cannot wait for. */
  function start(words: string[], stdin: string[] = [], patch = '') {
    const file = path(`program-${words[0]}.py`);
    writeFileSync(file, `${program}\n${patch}\nmain(*sys.argv[1:])\n`);
    rmSync(path('failure'), { force: true });
    const child = spawn('python3', ['-IS', file, ...words], {
      env: {
        PATH: process.env.PATH,
        LC_ALL: 'C',
        AWS_DEFAULT_REGION: 'eu-north-1',
        TRANSFER_FAILURE: path('failure'),
        ...environment,
      },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.stdin.end(stdin.map((line) => `${line}\n`).join(''));
    const ended = new Promise<Transferred>((resolve) => {
      child.on('close', (code) => {
        const failure = existsSync(path('failure')) ? readFileSync(path('failure'), 'utf8').trimEnd() : '';
        resolve({ code, lines: stdout.split('\n').filter(Boolean), failure, stderr });
      });
    });
    return { ended, kill: () => child.kill('SIGKILL') };
  }

  return {
    path,
    start,
    run: (words: string[], stdin?: string[], patch?: string) => start(words, stdin, patch).ended,
    /** What a piece of Python prints that uses the program's functions. */
    async print(python: string): Promise<string[]> {
      const { lines, stderr } = await start([], [], `${python}\nsys.exit()`).ended;
      if (lines.length === 0) throw new Error(stderr);
      return lines;
    },
  };
}

/** Nobody waits between attempts. */
export const AT_ONCE = 'random.uniform = lambda *_: 0';
