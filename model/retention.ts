import * as z from 'zod';
import { backupIdSchema } from './backup-id.ts';

const count = z.int().min(0).max(400);

/** Why a backup is kept forever, in one line. */
export const pinReasonSchema = z.string().regex(/^\S\P{C}{2,199}$/u, 'expected a reason: 3 to 200 characters on one line');

const pinSchema = z.strictObject({
  backupId: backupIdSchema.describe('The id of the backup, 9 digits'),
  reason: pinReasonSchema.describe('Why it is kept; every prune repeats it'),
});

/**
 * Which backups are kept. Never fewer than `minimum`, whatever the tiers say. Pinned backups come on top: no tier and no minimum counts
 * them, or a few of them could use up a tier, and unpinning one would move the others.
 */
export const retentionSchema = z
  .strictObject({
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
    keep: z
      .array(pinSchema)
      .max(100)
      .default([])
      .describe('Backups that are kept forever (pinned), each with a reason; no other rule counts them. Default: none'),
    release: z
      .array(backupIdSchema)
      .max(100)
      .default([])
      .describe('Backups that were pinned by the request that took them ("keep") and are no longer: the other rules decide. Default: none'),
  })
  .check(({ value, issues }) => {
    const pinned = value.keep.map(({ backupId }) => backupId);
    for (const [index, backupId] of pinned.entries()) {
      const twice = pinned.indexOf(backupId) < index;
      if (!twice && !value.release.includes(backupId)) continue;
      const message = twice ? `${backupId} is named twice` : `${backupId} is in retention.release too; take it out of one of them`;
      issues.push({ code: 'custom', input: value, path: ['keep', index, 'backupId'], message });
    }
  });

export type Retention = z.infer<typeof retentionSchema>;
/** The rules that count backups. */
export type Tiers = Omit<Retention, 'keep' | 'release'>;
export type Reason = keyof Tiers | 'pinned';

/** A complete backup, by the time that its manifest records (ISO 8601), and why it is pinned, if it is. */
export interface DatedBackup {
  readonly backupId: string;
  readonly startedAt: string;
  readonly pin?: string | undefined;
}

/** Why a backup is pinned: by the cluster file, or by the request that took it unless the cluster file releases it. */
export function pinOf(backupId: string, requested: string | null, { keep, release }: Pick<Retention, 'keep' | 'release'>) {
  return keep.find((pin) => pin.backupId === backupId)?.reason ?? (release.includes(backupId) ? undefined : (requested ?? undefined));
}

const DAY = 86_400_000;
/** 1970-01-05 was a Monday. */
const MONDAY = 4 * DAY;

/** The period of a tier that an instant lies in: a number, or for months a text. */
const tiers = {
  daily: (time) => Math.floor(time / DAY),
  weekly: (time) => Math.floor((time - MONDAY) / (7 * DAY)),
  monthly: (time) => new Date(time).toISOString().slice(0, 7),
} as const satisfies Record<Exclude<keyof Tiers, 'minimum'>, (time: number) => unknown>;

/** The backups that a retention keeps, newest first, each with why. The recorded times decide; names only tell equal times apart. */
export function toKeep(backups: readonly DatedBackup[], retention: Tiers): Map<string, Reason[]> {
  const newestFirst = backups.toSorted((a, b) => timeOf(b) - timeOf(a) || (a.backupId < b.backupId ? 1 : -1));
  const counted = newestFirst.filter(({ pin }) => pin === undefined);
  const kept = new Map<string, Reason[]>();
  const keep = (chosen: readonly DatedBackup[], reason: Reason) => {
    for (const { backupId } of chosen) kept.set(backupId, [...(kept.get(backupId) ?? []), reason]);
  };
  keep(
    newestFirst.filter(({ pin }) => pin !== undefined),
    'pinned',
  );
  keep(counted.slice(0, retention.minimum), 'minimum');
  for (const tier of ['daily', 'weekly', 'monthly'] as const) {
    const periods = new Map<unknown, DatedBackup>();
    for (const backup of counted) {
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
 * backups: periods without one let a tier reach back further, and only the next backup prunes what a tier gives up. It holds however
 * irregularly they are taken: two may lie in one period, and none in the next ones. Pins are left out: they have no end.
 */
export function longestKeptDays({ daily, weekly, monthly, minimum }: Tiers, daysBetween = 1): number {
  const reach = (periods: number, days: number) => (periods === 0 ? 0 : periods * days + daysBetween);
  /** The days of a period of `days` and of those before it in which no backup need lie. */
  const withEmpty = (days: number) => Math.ceil(daysBetween / days) * days;
  return Math.ceil(
    Math.max(
      reach(daily, withEmpty(1)),
      reach(weekly, withEmpty(7)),
      reach(monthly + emptyMonths(monthly, daysBetween), 31),
      reach(minimum, daysBetween),
    ),
  );
}

/** The months that can lie without a backup between some that have one: of the shorter than 31 days, there are five beside seven. */
function emptyMonths(months: number, daysBetween: number): number {
  return daysBetween > 28 && daysBetween <= 31 ? Math.ceil((months * 5) / 7) : months * (Math.ceil(daysBetween / 28) - 1);
}

function timeOf({ startedAt }: DatedBackup): number {
  return Date.parse(startedAt);
}
