import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A function as the template declares it; its code lies bundled in `codeDirectory`. */
export interface LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly codeDirectory: string;
  /** `<file>.<export>`; the file ends in `.js` (CommonJS) or `.mjs`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** MB */
  readonly memorySize: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface LambdaRunner {
  /**
   * Calls a function by name or ARN and resolves to what it returns. Rejects with an Error whose name, message and stack are
   * the errorType, errorMessage and trace that Lambda reports. After an abort the caller goes on at once; the function runs to
   * its end, as at AWS.
   */
  invoke(functionNameOrArn: string, payload: unknown, signal: AbortSignal): Promise<unknown>;
  /** What a function has printed so far, in all its calls: its metrics, a JSON line each, among it. */
  log(functionNameOrArn: string): Promise<string>;
  /** Ends every instance. */
  stop(): Promise<void>;
}

const MAX_PAYLOAD_BYTES = 6_291_556;
const RUNTIME = fileURLToPath(new URL('runtime.mjs', import.meta.url));

/**
 * Runs functions in processes of their own, kept warm, one call at a time each. A function sees its declared environment,
 * `environment` (region, credentials, endpoint), its name and its memory, nothing else; what it prints goes to
 * `<logDirectory>/<name>.log`.
 */
export function createLambdaRunner(options: {
  functions: readonly LambdaFunction[];
  environment: Readonly<Record<string, string>>;
  logDirectory: string;
}): LambdaRunner {
  const instances = new Map<ChildProcess, LambdaFunction>();
  const busy = new WeakSet<ChildProcess>();
  let stopped = false;

  function start(declared: LambdaFunction): ChildProcess {
    mkdirSync(options.logDirectory, { recursive: true });
    const log = openSync(logFile(declared), 'a');
    const instance = fork(RUNTIME, [declared.codeDirectory, declared.handler], {
      env: {
        ...declared.environment,
        ...options.environment,
        AWS_LAMBDA_FUNCTION_NAME: declared.name,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(declared.memorySize),
      },
      execArgv: [`--max-old-space-size=${declared.memorySize}`],
      stdio: ['ignore', log, log, 'ipc'],
      detached: true, // Ctrl-C is for the program that started this, which then ends its instances in order.
    });
    closeSync(log);
    instances.set(instance, declared);
    instance.once('exit', () => instances.delete(instance));
    return instance;
  }

  const logFile = ({ name }: LambdaFunction) => join(options.logDirectory, `${name}.log`);

  async function call(declared: LambdaFunction, payload: string): Promise<unknown> {
    if (stopped) throw new Error(`${declared.name} was called after the runner had been stopped`);
    const [idle] = [...instances].find(([instance, its]) => its === declared && !busy.has(instance)) ?? [];
    const instance = idle ?? start(declared);
    busy.add(instance);
    const answer = await exchange(instance, payload, declared.timeoutSeconds);
    if (!instance.killed) busy.delete(instance);
    if ('errorType' in answer) throw toError(answer);
    if (Buffer.byteLength(answer.result) > MAX_PAYLOAD_BYTES) throw failure('Function.ResponseSizeTooLarge', 'The result exceeds 6 MB');
    return JSON.parse(answer.result);
  }

  function find(functionNameOrArn: string): LambdaFunction {
    const declared = options.functions.find(({ name, arn }) => [name, arn].includes(functionNameOrArn));
    if (!declared) throw failure('Lambda.ResourceNotFoundException', `Function not found: ${functionNameOrArn}`);
    return declared;
  }

  return {
    async invoke(functionNameOrArn, payload, signal) {
      const declared = find(functionNameOrArn);
      const text = JSON.stringify(payload ?? null);
      if (Buffer.byteLength(text) > MAX_PAYLOAD_BYTES) throw failure('Lambda.RequestTooLargeException', 'The payload exceeds 6 MB');
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const abandon = () => reject(signal.reason);
        signal.addEventListener('abort', abandon);
        call(declared, text)
          .then(resolve, reject)
          .finally(() => signal.removeEventListener('abort', abandon));
      });
    },
    async log(functionNameOrArn) {
      const file = logFile(find(functionNameOrArn));
      return existsSync(file) ? await readFile(file, 'utf8') : '';
    },
    async stop() {
      stopped = true;
      await Promise.all([...instances.keys()].map(end));
    },
  };
}

interface Failure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}
type Answer = { readonly result: string } | Failure;

/** Sends one payload and awaits the answer; an instance that exceeds its time is killed. */
function exchange(instance: ChildProcess, payload: string, timeoutSeconds: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      clearTimeout(timeout);
      instance.off('message', answered).off('exit', died);
      act();
    };
    const answered = (answer: unknown) => settle(() => resolve(answer as Answer));
    const died = (code: number | null, signal: string | null) =>
      settle(() =>
        reject(failure('Runtime.ExitError', `Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`)),
      );
    const timeout = setTimeout(() => {
      instance.kill('SIGKILL');
      settle(() => reject(failure('Sandbox.Timedout', `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`)));
    }, timeoutSeconds * 1000);
    instance.on('message', answered).on('exit', died);
    instance.send(payload, (error) => error && settle(() => reject(failure('Runtime.ExitError', error.message))));
  });
}

async function end(instance: ChildProcess): Promise<void> {
  const gone = once(instance, 'exit');
  instance.kill('SIGKILL');
  await gone;
}

function failure(errorType: string, errorMessage: string): Error {
  return toError({ errorType, errorMessage, trace: [] });
}

function toError({ errorType, errorMessage, trace }: Failure): Error {
  return Object.assign(new Error(errorMessage), { name: errorType, stack: trace.join('\n') });
}
