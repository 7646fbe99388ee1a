import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { S3Error } from './errors.ts';

/** The end of a file name that an interrupted write leaves behind; nothing ever reads such a file. */
export const UNFINISHED = '.unfinished';

/** Appends to the file that is being written. */
export type Sink = (chunk: Uint8Array) => Promise<void>;

/** Replaces a JSON file so that a crash at any moment leaves the old content or the new, never a mixture. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${randomUUID()}${UNFINISHED}`;
  await writeFile(draft, (sink) => sink(Buffer.from(JSON.stringify(value))));
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Makes a directory appear all at once, filled by `fill`. */
export async function createDirectory(path: string, fill: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${path}.${randomUUID()}${UNFINISHED}`;
  await mkdir(draft);
  await fill(draft);
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/**
 * Writes a new data file durably, then lets `commit` make something refer to it. The file goes away when writing fails or
 * `commit` refuses with an {@link S3Error}; after any other failure of `commit` it stays, because a reference may exist.
 */
export async function storeData<T, R>(
  directory: string,
  fill: (sink: Sink) => Promise<T>,
  commit: (file: string, filled: T) => Promise<R>,
): Promise<R> {
  const file = randomUUID();
  const path = join(directory, file);
  const filled = await writeFile(path, fill).catch(async (cause: unknown) => {
    await rm(path, { force: true });
    throw cause;
  });
  await syncDirectory(directory);
  try {
    return await commit(file, filled);
  } catch (cause) {
    if (cause instanceof S3Error) await rm(path);
    throw cause;
  }
}

/** Makes what happened to the entries of a directory survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeFile<T>(path: string, fill: (sink: Sink) => Promise<T>): Promise<T> {
  const handle = await open(path, 'wx');
  try {
    const filled = await fill((chunk) => handle.writeFile(chunk));
    await handle.sync();
    return filled;
  } finally {
    await handle.close();
  }
}
