import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory, UNFINISHED, writeJson } from './files.ts';

/** What a record becomes, `undefined` to remove it, and what else came of deciding that. */
type Change<T, R> = readonly [next: T | undefined, result: R];

/** JSON files in one directory, one for each id, all held in memory too. */
export interface Records<T> {
  get(id: string): T | undefined;
  /** All ids; a new array after every change of their set. */
  ids(): readonly string[];
  /**
   * Decides and stores atomically what becomes of a record, one change at a time for each id; gives the result of `change`.
   * Nothing changes when `change` throws. Data files that the record no longer names are removed afterwards.
   */
  update<R>(id: string, change: (old: T | undefined) => Change<T, R> | Promise<Change<T, R>>): Promise<R>;
  /** Does something while nobody else changes the record. */
  locked<R>(id: string, work: () => Promise<R>): Promise<R>;
}

/** Loads the records of a directory. `dataOf` names the files in `dataDirectory` that a record refers to. */
export function openRecords<T extends { readonly id: string }>(
  directory: string,
  dataDirectory: string,
  dataOf: (record: T) => readonly string[],
): Records<T> {
  const names = readdirSync(directory).filter((name) => !name.endsWith(UNFINISHED));
  const records = new Map(
    names.map((name) => {
      const record = JSON.parse(readFileSync(join(directory, name), 'utf8')) as T;
      return [record.id, record];
    }),
  );
  let ids: readonly string[] | undefined;
  const locked = createLocks();

  return {
    get: (id) => records.get(id),
    ids: () => {
      ids ??= [...records.keys()];
      return ids;
    },
    locked,
    update: (id, change) =>
      locked(id, async () => {
        const old = records.get(id);
        const [next, result] = await change(old);
        const path = recordFile(directory, id);
        if (next) {
          await writeJson(path, next);
          records.set(id, next);
        } else if (old) {
          await rm(path);
          await syncDirectory(directory);
          records.delete(id);
        }
        if ((old === undefined) !== (next === undefined)) ids = undefined;
        const kept = new Set(next ? dataOf(next) : []);
        const dropped = old ? dataOf(old).filter((file) => !kept.has(file)) : [];
        await Promise.all(dropped.map((file) => rm(join(dataDirectory, file), { force: true })));
        return result;
      }),
  };
}

/** Where the record of an id lies. Ids hold any character and up to 1,024 bytes, file names do not. */
export function recordFile(directory: string, id: string): string {
  return join(directory, `${createHash('sha256').update(id).digest('hex')}.json`);
}

/** Runs works of the same name one after the other, whatever becomes of each. */
export function createLocks(): <R>(name: string, work: () => Promise<R>) => Promise<R> {
  const tails = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const turn = (tails.get(name) ?? Promise.resolve()).then(work);
    const tail = turn
      .catch(() => {
        // The caller of that turn has its failure; the next turn only waits for the end.
      })
      .then(() => {
        if (tails.get(name) === tail) tails.delete(name);
      });
    tails.set(name, tail);
    return turn;
  };
}
