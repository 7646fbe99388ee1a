import { describe, expect, it } from 'vitest';
import { parseExpression, scheduleSchema } from '../../model/schedule.ts';

const nightly = { name: 'nightly', expression: 'cron(0 2 * * ? *)' };

describe('a schedule', () => {
  it('runs by default in UTC, within a quarter of an hour, and enabled', () => {
    expect(scheduleSchema.parse(nightly)).toEqual({ ...nightly, timeZone: 'UTC', flexibleMinutes: 15, enabled: true });
  });

  it.each(['UTC', 'Europe/Stockholm', 'America/Argentina/Buenos_Aires', 'US/Eastern', 'Etc/GMT+5'])(
    'may be in the time zone %s',
    (timeZone) => {
      expect(scheduleSchema.parse({ ...nightly, timeZone }).timeZone).toBe(timeZone);
    },
  );

  it.each(['', 'Mars/Olympus', 'europe/stockholm', 'EUROPE/Stockholm', '+01:00'])('is refused in the time zone %j', (timeZone) => {
    const parsed = scheduleSchema.safeParse({ ...nightly, timeZone });

    expect(parsed.error?.issues).toEqual([expect.objectContaining({ path: ['timeZone'], message: expect.stringContaining('IANA') })]);
  });

  it.each(['', 'Nightly', '1st', '-a', 'a_b', 'a'.repeat(21)])('is refused with the name %j', (name) => {
    expect(scheduleSchema.safeParse({ ...nightly, name }).error?.issues).toEqual([expect.objectContaining({ path: ['name'] })]);
  });

  it.each([-1, 0.5, 1441])('is refused with a flexible window of %d minutes', (flexibleMinutes) => {
    expect(scheduleSchema.safeParse({ ...nightly, flexibleMinutes }).success).toBe(false);
  });

  it('is refused with what is wrong in its expression', () => {
    const parsed = scheduleSchema.safeParse({ ...nightly, expression: 'cron(0 24 * * ? *)' });

    expect(parsed.error?.issues).toEqual([
      expect.objectContaining({ path: ['expression'], message: expect.stringMatching(/^hours: expected \* or 0-23/) }),
    ]);
  });
});

describe('an expression', () => {
  it.each([
    ['rate(1 minute)', 1],
    ['rate(90 minutes)', 90],
    ['rate(1 hours)', 60],
    ['rate(12 hours)', 720],
    ['rate(2 days)', 2880],
  ])('%s is a rate of %i minutes', (expression, minutes) => {
    expect(parseExpression(expression)).toEqual({ minutes });
  });

  it.each([
    'cron(0 2 * * ? *)',
    'cron(0/15 */6 * JAN,MAR-MAY ? 2027-2030)',
    'cron(0,30 8-18/2 L * ? *)',
    'cron(0 2 LW * ? *)',
    'cron(0 2 15W * ? *)',
    'cron(0 2 ? * MON-FRI *)',
    'cron(0 2 ? * 2,4 *)',
    'cron(0 2 ? * L *)',
    'cron(0 2 ? * 6L *)',
    'cron(0 2 ? * FRI#3 *)',
    'cron(0 2 29 2 ? 2028/4)',
  ])('%s has six fields', (expression) => {
    expect(parseExpression(expression)).toEqual({ fields: expression.slice(5, -1).split(' ') });
  });

  it.each([
    ['', 'expected rate('],
    ['0 2 * * *', 'expected rate('],
    ['at(2027-01-01T02:00:00)', 'expected rate('],
    ['rate(0 hours)', 'expected rate('],
    ['rate(1.5 hours)', 'expected rate('],
    ['rate(1 week)', 'expected rate('],
    ['cron(0 2 * * ?)', 'expected rate('],
    ['cron(0 2 * * ? * *)', 'expected rate('],
    ['cron(0  2 * * ? *)', 'expected rate('],
    ['CRON(0 2 * * ? *)', 'expected rate('],
    ['cron(60 2 * * ? *)', 'minutes: expected * or 0-59'],
    ['cron(L 2 * * ? *)', 'minutes'],
    ['cron(? 2 * * ? *)', 'minutes'],
    ['cron(0 24 * * ? *)', 'hours: expected * or 0-23'],
    ['cron(0 22-2 * * ? *)', 'hours'],
    ['cron(0 */0 * * ? *)', 'hours'],
    ['cron(0 1/2/3 * * ? *)', 'hours'],
    ['cron(0 1-2-3 * * ? *)', 'hours'],
    ['cron(0 1, * * ? *)', 'hours'],
    ['cron(0 2 0 * ? *)', 'day of month: expected * or 1-31'],
    ['cron(0 2 L-3 * ? *)', 'day of month'],
    ['cron(0 2 1,L * ? *)', 'day of month'],
    ['cron(0 2 32W * ? *)', 'day of month'],
    ['cron(0 2 * 13 ? *)', 'month: expected * or 1-12 (JAN-DEC)'],
    ['cron(0 2 * jan ? *)', 'month'],
    ['cron(0 2 ? * 0 *)', 'day of week: expected * or 1-7 (SUN-SAT)'],
    ['cron(0 2 ? * 8 *)', 'day of week'],
    ['cron(0 2 ? * 2#6 *)', 'day of week'],
    ['cron(0 2 ? * 2#1,4#3 *)', 'day of week'],
    ['cron(0 2 * * ? 1969)', 'year: expected * or 1970-2199'],
    ['cron(0 2 * * * *)', 'expected ? for exactly one'],
    ['cron(0 2 ? * ? *)', 'expected ? for exactly one'],
    ['cron(0 2 1 * MON *)', 'expected ? for exactly one'],
  ])('%s is refused: %s', (expression, problem) => {
    expect(parseExpression(expression)).toEqual({ problem: expect.stringContaining(problem) });
  });
});
