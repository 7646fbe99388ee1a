import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Copies a program to the path where a practice node looks for it. */
export async function installTool(path: string, source: URL): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(source, path);
  await chmod(path, 0o755);
}
