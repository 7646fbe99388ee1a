import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { synthesize } from '../../local/assembly/synthesize.ts';

/** Addresses of servers of a practice cluster: all in which two clusters of the same kind differ. */
const ADDRESS = /127\.0\.0\.1:[0-9]+/g;

const making = new Map<string, Promise<void>>();

/** Synthesizes like {@link synthesize}, but clusters that differ in nothing but their servers' addresses only once in all tests. */
export const synthesizeOnce: typeof synthesize = async (clusters, output) => {
  const texts = await Promise.all((await readdir(clusters)).sort().map((file) => readFile(join(clusters, file), 'utf8')));
  const addresses = [...new Set(texts.join('\n').match(ADDRESS))];
  const kind = texts.join('\n').replace(ADDRESS, (address) => `<address ${addresses.indexOf(address)}>`);
  const model = join(inject('assemblies'), createHash('sha256').update(kind).digest('hex'));
  if (!making.has(model)) making.set(model, existsSync(model) ? Promise.resolve() : synthesizeModel(clusters, addresses, model));
  await making.get(model);
  const modelAddresses = JSON.parse(await readFile(join(model, 'addresses.json'), 'utf8')) as string[];

  const assembly = join(model, 'cdk.out');
  await mkdir(output);
  for (const entry of await readdir(assembly, { withFileTypes: true })) {
    const [from, to] = [join(assembly, entry.name), join(output, entry.name)];
    if (entry.isDirectory()) await symlink(from, to);
    else
      await writeFile(
        to,
        (await readFile(from, 'utf8')).replace(ADDRESS, (address) => addresses[modelAddresses.indexOf(address)] ?? address),
      );
  }
  return output;
};

/** Another test file may be making the same one: whoever is first with all of it has made it. */
async function synthesizeModel(clusters: string, addresses: readonly string[], model: string): Promise<void> {
  const making = `${model}.${randomUUID()}`;
  await mkdir(making);
  await writeFile(join(making, 'addresses.json'), JSON.stringify(addresses));
  await synthesize(clusters, join(making, 'cdk.out'));
  await rename(making, model).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(making, { recursive: true });
  });
}
