import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../local/assembly/synthesize.ts';

/** Addresses of servers of a practice cluster: all in which two clusters of the same kind differ. */
const ADDRESS = /127\.0\.0\.1:[0-9]+/g;

const made = new Map<string, Promise<{ assembly: string; addresses: string[] }>>();

/** Synthesizes like {@link synthesize}, but clusters that differ in nothing but their servers' addresses only once. */
export const synthesizeOnce: typeof synthesize = async (clusters, output) => {
  const texts = await Promise.all((await readdir(clusters)).sort().map((file) => readFile(join(clusters, file), 'utf8')));
  const addresses = [...new Set(texts.join('\n').match(ADDRESS))];
  const number = (address: string) => `<address ${addresses.indexOf(address)}>`;
  const kind = texts.join('\n').replace(ADDRESS, number);
  const first = made.get(kind) ?? synthesizeFirst(clusters, addresses);
  made.set(kind, first);
  const model = await first;

  await mkdir(output);
  for (const entry of await readdir(model.assembly, { withFileTypes: true })) {
    const [from, to] = [join(model.assembly, entry.name), join(output, entry.name)];
    if (entry.isDirectory()) await symlink(from, to);
    else
      await writeFile(
        to,
        (await readFile(from, 'utf8')).replace(ADDRESS, (address) => addresses[model.addresses.indexOf(address)] ?? address),
      );
  }
  return output;
};

async function synthesizeFirst(clusters: string, addresses: string[]) {
  const assembly = await mkdtemp(join(tmpdir(), 'hopsdr-assembly-'));
  process.once('exit', () => rmSync(assembly, { recursive: true, force: true }));
  return { assembly: await synthesize(clusters, assembly), addresses };
}
