import { partCount } from '../../model/parts.ts';
import { type BackupFile, backupFiles, GIBIBYTE } from './directories.ts';

/** Requests of S3's PUT class that ship these files: one for a small file; else its parts, the beginning and the end of its upload. */
export function putsFor(files: readonly BackupFile[]): number {
  return files.reduce((sum, { bytes }) => sum + (partCount(bytes) === 0 ? 1 : partCount(bytes) + 2), 0);
}

/** Of a TiB that data nodes with so many GiB each have written together. */
export function putsPerTebibyte(gibibytesPerNode: number): number {
  return Math.round(putsFor(backupFiles(gibibytesPerNode * GIBIBYTE)) * (1024 / gibibytesPerNode));
}
