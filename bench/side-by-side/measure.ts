import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A program to run. */
export interface Command {
  readonly words: readonly [string, ...string[]];
  readonly environment: NodeJS.ProcessEnv;
  readonly input?: string | undefined;
}

/** What a program and all its children took; `peakBytes`: resident memory of the largest of them. */
export interface Taken {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const wrapper = fileURLToPath(new URL('measure.py', import.meta.url));

/** Runs a program to its end, resolves with its stdout. Rejects with its last words unless it ends with 0. */
export function run({ words: [program, ...words], environment, input = '' }: Command): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: environment });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    // A program that ends before it has read everything says why by its exit code.
    child.stdin.on('error', () => undefined).end(input);
    child.once('error', reject).once('close', (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${[program, ...words].join(' ')} ended with ${code}: ${stderr || stdout.slice(-2000)}`));
    });
  });
}

/** Runs a program to its end and says what it took. */
export async function measure({ words, ...command }: Command): Promise<Taken & { readonly stdout: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-measure-'));
  try {
    const report = join(directory, 'report');
    const stdout = await run({ ...command, words: ['python3', '-I', wrapper, report, ...words] });
    return { ...(JSON.parse(readFileSync(report, 'utf8')) as Taken), stdout };
  } finally {
    rmSync(directory, { recursive: true });
  }
}
