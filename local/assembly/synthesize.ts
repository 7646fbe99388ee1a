import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Synthesizes the CDK app for the clusters of a folder, as `cdk synth` does, and resolves with the assembly's directory.
 * Needs no AWS account and no network.
 */
export async function synthesize(clustersDirectory: string, outputDirectory: string, signal?: AbortSignal): Promise<string> {
  const app = fileURLToPath(new URL('../../cdk/app.ts', import.meta.url));
  // The template's own validation takes most of the time; `cdk synth` and the tests of the stack run it.
  const environment = {
    ...process.env,
    CDK_VALIDATION: 'false',
    CDK_OUTDIR: outputDirectory,
    CDK_CONTEXT_JSON: JSON.stringify({ clusters: clustersDirectory }),
  };
  const child = spawn(process.execPath, ['--import', 'tsx', app], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) throw new Error(`The CDK app ended with status ${status}:\n${output}`);
  return outputDirectory;
}
