import { createHash } from 'node:crypto';
import { layout } from '../model/layout.ts';

/** What the nodes of a run read that their planner wrote or knows: objects by their keys, and SHA-256 by names below the run's prefix. */
export interface Lists {
  readonly objects: ReadonlyMap<string, string>;
  readonly sha256: string;
}

/**
 * Adds to lists, by their names below the prefix of a run, the one that names the SHA-256 of each, and of what else nodes fetch. Its
 * own SHA-256 reaches them as a parameter: whoever can write the bucket can replace nothing of it.
 */
export function pinned(prefix: string, lists: ReadonlyMap<string, string>, others: ReadonlyMap<string, string> = new Map()): Lists {
  const known = [...[...lists].map(([name, list]) => [name, sha256Of(list)] as const), ...others];
  const digests = known.map(([name, sha256]) => `${sha256}  ${name}\n`).join('');
  const objects = [...lists].map(([name, list]) => [`${prefix}/${name}`, list] as const);
  return { objects: new Map([...objects, [layout.listDigests(prefix), digests]]), sha256: sha256Of(digests) };
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
