import { Cron } from 'croner';
import { cronFields, parseExpression, type Schedule } from './schedule.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * The first run of a schedule after an instant; undefined when it is disabled or never runs again. As EventBridge
 * Scheduler does: a wall time that summer time skips does not run, one that occurs twice runs once. When a rate runs
 * depends on when it was deployed: the answer is the latest time at which it can.
 */
export function nextRun(schedule: Schedule, after: Date): Date | undefined {
  return runsOf(schedule)(after);
}

/** A time without a run: its length in minutes (Infinity when nothing runs again), and the run after which it begins. */
export interface Gap {
  readonly minutes: number;
  readonly after: Date;
}

/** The longest gap between two runs of all schedules together that begins within a year from an instant. */
export function largestGap(schedules: readonly Schedule[], from: Date): Gap {
  const all = schedules.map(runsOf);
  const end = from.getTime() + 366 * DAY;
  let largest: Gap = { minutes: 0, after: from };
  for (let after = from; after.getTime() < end; ) {
    const next = Math.min(...all.map((runAfter) => runAfter(after)?.getTime() ?? Number.POSITIVE_INFINITY));
    const minutes = (next - after.getTime()) / MINUTE;
    if (minutes > largest.minutes) largest = { minutes, after };
    if (next === Number.POSITIVE_INFINITY) break;
    after = new Date(next);
  }
  return largest;
}

type Runs = (after: Date) => Date | undefined;

function runsOf({ expression, timeZone, enabled }: Schedule): Runs {
  const parsed = parseExpression(expression);
  if ('problem' in parsed || !enabled) return () => undefined;
  if ('minutes' in parsed) return (after) => new Date(after.getTime() + parsed.minutes * MINUTE);
  const cron = new Cron(translate(parsed.fields), { mode: '7-part', alternativeWeekdays: true, utcOffset: 0 });
  const { wallClock, instantOf } = clocksOf(timeZone);
  return (after) => {
    // croner's own rule for summer time is cron's, not EventBridge's: it finds wall times, the zone makes instants of them.
    for (let wall = cron.nextRun(wallClock(after)); wall; wall = cron.nextRun(wall)) {
      const instant = instantOf(wall);
      if (instant && instant > after) return instant;
    }
    return undefined;
  };
}

/** croner counts weekdays as EventBridge does, but knows neither a step without its range nor L for the last day of the week. */
function translate(fields: readonly string[]): string {
  const translated = cronFields.map(({ most }, index) => {
    const field = fields[index] as string;
    return field === 'L' && index === 4 ? '7' : field.replace(/(?<=^|,)([0-9A-Z]+)\//g, `$1-${most}/`);
  });
  return ['0', ...translated].join(' ');
}

function clocksOf(timeZone: string) {
  const options = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const format = new Intl.DateTimeFormat('en', { timeZone, hourCycle: 'h23', ...options });
  /** What the clocks show at an instant, as if it were UTC. */
  const wallClock = (instant: Date): Date => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const { year = Number.NaN, month = 1, day, hour, minute, second } = parts;
    return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  };
  /** The first instant at which the clocks show this; undefined when summer time skips it. */
  const instantOf = (wall: Date): Date | undefined => {
    const offsets = [-DAY, DAY].map((away) => new Date(wall.getTime() + away)).map((near) => wallClock(near).getTime() - near.getTime());
    const candidates = [Math.max(...offsets), Math.min(...offsets)].map((offset) => new Date(wall.getTime() - offset));
    return candidates.find((instant) => wallClock(instant).getTime() === wall.getTime());
  };
  return { wallClock, instantOf };
}
