import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { LambdaFunction } from '../local/lambda/runner.ts';

const run = promisify(execFile);

const SCRIPT = `
const start = performance.now();
const { handler } = await import(process.argv[1]);
const milliseconds = performance.now() - start;
process.stdout.write(JSON.stringify({ handler: typeof handler, milliseconds }));
`;

/**
 * Imports a Lambda's bundle in a process of its own, without a TypeScript loader and with nothing in its environment but what the
 * Lambda has at AWS, and resolves with the milliseconds. Rejects with what Node.js said when the import fails, or finds no handler.
 */
export async function importOnce({ codeDirectory, handler, environment }: LambdaFunction): Promise<number> {
  const entry = pathToFileURL(join(codeDirectory, handler.replace(/\.handler$/, '.mjs'))).href;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', SCRIPT, entry], {
    env: { ...environment, AWS_REGION: 'eu-north-1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
  });
  const imported = JSON.parse(stdout) as { handler: string; milliseconds: number };
  if (imported.handler !== 'function') throw new Error(`${entry} exports no handler`);
  return imported.milliseconds;
}
