import { randomFillSync } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, truncateSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const GIBIBYTE = 1024 ** 3;
export const BACKUP_ID = '263261030';
/** LDM threads of the imitated data nodes: each writes a part of the backup. */
const LDM = 2;
const CONTROL_BYTES = 32 * 1024;
/** With which RonDB ends the rows of a fragment, and so a .Data. */
const FOOTER = Buffer.from('0000000300000006'.padEnd(48, '0'), 'hex');

/** A file of a native backup, by its path in the directory of its node. */
export interface BackupFile {
  readonly path: string;
  readonly bytes: number;
}

/** The files of a data node's backup of so many bytes, as RonDB writes them: nearly all of it rows, 2 % of it log. */
export function backupFiles(bytes: number): BackupFile[] {
  return Array.from({ length: LDM }, (_, index) => `BACKUP-${BACKUP_ID}-PART-${index + 1}-OF-${LDM}`).flatMap((part) => {
    const log = Math.floor((bytes * 0.02) / LDM);
    return [
      { path: `${part}/BACKUP-${BACKUP_ID}-0.1.Data`, bytes: Math.floor(bytes / LDM) - log - CONTROL_BYTES },
      { path: `${part}/BACKUP-${BACKUP_ID}.1.ctl`, bytes: CONTROL_BYTES },
      { path: `${part}/BACKUP-${BACKUP_ID}.1.log`, bytes: log },
    ];
  });
}

/** As many files of the same size. */
export function equalFiles(count: number, bytes: number): BackupFile[] {
  return Array.from({ length: count }, (_, index) => ({ path: `file-${index + 1}`, bytes: Math.floor(bytes / count) }));
}

/** Writes files of bytes that nobody can compress. */
export function writeRandom(directory: string, files: readonly BackupFile[]): string {
  const block = randomFillSync(Buffer.alloc(16 * 1024 ** 2));
  for (const { path, bytes } of files) {
    const file = open(directory, path);
    for (let left = bytes; left > 0; ) left -= writeSync(file, block, 0, Math.min(left, block.length));
    closeSync(file);
  }
  return directory;
}

/** Makes files of zeros that take no room on a disk. */
export function writeHoles(directory: string, files: readonly BackupFile[]): string {
  for (const { path, bytes } of files) {
    const file = open(directory, path);
    ftruncateSync(file, bytes);
    closeSync(file);
  }
  return directory;
}

/** Writes files as RonDB does, all of them growing at once, together by so many bytes a second; the .ctl are completed last. Ends early once it is useless. */
export async function growFiles(
  directory: string,
  files: readonly BackupFile[],
  bytesPerSecond: number,
  isUseless: () => boolean,
): Promise<void> {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const { path } of files) {
    const file = open(directory, path);
    if (!path.endsWith('.ctl')) writeSync(file, 'NDBBCKUP');
    closeSync(file);
  }
  const growing = files.filter(({ path }) => !path.endsWith('.ctl'));
  const begun = performance.now();
  for (let share = 0; share < 1 && !isUseless(); ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    share = Math.min(1, ((performance.now() - begun) / 1000) * (bytesPerSecond / total));
    // Holes: what the writer of a real database takes of cores and disks is not part of the comparison.
    for (const { path, bytes } of growing) truncateSync(join(directory, path), Math.max(8, Math.floor(bytes * share)));
  }
  for (const { path, bytes } of growing.filter((file) => file.path.endsWith('.Data'))) {
    const file = openSync(join(directory, path), 'r+');
    writeSync(file, FOOTER, 0, FOOTER.length, bytes - FOOTER.length);
    closeSync(file);
  }
  for (const { path, bytes } of files.filter((file) => !growing.includes(file))) {
    const file = openSync(join(directory, path), 'w');
    writeSync(file, 'NDBBCKUP');
    ftruncateSync(file, bytes);
    closeSync(file);
  }
}

function open(directory: string, path: string): number {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  return openSync(join(directory, path), 'wx');
}
