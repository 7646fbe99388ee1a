import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importOnce } from '../../bench/import.ts';
import { zippedBytes } from '../../bench/zip.ts';
import { bundleOf, bundles, removeBundles } from '../../cdk/bundles.ts';
import { environments } from '../../lambdas/environments.ts';
import { readAssembly } from '../../local/assembly/assembly.ts';
import { synthesize } from '../../local/assembly/synthesize.ts';
import type { LambdaFunction } from '../../local/lambda/runner.ts';

const KB = 1024;
const names = Object.keys(environments);

let directory: string;
let functions: readonly LambdaFunction[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hopsdr-bundles-'));
  const assembly = await synthesize(fileURLToPath(new URL('../../clusters', import.meta.url)), directory);
  functions = readAssembly(assembly, { region: 'eu-north-1', stack: 'hopsworks-dr-example' }).functions;
});
afterAll(() => {
  removeBundles();
  rmSync(directory, { recursive: true, force: true });
});

describe('the bundles', () => {
  it('hold every Lambda once', () => {
    expect(bundles.flat().toSorted()).toEqual(names.toSorted());
  });

  it.each(bundles.map((bundle) => [bundle]))('of %j is at most 150 KB zipped', ([name]) => {
    expect(zippedBytes(bundleOf(name as (typeof bundles)[number][number]))).toBeLessThanOrEqual(150 * KB);
  });

  it('are at most 700 KB zipped, all together', () => {
    const sizes = bundles.map(([name]) => zippedBytes(bundleOf(name as (typeof bundles)[number][number])));

    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(700 * KB);
  });

  it.each(names)('start %s in plain Node.js, with the environment that the stack gives it', async (name) => {
    const deployed = functions.filter(({ handler }) => handler === `${name}.handler`);

    expect(deployed.length).toBeGreaterThan(0);
    for (const lambda of deployed) expect(await importOnce(lambda)).toBeGreaterThan(0);
  });

  it('start nothing without an environment', async () => {
    const [planner] = functions.filter(({ handler }) => handler === 'plan-backup.handler');

    await expect(importOnce({ ...(planner as LambdaFunction), environment: {} })).rejects.toThrow('CLUSTER');
  });
});
