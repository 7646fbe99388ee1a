import * as z from 'zod';

/**
 * `date -u +%y%j%H%M`: year, day of the year, hour and minute in UTC. Nine digits that sort by time and stay below
 * 2³¹, the largest id that every `ndb_restore` in use can restore. A string everywhere except inside ndb_mgm.
 */
export const backupIdSchema = z
  .string()
  .regex(/^[1-9][0-9]{8}$/, {
    error: 'expected a backup id: 9 digits as date -u +%y%j%H%M prints them, e.g. "263261030"',
    abort: true,
  })
  .refine(isMinute, 'expected a backup id that is a day of the year and a time of day (date -u +%y%j%H%M)');

export function backupIdAt(time: Date): string {
  const startOfYear = Date.UTC(time.getUTCFullYear(), 0, 1);
  const day = Math.floor((time.getTime() - startOfYear) / 86_400_000) + 1;
  const digits = (value: number, width: number) => String(value).padStart(width, '0');
  return `${digits(time.getUTCFullYear() % 100, 2)}${digits(day, 3)}${digits(time.getUTCHours(), 2)}${digits(time.getUTCMinutes(), 2)}`;
}

/** The UTC minute that a backup id names. */
export function timeOfBackupId(backupId: string): Date {
  const number = (start: number, end: number) => Number(backupId.slice(start, end));
  return new Date(Date.UTC(2000 + number(0, 2), 0, number(2, 5), number(5, 7), number(7, 9)));
}

function isMinute(backupId: string): boolean {
  return backupIdAt(timeOfBackupId(backupId)) === backupId;
}
