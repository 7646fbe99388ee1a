import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLambdaRunner, type LambdaFunction } from '../../../local/lambda/runner.ts';

/** A runner with one function `f`, whose bundle is `code` or these files; below a package.json that makes .js files ES modules, as this project's does. */
function givenFunction(code: string | Record<string, string>, change: Partial<LambdaFunction> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'hopsdr-'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  mkdirSync(join(directory, 'asset'));
  const files = typeof code === 'string' ? { 'index.js': code } : code;
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, 'asset', name), text);
  const declared: LambdaFunction = {
    name: 'f',
    arn: 'arn:aws:lambda:eu-north-1:111122223333:function:f',
    codeDirectory: join(directory, 'asset'),
    handler: 'index.handler',
    timeoutSeconds: 10,
    memorySize: 128,
    environment: { BUCKET: 'backups' },
    ...change,
  };
  const runner = createLambdaRunner({
    functions: [declared],
    environment: { AWS_REGION: 'eu-north-1' },
    logDirectory: join(directory, 'log'),
  });
  onTestFinished(async () => {
    await runner.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const invoke = (payload: unknown = {}, signal = new AbortController().signal, name = 'f') => runner.invoke(name, payload, signal);
  return { invoke, log: () => runner.log('f'), stop: runner.stop };
}

const handler = (body: string) => `exports.handler = async (event) => { ${body} };`;

describe('a local Lambda', () => {
  it('gets the payload and answers with its result, by name and by ARN', async () => {
    const { invoke } = givenFunction(handler('return { doubled: event.number * 2 };'));

    const results = [
      await invoke({ number: 21 }),
      await invoke({ number: 2 }, undefined, 'arn:aws:lambda:eu-north-1:111122223333:function:f'),
    ];

    expect(results).toEqual([{ doubled: 42 }, { doubled: 4 }]);
  });

  it('sees its own environment and nothing else', async () => {
    const { invoke } = givenFunction(handler('return process.env;'));

    expect(await invoke()).toEqual({
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_FUNCTION_NAME: 'f',
      AWS_REGION: 'eu-north-1',
      BUCKET: 'backups',
    });
  });

  it('can be one of several ES modules that share a chunk', async () => {
    const entry = (name: string) =>
      `import { calls } from './chunk.mjs'; export const handler = async () => ({ name: '${name}', calls: calls() });`;
    const files = {
      'plan-backup.mjs': entry('plan'),
      'seal-backup.mjs': entry('seal'),
      'chunk.mjs': 'let count = 0; export const calls = () => ++count;',
    };
    const { invoke } = givenFunction(files, { handler: 'seal-backup.handler' });

    const results = [await invoke(), await invoke()];

    expect(results).toEqual([
      { name: 'seal', calls: 1 },
      { name: 'seal', calls: 2 },
    ]);
  });

  it('stays warm, and runs calls at the same time in instances of their own', async () => {
    const { invoke } = givenFunction(
      `let calls = 0; ${handler('calls += 1; await new Promise((r) => setTimeout(r, 300)); return { calls, pid: process.pid };')}`,
    );

    const [first, second] = (await Promise.all([invoke(), invoke()])) as { calls: number; pid: number }[];
    const third = (await invoke()) as { calls: number; pid: number };

    expect([first?.calls, second?.calls, third.calls]).toEqual([1, 1, 2]);
    expect(first?.pid).not.toBe(second?.pid);
    expect([first?.pid, second?.pid]).toContain(third.pid);
  });

  it.each([
    ['an error by its name', handler("throw Object.assign(new Error('no nodes'), { name: 'NoNodes' });"), 'NoNodes', 'no nodes'],
    ['a thrown text by its type', handler("throw 'text';"), 'string', 'text'],
    ['a result that is not JSON', handler('return 1n;'), 'TypeError', 'BigInt'],
    ['a missing handler', 'exports.other = 1;', 'Runtime.HandlerNotFound', 'index.handler'],
    ['code that does not load', "throw new RangeError('at start');", 'RangeError', 'at start'],
    ['code that does not parse', 'const;', 'Runtime.UserCodeSyntaxError', ''],
    ['an ES module that does not parse', { 'index.mjs': 'const;' }, 'Runtime.UserCodeSyntaxError', ''],
    ['an ES module without the handler', { 'index.mjs': 'export const other = 1;' }, 'Runtime.HandlerNotFound', 'index.handler'],
    ['an ES module that does not load', { 'index.mjs': "throw new RangeError('at start');" }, 'RangeError', 'at start'],
    ['a missing file', { 'other.mjs': '' }, 'Runtime.ImportModuleError', 'index'],
    ['the end of its process', handler('process.exit(3);'), 'Runtime.ExitError', 'exit status 3'],
    ['a result above 6 MB', handler("return 'x'.repeat(6400000);"), 'Function.ResponseSizeTooLarge', '6 MB'],
  ])('reports %s', async (_, code, name, message) => {
    const { invoke } = givenFunction(code);

    await expect(invoke()).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  it('can be called again after it failed', async () => {
    const { invoke } = givenFunction(handler('if (event.exit) process.exit(1); return process.pid;'));
    await expect(invoke({ exit: true })).rejects.toMatchObject({ name: 'Runtime.ExitError' });

    expect(await invoke()).toEqual(expect.any(Number));
  });

  it('is killed at its timeout, even when it never yields', async () => {
    const { invoke } = givenFunction(handler('if (event.hang) for (;;); return 1;'), { timeoutSeconds: 1 });

    await expect(invoke({ hang: true })).rejects.toMatchObject({ name: 'Sandbox.Timedout', message: 'Task timed out after 1.00 seconds' });
    expect(await invoke()).toBe(1);
  });

  it('lets the caller go when the call is aborted', async () => {
    const { invoke } = givenFunction(handler('await new Promise((resolve) => setTimeout(resolve, 60000));'));
    const abort = new AbortController();
    const calling = invoke({}, abort.signal);

    abort.abort(new Error('stopped'));

    await expect(calling).rejects.toThrow('stopped');
  });

  it('is ended by stop even while it waits for minutes, whether its caller still waits for it or not', async () => {
    const { invoke, stop } = givenFunction(
      handler("console.log('waiting'); await new Promise((resolve) => setTimeout(resolve, 240000));"),
      {
        timeoutSeconds: 300,
      },
    );
    const abort = new AbortController();
    const calling = invoke();
    const abandoned = invoke({}, abort.signal);
    abort.abort(new Error('stopped'));
    await expect(abandoned).rejects.toThrow('stopped');

    const [ended] = await Promise.allSettled([calling, stop()]);

    expect(ended).toMatchObject({ reason: { name: 'Runtime.ExitError', message: expect.stringContaining('SIGKILL') } });
  });

  it('refuses a function that is not declared and a payload above 6 MB', async () => {
    const { invoke } = givenFunction(handler('return 1;'));

    await expect(invoke({}, undefined, 'g')).rejects.toMatchObject({ name: 'Lambda.ResourceNotFoundException' });
    await expect(invoke('x'.repeat(6_400_000))).rejects.toMatchObject({ name: 'Lambda.RequestTooLargeException' });
  });

  it('writes what it prints, and its errors, to a log', async () => {
    const { invoke, log } = givenFunction(handler("console.log('working'); throw new Error('broken');"));
    const before = await log();
    await expect(invoke()).rejects.toThrow('broken');

    expect(before).toBe('');
    expect(await log()).toMatch(/^working\nError: broken\n/);
  });
});
