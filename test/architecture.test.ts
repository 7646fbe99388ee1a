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
};

/** What they may import from outside; `node:` is allowed everywhere but in model. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  model: /^zod$/,
  nodes: /^node:/,
  'state-machines': /^node:/,
  lambdas: /^(node:|zod$|@aws-sdk\/)/,
  cdk: /^(node:|zod$|aws-cdk-lib(\/|$)|constructs$)/,
  local: /^(?!aws-cdk-lib|constructs)/,
  cli: /^(?!aws-cdk-lib|constructs)/,
};

const folders = Object.keys(ALLOWED).filter((folder) => existsSync(join(ROOT, folder)));
const sources = folders.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .map((file) => ({ folder, file: join(folder, file).split(sep).join('/') })),
);

const IMPORT = /(?:^|[;\s])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;

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
    expect(named(outside)).toContain('lambdas/aws.ts imports @aws-sdk/client-s3');
  });

  it.each(folders)('of %s point one way', (folder) => {
    const isAllowed = (target: string) => ALLOWED[folder]?.some((allowed) => target === allowed || target.startsWith(`${allowed}/`));

    expect(named(inside.filter((entry) => entry.folder === folder && !isAllowed(entry.target)))).toEqual([]);
  });

  it.each(folders)('of %s from outside are those it may have', (folder) => {
    expect(named(outside.filter((entry) => entry.folder === folder && !PACKAGES[folder]?.test(entry.target)))).toEqual([]);
  });

  it('of the AWS SDK lie in one file of the Lambdas', () => {
    const files = outside.filter(({ folder, target }) => folder !== 'local' && target.startsWith('@aws-sdk/')).map(({ file }) => file);

    expect([...new Set(files)]).toEqual(['lambdas/aws.ts']);
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
