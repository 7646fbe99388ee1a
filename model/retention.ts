import * as z from 'zod';

const count = z.int().min(0).max(400);

/** Which backups are kept. Never fewer than `minimum`, whatever the tiers say. */
export const retentionSchema = z.strictObject({
  daily: count.default(7).describe('Keeps the newest backup of each of the last so many days (UTC) that have one. Default: 7'),
  weekly: count
    .default(4)
    .describe('Keeps the newest backup of each of the last so many weeks (ISO, Monday to Sunday, UTC) that have one. Default: 4'),
  monthly: count.default(12).describe('Keeps the newest backup of each of the last so many months (UTC) that have one. Default: 12'),
  minimum: z
    .int()
    .min(1)
    .max(400)
    .default(3)
    .describe('Keeps the newest so many backups, whatever the other rules say; at least 1. Default: 3'),
});

export type Retention = z.infer<typeof retentionSchema>;
export type Reason = keyof Retention;

/** A complete backup, by the time that its manifest records (ISO 8601). */
export interface DatedBackup {
  readonly backupId: string;
  readonly startedAt: string;
}

const DAY = 86_400_000;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY;

/** The period of a tier that an instant lies in: a number, or for months a text. */
const tiers = {
  daily: (time) => Math.floor(time / DAY),
  weekly: (time) => Math.floor((time - MONDAY) / (7 * DAY)),
  monthly: (time) => new Date(time).toISOString().slice(0, 7),
} as const satisfies Record<Exclude<Reason, 'minimum'>, (time: number) => unknown>;

/** The backups that a retention keeps, newest first, each with why. The recorded times decide; names only tell equal times apart. */
export function toKeep(backups: readonly DatedBackup[], retention: Retention): Map<string, Reason[]> {
  const newestFirst = backups.toSorted((a, b) => timeOf(b) - timeOf(a) || (a.backupId < b.backupId ? 1 : -1));
  const kept = new Map<string, Reason[]>();
  const keep = (chosen: readonly DatedBackup[], reason: Reason) => {
    for (const { backupId } of chosen) kept.set(backupId, [...(kept.get(backupId) ?? []), reason]);
  };
  keep(newestFirst.slice(0, retention.minimum), 'minimum');
  for (const tier of ['daily', 'weekly', 'monthly'] as const) {
    const periods = new Map<unknown, DatedBackup>();
    for (const backup of newestFirst) {
      const period = tiers[tier](timeOf(backup));
      if (!periods.has(period)) periods.set(period, backup);
    }
    keep([...periods.values()].slice(0, retention[tier]), tier);
  }
  return new Map(
    newestFirst.flatMap(({ backupId }) => {
      const reasons = kept.get(backupId);
      return reasons ? [[backupId, reasons] as const] : [];
    }),
  );
}

/**
 * The age in days that a backup can reach before it is pruned, rounded up, when at most `daysBetween` days lie between two
 * backups: periods without one let a tier reach back further, and only the next backup prunes what a tier gives up.
 */
export function longestKeptDays({ daily, weekly, monthly, minimum }: Retention, daysBetween = 1): number {
  const reach = (periods: number, days: number) => (periods === 0 ? 0 : periods * Math.max(days, daysBetween) + daysBetween);
  // Backups that lie between 28 and 31 days apart leave out a short month, once in eleven at most, and others hold two of them.
  const leftOut = daysBetween > 28 && daysBetween <= 31 ? Math.ceil(monthly / 11) : 0;
  return Math.ceil(Math.max(reach(daily, 1), reach(weekly, 7), reach(monthly + leftOut, 31), reach(minimum, 0)));
}

function timeOf({ startedAt }: DatedBackup): number {
  return Date.parse(startedAt);
}
