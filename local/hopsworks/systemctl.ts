import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeNode } from '../cluster/cluster.ts';
import { installTool } from './tools.ts';

type Place = Pick<PracticeNode, 'directory'>;

/** Installs the imitations of systemctl and journalctl on a node, with these units and no others, all of them running. */
export async function installSystemctl({ directory }: Place, units: readonly string[]): Promise<void> {
  await installTool(join(directory, 'bin', 'systemctl'), new URL('systemctl.sh', import.meta.url));
  await installTool(join(directory, 'bin', 'journalctl'), new URL('journalctl.sh', import.meta.url));
  await rm(join(directory, 'systemd'), { recursive: true, force: true });
  await mkdir(join(directory, 'systemd'));
  for (const unit of units) await writeFile(join(directory, 'systemd', unit), 'active\n');
}

/** A verb that fails; `stay`: the unit ends as soon as it has started; `nothing`: all is well again. */
export type Refusal = 'start' | 'stop' | 'stay' | 'nothing';

/** Makes a unit refuse. */
export async function refuse({ directory }: Place, unit: string, verb: Refusal): Promise<void> {
  const file = join(directory, 'systemd', `${unit}.refuses`);
  if (verb === 'nothing') await rm(file, { force: true });
  else await writeFile(file, verb);
}

/** The state of every unit of a node: active, inactive or failed. */
export async function readUnits({ directory }: Place): Promise<Readonly<Record<string, string>>> {
  const files = await readdir(join(directory, 'systemd'));
  const units = files.filter((file) => file !== 'journal' && !/\.(refuses|masked|on-start|new)$/.test(file)).sort();
  return Object.fromEntries(
    await Promise.all(units.map(async (unit) => [unit, (await readFile(join(directory, 'systemd', unit), 'utf8')).trim()])),
  );
}
