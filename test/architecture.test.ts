import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the files of a folder may import of the project: folders, or single files where only those are allowed. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: ['model'],
  nodes: ['model', 'nodes'],
  'state-machines': ['state-machines'],
  lambdas: ['model', 'lambdas'],
  cdk: ['model', 'cdk', 'lambdas/environments.ts', 'nodes/assemble.ts', 'state-machines/definitions.ts'],
  local: ['model', 'lambdas', 'local', 'nodes', 'state-machines'],
  cli: ['model', 'lambdas', 'local', 'nodes', 'state-machines', 'cli'],
  bench: ['model', 'nodes', 'lambdas', 'local', 'bench'],
};

/** What they may import from outside; `node:` is allowed everywhere but in model. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  model: /^(zod|croner)$/,
  nodes: /^node:/,
  'state-machines': /^node:/,
  lambdas: /^(node:|zod$|@aws-sdk\/|@smithy\/signature-v4$|@aws-lambda-powertools\/metrics$)/,
  cdk: /^(node:|zod$|esbuild$|aws-cdk-lib(\/|$)|constructs$|cdk-nag$)/,
  local: /^(?!aws-cdk-lib|constructs)/,
  cli: /^(?!aws-cdk-lib|constructs)/,
  bench: /^node:/,
};

const folders = Object.keys(ALLOWED).filter((folder) => existsSync(join(ROOT, folder)));
const sources = folders.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => ({ folder, file: join(folder, file).split(sep).join('/') })),
);

const IMPORT = /(?:^|[;\s])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?<!-)\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

function importsOf(file: string): string[] {
  return [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].map(([, from, alone]) => from ?? alone ?? '');
}

const imports = sources.flatMap(({ folder, file }) => importsOf(file).map((target) => ({ folder, file, target })));
const inside = imports
  .filter(({ target }) => target.startsWith('.'))
  .map((entry) => ({
    ...entry,
    target: relative(ROOT, join(ROOT, dirname(entry.file), entry.target))
      .split(sep)
      .join('/'),
  }));
const outside = imports.filter(({ target }) => !target.startsWith('.'));
const named = (entries: readonly { file: string; target: string }[]) => entries.map(({ file, target }) => `${file} imports ${target}`);

describe('imports', () => {
  it('are seen by this test', () => {
    expect(named(inside)).toContain('lambdas/seal-backup/seal-backup.ts imports model/manifest.ts');
    expect(named(outside)).toContain('lambdas/aws/s3.ts imports @aws-sdk/client-s3');
  });

  it.each(folders)('of %s point one way', (folder) => {
    const isAllowed = (target: string) => ALLOWED[folder]?.some((allowed) => target === allowed || target.startsWith(`${allowed}/`));

    expect(named(inside.filter((entry) => entry.folder === folder && !isAllowed(entry.target)))).toEqual([]);
  });

  it.each(folders)('of %s from outside are those it may have', (folder) => {
    expect(named(outside.filter((entry) => entry.folder === folder && !PACKAGES[folder]?.test(entry.target)))).toEqual([]);
  });

  it('of the AWS SDK lie in one file for each service', () => {
    const calling = outside.filter(({ folder, target }) => folder !== 'local' && target.startsWith('@aws-sdk/'));

    expect([...new Set(named(calling))].sort()).toEqual([
      'lambdas/aws/s3.ts imports @aws-sdk/client-s3',
      'lambdas/aws/sfn.ts imports @aws-sdk/client-sfn',
      'lambdas/aws/ssm.ts imports @aws-sdk/client-ssm',
    ]);
  });

  it('of AWS calls are in handlers only, from which the test of permissions reads what a Lambda calls', () => {
    const others = sources.filter(({ folder, file }) => folder === 'lambdas' && !file.endsWith('/handler.ts'));
    const calling = others.filter(({ file }) => /^import (?!type )[^;]*from '[./]+\/aws\//m.test(readFileSync(join(ROOT, file), 'utf8')));

    expect(others.length).toBeGreaterThan(10);
    expect(calling.map(({ file }) => file)).toEqual([]);
  });
});

describe('files', () => {
  it('have names that say what they hold', () => {
    const vague = sources.filter(({ file }) =>
      /^(utils?|helpers?|managers?|services?)\.|[-.](utils?|helpers?|manager|service)\./.test(basename(file)),
    );

    expect(vague.map(({ file }) => file)).toEqual([]);
  });
});
