import { describe, expect, it } from 'vitest';
import { largestGap, nextRun } from '../../model/next-run.ts';
import { type Schedule, scheduleSchema } from '../../model/schedule.ts';

const STOCKHOLM = 'Europe/Stockholm';
const HOUR = 60;

const schedule = (expression: string, timeZone = 'UTC', enabled = true): Schedule =>
  scheduleSchema.parse({ name: 'nightly', expression, timeZone, enabled });

function runsAfter(given: Schedule, after: string, count: number): (string | undefined)[] {
  const runs: (string | undefined)[] = [];
  for (let at: Date | undefined = new Date(after); at && runs.length < count; ) {
    at = nextRun(given, at);
    runs.push(at?.toISOString().slice(0, 16));
  }
  return runs;
}

describe('the next run', () => {
  it.each([
    ['cron(0 2 * * ? *)', 'UTC', '2027-01-01T02:00', '2027-01-02T02:00'],
    ['cron(0 2 * * ? *)', 'Asia/Kathmandu', '2027-01-01T20:15', '2027-01-02T20:15'],
    ['cron(5 0 ? * MON *)', 'America/New_York', '2027-01-04T05:05', '2027-01-11T05:05'],
    ['cron(0/20 2 1 * ? *)', 'UTC', '2027-01-01T02:00', '2027-01-01T02:20'],
    ['cron(0 20/2 * * ? *)', 'UTC', '2027-01-01T20:00', '2027-01-01T22:00'],
    ['cron(0 2 ? * 1 *)', 'UTC', '2027-01-03T02:00', '2027-01-10T02:00'],
    ['cron(0 2 ? * L *)', 'UTC', '2027-01-02T02:00', '2027-01-09T02:00'],
    ['cron(0 2 ? * THU/2 *)', 'UTC', '2027-01-02T02:00', '2027-01-07T02:00'],
    ['cron(0 2 ? * 6L *)', 'UTC', '2027-01-29T02:00', '2027-02-26T02:00'],
    ['cron(0 2 ? * MON#1 *)', 'UTC', '2027-01-04T02:00', '2027-02-01T02:00'],
    ['cron(0 2 L * ? *)', 'UTC', '2027-01-31T02:00', '2027-02-28T02:00'],
    ['cron(0 2 LW * ? *)', 'UTC', '2027-01-29T02:00', '2027-02-26T02:00'],
    ['cron(0 2 16W * ? *)', 'UTC', '2027-01-15T02:00', '2027-02-16T02:00'],
    ['cron(0 2 29 FEB ? *)', 'UTC', '2028-02-29T02:00', '2032-02-29T02:00'],
    ['cron(0 2 1 1 ? 2028/2)', 'UTC', '2028-01-01T02:00', '2030-01-01T02:00'],
  ])('of %s in %s is at %s, then at %s', (expression, timeZone, first, second) => {
    expect(runsAfter(schedule(expression, timeZone), '2027-01-01T00:00:00Z', 2)).toEqual([first, second]);
  });

  it('never is the instant it is asked for', () => {
    expect(runsAfter(schedule('cron(0 2 * * ? *)'), '2027-01-01T02:00:00Z', 1)).toEqual(['2027-01-02T02:00']);
  });

  it('is skipped when summer time skips its time of day', () => {
    const runs = runsAfter(schedule('cron(30 2 * * ? *)', STOCKHOLM), '2027-03-27T00:00:00Z', 2);

    expect(runs).toEqual(['2027-03-27T01:30', '2027-03-29T00:30']);
  });

  it('happens once, at the first occasion, when its time of day occurs twice', () => {
    const runs = runsAfter(schedule('cron(30 2 * * ? *)', STOCKHOLM), '2027-10-30T12:00:00Z', 2);

    expect(runs).toEqual(['2027-10-31T00:30', '2027-11-01T01:30']);
  });

  it('is not repeated by a schedule that runs every hour', () => {
    const runs = runsAfter(schedule('cron(0 * * * ? *)', STOCKHOLM), '2027-10-30T23:30:00Z', 2);

    expect(runs).toEqual(['2027-10-31T00:00', '2027-10-31T02:00']);
  });

  it('of a rate is at the latest one period away', () => {
    expect(runsAfter(schedule('rate(6 hours)', STOCKHOLM), '2027-03-28T00:00:00Z', 1)).toEqual(['2027-03-28T06:00']);
  });

  it.each([
    ['a year in the past', schedule('cron(0 2 * * ? 2026)')],
    ['a day that no month has', schedule('cron(0 2 31 2 ? *)')],
    ['a schedule that is disabled', schedule('rate(1 day)', 'UTC', false)],
  ])('does not exist for %s', (_what, given) => {
    expect(nextRun(given, new Date('2027-01-01T00:00:00Z'))).toBeUndefined();
  });
});

describe('the largest gap', () => {
  const from = new Date('2027-01-01T00:00:00Z');

  it.each([
    ['is a day for a nightly schedule', [schedule('cron(0 2 * * ? *)')], 24 * HOUR],
    ['is 25 hours where summer time ends', [schedule('cron(0 4 * * ? *)', STOCKHOLM)], 25 * HOUR],
    ['is 47 hours where summer time skips a run', [schedule('cron(30 2 * * ? *)', STOCKHOLM)], 47 * HOUR],
    ['is the weekend for a schedule of weekdays', [schedule('cron(0 2 ? * MON-FRI *)')], 72 * HOUR],
    ['is the longest month, and what weekdays move', [schedule('cron(0 2 1W * ? *)')], 33 * 24 * HOUR],
    ['is five weeks for a monthly weekday', [schedule('cron(0 2 ? * 2#1 *)')], 35 * 24 * HOUR],
    ['is the rate', [schedule('rate(90 minutes)')], 90],
    ['is that of two schedules together', [schedule('cron(0 2 * * ? *)'), schedule('cron(0 10 * * ? *)')], 16 * HOUR],
    ['is bridged by another schedule', [schedule('cron(0 2 ? * MON-FRI *)'), schedule('cron(0 2 ? * SUN *)')], 48 * HOUR],
    ['is never longer than a rate', [schedule('cron(0 2 ? * MON *)'), schedule('rate(2 days)')], 48 * HOUR],
    ['ignores a disabled schedule', [schedule('cron(0 2 ? * MON *)'), schedule('rate(2 days)', 'UTC', false)], 168 * HOUR],
    ['reaches beyond the year', [schedule('cron(0 0 29 2 ? *)')], (365 + 31 + 28) * 24 * HOUR],
  ])('%s', (_what, schedules, minutes) => {
    expect(largestGap(schedules, from).minutes).toBe(minutes);
  });

  it('names the run after which it begins', () => {
    expect(largestGap([schedule('cron(30 2 * * ? *)', STOCKHOLM)], from).after).toEqual(new Date('2027-03-27T01:30:00Z'));
  });

  it.each([
    ['there is no schedule', [], '2027-01-01T00:00:00Z'],
    ['none runs', [schedule('cron(0 2 * * ? 2026)')], '2027-01-01T00:00:00Z'],
    ['the last one ends within the year', [schedule('cron(0 2 * 3 ? 2027)')], '2027-03-31T02:00:00Z'],
  ])('never ends when %s', (_what, schedules, after) => {
    expect(largestGap(schedules, from)).toEqual({ minutes: Number.POSITIVE_INFINITY, after: new Date(after) });
  });
});
